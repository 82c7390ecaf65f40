"""What the analyses of a study share: its models, each counted once, and their values by text."""

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd
from scipy import stats

from astrid.measures.statistics.bootstrap import (
    CONFIDENCE,
    RESAMPLES,
    Estimate,
    mean_with_interval,
    share_with_interval,
)
from astrid.models.compression import UNCOMPRESSED
from astrid.study.records import COMPRESSION, MODEL, StudyRecords

_MOST_RESAMPLES = 20_000


def model_name(encoder: str, head: str) -> str:
    """How an encoder with a head is called wherever it is shown.

    >>> model_name("mini", "linear")
    'mini + linear'
    """
    return f"{encoder} + {head}"


def spread(name: str, estimate: Estimate) -> dict[str, float]:
    """An estimate as the three columns of a table.

    >>> spread("x", Estimate(0.5, 0.4, 0.6, 9, 0))
    {'x': 0.5, 'x_low': 0.4, 'x_high': 0.6}
    """
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def uncompressed(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of models that are not compressed; all rows where the study does not compress."""
    if COMPRESSION not in frame:
        return frame
    return frame[frame[COMPRESSION] == UNCOMPRESSED]


def models(records: StudyRecords) -> pd.DataFrame:
    """One row an uncompressed model: its record of the reference's method."""
    return uncompressed(records.of_method()).reset_index(drop=True)


def points(records: StudyRecords, *columns: str) -> pd.DataFrame:
    """One row an encoder and head, in the study's order: `columns`, mean over the seeds.

    Models that differ in their seed alone are alike, and would count as if they were more.
    """
    frame = models(records)
    wanted = ["encoder", "classifier", *columns]
    means = frame[wanted].groupby(["encoder", "classifier"], sort=False, as_index=False).mean()
    whole = [name for name in columns if pd.api.types.is_integer_dtype(frame[name])]
    means = means.astype(dict.fromkeys(whole, "int64"))
    order = {
        "encoder": {name: place for place, name in enumerate(records.encoders)},
        "classifier": {name: place for place, name in enumerate(records.heads)},
    }
    return means.sort_values(
        ["encoder", "classifier"], key=lambda column: column.map(order[str(column.name)])
    ).reset_index(drop=True)


def missing_models(records: StudyRecords) -> list[str]:
    """Names of the encoders and heads that the study has, but no record of them together."""
    frame = models(records)
    there = {*zip(frame["encoder"], frame["classifier"], strict=True)}
    return [
        model_name(encoder, head)
        for encoder in records.encoders
        for head in records.heads
        if (encoder, head) not in there
    ]


def by_text(frame: pd.DataFrame, text: str, value: str) -> pd.DataFrame:
    """`[N, M]` values: one row a text, a column a model `(encoder, classifier, seed)`.

    Args:
        frame: one row a model and text; an empty one may lack its columns.
        text: column of the text's number.
        value: column of the value.
    """
    if frame.empty:
        return pd.DataFrame(columns=pd.MultiIndex.from_tuples([], names=MODEL), dtype=float)
    values = uncompressed(frame)[[*MODEL, text, value]].astype({value: float})
    return values.groupby([text, *MODEL])[value].mean().unstack(list(MODEL)).sort_index()


def right(records: StudyRecords) -> pd.DataFrame:
    """`[N, M]` whether each evaluation document (row) was classified right: 1, 0 or NaN."""
    return by_text(records.answers, "document", "correct")


def keys(values_NM: pd.DataFrame) -> list[tuple[str, str, int]]:
    """The models (encoder, head, seed) that `values_NM` has columns of."""
    return cast(list[tuple[str, str, int]], values_NM.columns.to_list())


def seeds_of(values_NM: pd.DataFrame, encoder: str, head: str) -> list[int]:
    """Seeds for which `values_NM` has the model, in rising order."""
    return sorted(seed for one, other, seed in keys(values_NM) if (one, other) == (encoder, head))


def paired(
    values_NM: pd.DataFrame, first: tuple[str, str], second: tuple[str, str]
) -> tuple[np.ndarray, np.ndarray, int]:
    """`[N]` values of two (encoder, head), each the mean over the seeds that both have.

    A seed counts in a text only where both values are defined.

    Returns:
        Both series, and the number of seeds.
    """
    common = sorted({*seeds_of(values_NM, *first)} & {*seeds_of(values_NM, *second)})
    one, other = (_by_seed(values_NM, *pair, common) for pair in (first, second))
    unknown = np.isnan(one) | np.isnan(other)
    return (
        mean_of_known(np.where(unknown, np.nan, one)),
        mean_of_known(np.where(unknown, np.nan, other)),
        len(common),
    )


def mean_of_known(values_SN: np.ndarray) -> np.ndarray:
    """`[N]` mean over the rows, NaN left out; NaN where none is left.

    >>> mean_of_known(np.array([[1.0, np.nan], [3.0, np.nan]])).tolist()
    [2.0, nan]
    """
    known = ~np.isnan(values_SN)
    counts = known.sum(axis=0)
    sums = np.where(known, values_SN, 0.0).sum(axis=0)
    return np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def mean_over_seeds(values_NM: pd.DataFrame, encoder: str, head: str) -> np.ndarray:
    """`[N]` values of an encoder with a head, mean over its seeds."""
    seeds = seeds_of(values_NM, encoder, head)
    return mean_of_known(_by_seed(values_NM, encoder, head, seeds))


def _by_seed(values_NM: pd.DataFrame, encoder: str, head: str, seeds: Sequence[int]) -> np.ndarray:
    """`[S, N]`, also where there is no seed or no text."""
    rows = np.array([values_NM[encoder, head, seed] for seed in seeds], dtype=float)
    return rows.reshape(len(seeds), len(values_NM))


def accuracy_of(right_NM: pd.DataFrame, encoder: str, head: str) -> Estimate:
    """Share of right answers: Wilson's interval for one seed, else a bootstrap's over documents."""
    values = mean_over_seeds(right_NM, encoder, head)
    if len(seeds_of(right_NM, encoder, head)) == 1:
        return share_with_interval([None if np.isnan(flag) else flag > 0.5 for flag in values])
    return mean_with_interval(values)


def enough_resamples(tests: int) -> int:
    """Resamples with which Holm's correction over so many tests can still find a difference.

    The lowest p-value of a permutation test is 2 / (resamples + 1).
    """
    return min(max(RESAMPLES, 100 * tests), _MOST_RESAMPLES)


def mean_with_t_interval(values: np.ndarray) -> Estimate:
    """Mean of a few independent values with Student's t interval, x̄ ± t(n − 1)·s / √n.

    For a handful of encoders or models, of which a bootstrap's interval would be too narrow. NaN
    values are left out; with fewer than two there is no interval.

    >>> print(mean_with_t_interval(np.array([1.0, 2.0, 3.0])))
    2.000 [-0.484, 4.484]
    """
    known = values[~np.isnan(values)]
    n, undefined = len(known), int(len(values) - len(known))
    if n < 2:
        value = float(known[0]) if n else math.nan
        return Estimate(value, math.nan, math.nan, n, undefined)
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * known.std(ddof=1) / math.sqrt(n)
    mean = float(known.mean())
    return Estimate(mean, mean - float(reach), mean + float(reach), n, undefined)
