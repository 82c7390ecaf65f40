"""How the methods of a study compare: faithfulness, cost, agreement, and what compression keeps."""

import math

import pandas as pd

from astrid.analysis._study import mean_with_t_interval, spread, uncompressed
from astrid.measures.statistics.bootstrap import RESAMPLES, Estimate, mean_with_interval
from astrid.measures.statistics.holm import holm
from astrid.measures.statistics.permutation import paired_difference
from astrid.study.records import MODEL, StudyRecords

_ESTIMATES = ("faithfulness", "cost", "correlation", "similarity", "above_chance")

_COLUMNS = [
    "interpretability",
    "rank",
    *(f"{name}{end}" for name in _ESTIMATES for end in ("", "_low", "_high")),
    "faithfulness_p_adjusted",
]


def method_leaderboard(records: StudyRecords) -> pd.DataFrame:
    """A row a method, the most faithful first; uncompressed models only.

    - `faithfulness`: comprehensiveness less that of random scores. The mean over models of each
      text, with an interval and a paired permutation test over texts; `faithfulness_p_adjusted` is
      Holm's over the methods.
    - `cost`: seconds a text, mean over models with Student's t interval over them.
    - `correlation`: mean rank correlation with the other methods, over texts.
    - `similarity`: what smaller encoders keep of the reference model's explanation by the same
      method (cosine, over texts); where there is one encoder, the other models. `above_chance` is
      the same less that of shuffled scores: compare methods by it, since scores that are never
      negative are alike by construction.

    `rank` is by faithfulness, NaN where it was not measured; such methods come last, in the
    study's order.
    """
    tests = {method: _faithfulness(records, method) for method in records.methods}
    p_values = holm([p for _, p in tests.values()])
    rows = [
        {
            "interpretability": method,
            **spread("faithfulness", tests[method][0]),
            **spread("cost", _cost(records, method)),
            **spread("correlation", _correlation(records, method)),
            **spread("similarity", _kept(records, method, "same_method")),
            **spread("above_chance", _kept(records, method, "above_chance")),
            "faithfulness_p_adjusted": p_value,
        }
        for method, p_value in zip(records.methods, p_values, strict=True)
    ]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    table["rank"] = table["faithfulness"].rank(ascending=False, method="min")
    return table.sort_values("rank", kind="stable", na_position="last").reset_index(drop=True)


def _faithfulness(records: StudyRecords, method: str) -> tuple[Estimate, float]:
    if records.faithfulness.empty:
        return Estimate(math.nan, math.nan, math.nan, 0, 0), math.nan
    frame = uncompressed(records.faithfulness)
    frame = frame[frame["interpretability"] == method]
    known = frame.dropna(subset=["comprehensiveness", "random"])
    means = known.groupby("text")[["comprehensiveness", "random"]].mean().to_numpy(dtype=float)
    found = paired_difference(means[:, 0], means[:, 1], resamples=RESAMPLES)
    return found.difference, found.p_value


def _cost(records: StudyRecords, method: str) -> Estimate:
    costs = uncompressed(records.of_method(method))["interpretation_cost"]
    return mean_with_t_interval(costs.to_numpy(dtype=float))


def _correlation(records: StudyRecords, method: str) -> Estimate:
    if records.correlations.empty:
        return mean_with_interval([])
    frame = uncompressed(records.correlations)
    frame = frame[(frame["first"] == method) | (frame["second"] == method)]
    by_model = frame.groupby(["text", *MODEL])["correlation"].mean()
    return mean_with_interval(by_model.groupby(level="text").mean().to_numpy(dtype=float))


def _kept(records: StudyRecords, method: str, column: str) -> Estimate:
    if records.similarities.empty:
        return mean_with_interval([])
    reference = records.reference
    frame = uncompressed(records.similarities)
    frame = frame[frame["interpretability"] == method]
    smaller = frame[frame["encoder"] != reference.encoder]
    if smaller.empty:
        own = (frame["classifier"] == reference.classifier) & (frame["seed"] == reference.seed)
        smaller = frame[~own]
    values = smaller.assign(above_chance=smaller["same_method"] - smaller["chance"])
    return mean_with_interval(values.groupby("text")[column].mean().to_numpy(dtype=float))
