"""What a study leaves behind, as frames: one record a cell, and what the records were made from.

A *model* of a study is an encoder with a head, trained with one seed and, where the study asks for
it, compressed; a *cell* is a model explained by one method.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from astrid.models.compression import UNCOMPRESSED

CELL = ("encoder", "classifier", "interpretability", "seed")
"""What names a cell."""

MODEL = ("encoder", "classifier", "seed")
"""What names a model."""

COMPRESSION = "compression"
"""The optional fourth dimension: a column right after `seed`, in studies that compress."""

COLUMNS = (
    *CELL,
    "accuracy",
    "f1_score",
    "inference_time",
    "encoder_params",
    "classifier_params",
    "total_params",
    "compression_ratio",
    "attribution_similarity",
    "method_agreement",
    "interpretation_stability",
    "interpretation_cost",
    "accuracy_per_param",
    "accuracy_per_second",
    "prediction_confidence",
    "attribution_magnitude",
)
"""The columns of a record; `disk_bytes` comes last in studies that compress."""

ESTIMATES = (
    "accuracy",
    "f1_score",
    "inference_time",
    "attribution_similarity",
    "method_agreement",
    "interpretation_stability",
    "interpretation_cost",
    "accuracy_per_param",
    "accuracy_per_second",
    "prediction_confidence",
    "attribution_magnitude",
)
"""Columns that are averages over texts: each has `{column}_low` and `{column}_high`."""


@dataclass(frozen=True)
class CellKey:
    """Names one cell; `compression` is `none` where the study has no such dimension."""

    encoder: str
    classifier: str
    interpretability: str
    seed: int
    compression: str = UNCOMPRESSED

    @property
    def model(self) -> tuple[str, str, int, str]:
        """Names the cell's model."""
        return (self.encoder, self.classifier, self.seed, self.compression)


@dataclass(frozen=True, eq=False)
class StudyRecords:
    """A study's records. The frames share the columns `encoder, classifier, seed`, and
    `compression` in studies that compress.

    Attributes:
        name: of the study.
        reference: the cell that all similarities refer to: teacher, linear head, first seed.
        methods: the methods, in the study's order.
        encoders: the encoders from the teacher down, in the study's order.
        heads: the heads, in the study's order.
        results: one row a finished cell: `COLUMNS` with `{column}_low` and `{column}_high` of
            each of `ESTIMATES` right after it.
        answers: one row a model and evaluation document: `document` (its number), `label`,
            `predicted`, `confidence` (highest probability), `correct`.
        similarities: one row a cell and explained text, further columns `interpretability`,
            `text` (the document's number), `similarity` (cosine to the reference cell),
            `same_method` (cosine to the reference's model explained by the same method) and
            `chance` (as `same_method`, of shuffled scores; mean over shuffles); NaN: undefined.
        correlations: one row a model, pair of methods and text: `first`, `second` (methods, in
            the study's order), `text`, `correlation` (Spearman's; NaN: undefined).
        faithfulness: one row a cell and explained text, further columns `interpretability`, `text`,
            `comprehensiveness` (by how much the explained output falls when the words with the
            highest scores are left out; higher is better) and `random` (the same for scores drawn
            at random); empty where the study does not measure it.
        ceiling: one row a text: `text`, `similarity` of the reference's model trained again with
            another seed; empty where it was trained once.
        curves: one row a model and epoch: `epoch`, `train_loss`, `val_loss`, `accuracy`,
            `f1_score`.
        diagnosis: one row a model and fault of its training: `finding`, what shows it
            (`because`), and what to change (`advice`); empty where all went well.
        gaps: one row a missing cell or value: the cell's columns, `column` (empty: the whole
            cell) and `reason`.
        made: how: `spec`, `data`, `versions`, `hardware`.
    """

    name: str
    reference: CellKey
    methods: tuple[str, ...]
    encoders: tuple[str, ...]
    heads: tuple[str, ...]
    results: pd.DataFrame
    answers: pd.DataFrame
    similarities: pd.DataFrame
    correlations: pd.DataFrame
    faithfulness: pd.DataFrame
    ceiling: pd.DataFrame
    curves: pd.DataFrame
    gaps: pd.DataFrame
    diagnosis: pd.DataFrame = field(default_factory=pd.DataFrame)
    made: Mapping[str, Any] = field(default_factory=dict)

    @property
    def compresses(self) -> bool:
        """Whether the study has the fourth dimension."""
        return COMPRESSION in self.results.columns

    @property
    def model_columns(self) -> list[str]:
        """Columns that name a model in every frame."""
        return [*MODEL, COMPRESSION] if self.compresses else list(MODEL)

    @property
    def cell_columns(self) -> list[str]:
        """Columns that name a cell."""
        return [*CELL, COMPRESSION] if self.compresses else list(CELL)

    def of_method(self, method: str | None = None) -> pd.DataFrame:
        """The records of one method, by default the reference's: one row a model."""
        method = method or self.reference.interpretability
        return self.results[self.results["interpretability"] == method].reset_index(drop=True)
