"""What compression changes: each compressed model against the same model uncompressed."""

import math

import numpy as np
import pandas as pd

from astrid.analysis._study import (
    by_text,
    enough_resamples,
    keys,
    mean_of_known,
    mean_with_t_interval,
    spread,
)
from astrid.analysis.questions._answer import Finding
from astrid.analysis.questions._tests import (
    corrected,
    difference_of_right,
    p_adjusted,
    paired_finding,
)
from astrid.measures.statistics.bootstrap import Estimate, mean_with_interval
from astrid.models.compression import UNCOMPRESSED
from astrid.study.records import COMPRESSION, MODEL, StudyRecords

_ESTIMATES = ("accuracy_change", "similarity", "similarity_change", "time_ratio", "disk_ratio")

_COLUMNS = [
    "compression",
    "models",
    *(f"{name}{end}" for name in _ESTIMATES for end in ("", "_low", "_high")),
    "accuracy_p_adjusted",
    "similarity_p_adjusted",
]


def compression_effects(records: StudyRecords) -> pd.DataFrame:
    """A row a compression: paired differences to the same models uncompressed.

    - `accuracy_change`: of one model, McNemar's exact test and Bonett and Price's interval; of
      several, a document counts once, with its mean over the models: permutation test and
      bootstrap interval over documents.
    - `similarity`: to the reference model's explanation by the reference's method, of the
      compressed models, mean over texts.
    - `similarity_change`: the same less that of the uncompressed models. The reference's own model
      is left out, as its similarity is 1 by construction.
    - `time_ratio`: compressed / uncompressed, geometric mean over models with Student's t interval
      over them, from the logarithms; one model has none.
    - `disk_ratio`: the same mean; as nothing about it is drawn by chance, its ends are the lowest
      and the highest model.

    p-values are Holm's over all tests of the table. Empty where the study does not compress.
    """
    if not records.compresses:
        return pd.DataFrame(columns=_COLUMNS)
    names = [name for name in records.results[COMPRESSION].unique() if name != UNCOMPRESSED]
    resamples = enough_resamples(2 * len(names))
    tests: dict[tuple[str, str], Finding] = {}
    for name in names:
        tests["accuracy", name] = _accuracy_change(records, name, resamples)
        tests["similarity", name] = _similarity_change(records, name, resamples)
    tests = corrected(tests)
    rows = [
        {
            "compression": name,
            "models": len(_pairs(records, name)),
            **spread("accuracy_change", tests["accuracy", name].estimate),
            **spread("similarity", _similarity(records, name)),
            **spread("similarity_change", tests["similarity", name].estimate),
            **spread("time_ratio", _mean_ratio(_ratios(records, name, "inference_time"))),
            **spread("disk_ratio", _range(_ratios(records, name, "disk_bytes"))),
            "accuracy_p_adjusted": p_adjusted(tests["accuracy", name]),
            "similarity_p_adjusted": p_adjusted(tests["similarity", name]),
        }
        for name in names
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _of(frame: pd.DataFrame, compression: str) -> pd.DataFrame:
    if frame.empty:
        return frame
    return frame[frame[COMPRESSION] == compression].drop(columns=COMPRESSION)


def _accuracy_change(records: StudyRecords, name: str, resamples: int) -> Finding:
    wide = [
        by_text(_of(records.answers, kind), "document", "correct") for kind in (name, UNCOMPRESSED)
    ]
    one, other, runs = _means(*wide)
    return difference_of_right(
        f"{name} minus uncompressed: accuracy", one, other, runs, "models", resamples
    )


def _similarity_change(records: StudyRecords, name: str, resamples: int) -> Finding:
    reference = records.reference
    own = (reference.encoder, reference.classifier, reference.seed)
    wide = [_alike(records, kind) for kind in (name, UNCOMPRESSED)]
    one, other, runs = _means(*(values.drop(columns=[own], errors="ignore") for values in wide))
    test = f"paired permutation test, {len(one)} texts, mean of {runs} models"
    return paired_finding(
        f"{name} minus uncompressed: similarity", one, other, "cosine", test, resamples
    )


def _similarity(records: StudyRecords, name: str) -> Estimate:
    return mean_with_interval(mean_of_known(_alike(records, name).to_numpy().T))


def _alike(records: StudyRecords, compression: str) -> pd.DataFrame:
    frame = _of(records.similarities, compression)
    if not frame.empty:
        frame = frame[frame["interpretability"] == records.reference.interpretability]
    return by_text(frame, "text", "same_method")


def _means(first_NM: pd.DataFrame, second_NM: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, int]:
    """`[N]` means over the models and values that both have, and the number of models."""
    there = set(keys(second_NM))
    common = [key for key in keys(first_NM) if key in there]
    texts = first_NM.index.intersection(second_NM.index)
    one, other = (frame.loc[texts, common].to_numpy().T for frame in (first_NM, second_NM))
    unknown = np.isnan(one) | np.isnan(other)
    first, second = (mean_of_known(np.where(unknown, np.nan, part)) for part in (one, other))
    return first, second, len(common)


def _pairs(records: StudyRecords, name: str) -> pd.DataFrame:
    """A row a model with both records, of the reference's method."""
    frame = records.of_method()
    return _of(frame, name).merge(
        _of(frame, UNCOMPRESSED), on=list(MODEL), suffixes=("", "_before")
    )


def _ratios(records: StudyRecords, name: str, column: str) -> np.ndarray:
    """Compressed / uncompressed of each model; NaN where it is unknown."""
    pairs = _pairs(records, name)
    before, after = (pairs[key].to_numpy(dtype=float) for key in (f"{column}_before", column))
    known = (before > 0) & (after > 0)
    return np.divide(after, before, out=np.full(len(pairs), np.nan), where=known)


def _mean_ratio(ratios: np.ndarray) -> Estimate:
    known = ratios[~np.isnan(ratios)]
    logs = mean_with_t_interval(np.log(known))
    value, low, high = (math.exp(end) for end in (logs.value, logs.low, logs.high))
    return Estimate(value, low, high, logs.n, len(ratios) - len(known))


def _range(ratios: np.ndarray) -> Estimate:
    mean = _mean_ratio(ratios)
    known = ratios[~np.isnan(ratios)]
    if not len(known):
        return mean
    return Estimate(mean.value, float(known.min()), float(known.max()), mean.n, mean.undefined)
