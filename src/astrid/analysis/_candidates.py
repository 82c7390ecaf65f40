"""The models of a study as candidates for deployment: one row each, with a name."""

from collections.abc import Hashable, Mapping

import pandas as pd

from astrid.analysis._study import model_name
from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import Estimate
from astrid.models.compression import UNCOMPRESSED
from astrid.spec import nearest
from astrid.study.records import COMPRESSION, StudyRecords

SHOWN = ("accuracy", "attribution_similarity", "method_agreement", "inference_time")
"""Estimates of a candidate, each with its ends."""


def candidates(records: StudyRecords, method: str | None = None) -> pd.DataFrame:
    """One row a model, compressed ones included: `name`, what names it, sizes and estimates.

    Args:
        records: of the study.
        method: whose explanations count; the reference's by default.

    Raises:
        InputError: a method that the study doesn't have.
    """
    if method is not None and method not in records.methods:
        hint = nearest(method, records.methods)
        raise InputError(f"select: the study has no method {method!r}; {hint}")
    frame = records.of_method(method)
    several = frame["seed"].nunique() > 1
    names = [_name(row, several) for row in frame.to_dict(orient="records")]
    estimates = [f"{name}{end}" for name in SHOWN for end in ("", "_low", "_high")]
    sizes = ["encoder_params", "classifier_params", "total_params"]
    chosen = frame[[*records.model_columns, *sizes, *estimates]]
    named = chosen.assign(name=pd.Series(names, index=frame.index, dtype=object))
    return named[["name", *chosen.columns]]


def estimate_of(row: pd.Series, column: str) -> Estimate:
    """A candidate's estimate; how many texts made it is not in the records, so that `n` is 0."""
    low, high = (float(row[f"{column}{end}"]) for end in ("_low", "_high"))
    return Estimate(float(row[column]), low, high, 0, 0)


def _name(row: Mapping[Hashable, object], several_seeds: bool) -> str:
    name = model_name(str(row["encoder"]), str(row["classifier"]))
    compression = row.get(COMPRESSION, UNCOMPRESSED)
    if compression != UNCOMPRESSED:
        name += f" + {compression}"
    return f"{name}, seed {row['seed']}" if several_seeds else name
