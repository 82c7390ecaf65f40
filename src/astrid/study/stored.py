"""Reading a study's answers and explanations back."""

from typing import Any

import numpy as np
import pandas as pd

from astrid.errors import InputError
from astrid.explain import shards
from astrid.explain.records import Explanation, Explanations, Prediction, TargetValue
from astrid.study.grid import ModelKey, model_of
from astrid.study.records import CellKey
from astrid.study.store import ANSWERS, Store

MEASURE = "comprehensiveness"
"""The measure of faithfulness that a cell's record holds for each text."""

CONTROL = "random"
"""The same measure of random scores."""


def explained_documents(store: Store, count: int) -> np.ndarray:
    """Numbers of the documents that are explained, ascending."""
    asked = store.spec.explaining
    drawn = np.random.default_rng(asked.seed).permutation(count)[: asked.texts]
    return np.sort(drawn)


def read_answers(store: Store, model: ModelKey) -> pd.DataFrame:
    """One row an evaluation document: `document`, `label`, `predicted`, `confidence`, `correct`
    and `logits`.

    Raises:
        InputError: the model has not been evaluated.
    """
    if store.read_evaluation(model) is None:
        raise InputError(f"{model.folder}: is not evaluated yet")
    return pd.read_parquet(store.evaluation(model) / ANSWERS)


def read_explanations(store: Store, cell: CellKey) -> Explanations:
    """The explanations of a cell that is done, in the order of the documents.

    Raises:
        InputError: the cell's file is missing or damaged.
    """
    (frame,) = shards.read(store.cell(cell))
    answers = pd.read_parquet(store.evaluation(model_of(cell)) / ANSWERS)
    logits = np.stack(answers["logits"].to_list())
    return Explanations([_explanation(row, logits) for row in frame.to_dict("records")])


def _explanation(row: dict[Any, Any], logits: np.ndarray) -> Explanation:
    target, prediction = row["target"], row["prediction"]
    of_text = logits[int(row["row"]) - 1]
    exponents = np.exp(of_text - of_text.max())
    probabilities = exponents / exponents.sum()
    errors = row["standard_errors"]
    return Explanation(
        text=row["text"],
        method=row["method"],
        target=TargetValue(
            int(target["index"]), target["label"], float(target["value"]), target["kind"]
        ),
        prediction=Prediction(
            index=int(of_text.argmax()),
            label=prediction["label"],
            probability=prediction["probability"],
            probabilities=tuple(float(share) for share in probabilities),
        ),
        tokens=tuple(row["tokens"]),
        token_scores=np.asarray(row["token_scores"], dtype=float),
        words=tuple(row["words"]),
        word_scores=np.asarray(row["word_scores"], dtype=float),
        offsets=tuple((int(start), int(end)) for start, end in row["offsets"]),
        completeness_gap=_number(row["completeness_gap"]),
        evaluations=int(row["evaluations"]),
        truncated=bool(row["truncated"]),
        special_share=float(row["special_share"]),
        converged=None if row["converged"] is None else bool(row["converged"]),
        precision=row["precision"],
        standard_errors=None if errors is None else np.asarray(errors, dtype=float),
    )


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
