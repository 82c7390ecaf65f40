"""Question 4: is there a trade-off between accuracy and interpretability?"""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from astrid.analysis._study import missing_models, model_name, models, points
from astrid.analysis.pareto import pareto_front
from astrid.analysis.questions._answer import Answer, Finding, Verdict
from astrid.analysis.slopes import Slope, slope, slope_within
from astrid.measures.statistics.bootstrap import CONFIDENCE, Estimate
from astrid.study.records import StudyRecords

QUESTION = "Is there a trade-off between accuracy and interpretability?"

_NOTES = (
    "Stability is the standard deviation of normalised scores across methods: lower is more "
    "stable, so that a trade-off is a slope above 0.",
    "A slope over models is no cause: size and head may drive both.",
)


def answer(records: StudyRecords) -> Answer:
    """Slope of accuracy on interpretation stability, an encoder with a head being one point.

    Seeds are averaged first. One test decides, so that nothing is corrected: "yes" where the
    slope is shown to be above 0, "no" where it is shown to be below 0 (more accurate models are
    more stable, too), else "not shown". Beside it stand, and decide nothing, the slope among the
    heads of one encoder, which no difference between encoders can bring about, and Spearman's
    correlation.
    """
    table = points(records, "accuracy", "interpretation_stability")
    table["on_front"] = pareto_front(table, ["accuracy"], ["interpretation_stability"])
    x, y = (table[name].to_numpy() for name in ("interpretation_stability", "accuracy"))
    line = slope(x, y)
    headline = _finding(line) if line.estimate.defined else None
    verdict, sentence = _decided(headline, line.reason)
    within = _within(slope_within(x, y, table["encoder"].to_list()))
    beside = (within, _rank_correlation(table))
    return Answer(
        number=4,
        question=QUESTION,
        verdict=verdict,
        sentence=sentence,
        headline=headline,
        findings=tuple(found for found in (headline, *beside) if found),
        table=_with_ends(records, table),
        plot="accuracy_stability",
        notes=(*_NOTES, *_notes(records, table, headline, within)),
    )


def _finding(line: Slope) -> Finding:
    return Finding(
        name="slope of accuracy on interpretation stability",
        estimate=line.estimate,
        unit="accuracy a unit of stability",
        p_value=line.p_value,
        p_adjusted=line.p_value,
        test=f"t test of the least squares slope, {line.estimate.n} points (encoder + head)",
    )


def _within(line: Slope) -> Finding | None:
    if not line.estimate.defined:
        return None
    return Finding(
        name="the same slope among the heads of one encoder",
        estimate=line.estimate,
        unit="accuracy a unit of stability",
        p_value=line.p_value,
        p_adjusted=None,
        test=f"beside the slope: t test with an intercept an encoder, {line.estimate.n} points",
    )


def _decided(found: Finding | None, reason: str) -> tuple[Verdict, str]:
    if found is None:
        return "not shown", f"Not shown: {reason}."
    steep = f"slope {found.estimate}"
    if found.above:
        return "yes", f"Yes: more accurate models are explained less stably ({steep})."
    if found.below:
        return "no", f"No: more accurate models are explained more stably, too ({steep})."
    return "not shown", f"Not shown: no trend of accuracy with stability is shown ({steep})."


def _rank_correlation(table: pd.DataFrame) -> Finding | None:
    """Spearman's correlation r with tanh(atanh r ± z·√((1 + r² / 2) / (n − 3))).

    Source: Bonett & Wright, Sample size requirements for estimating Pearson, Kendall and Spearman
    correlations, 2000.
    """
    known = table[["interpretation_stability", "accuracy"]].dropna().to_numpy()
    n = len(known)
    if n < 4 or (np.ptp(known, axis=0) == 0).any():
        return None
    value = float(stats.spearmanr(known[:, 0], known[:, 1]).statistic)
    low = high = math.nan
    if abs(value) < 1:
        reach = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
        reach *= math.sqrt((1 + value**2 / 2) / (n - 3))
        low, high = math.tanh(math.atanh(value) - reach), math.tanh(math.atanh(value) + reach)
    return Finding(
        name="accuracy and interpretation stability: Spearman's correlation",
        estimate=Estimate(value, low, high, n, len(table) - n),
        unit="rank correlation",
        p_value=None,
        p_adjusted=None,
        test=f"beside the slope, untested: Bonett and Wright's interval, {n} points",
    )


def _with_ends(records: StudyRecords, table: pd.DataFrame) -> pd.DataFrame:
    """With the ends of the records' intervals where a point is a single model."""
    frame = models(records)
    ends = [
        f"{name}{end}"
        for name in ("accuracy", "interpretation_stability")
        for end in ("_low", "_high")
    ]
    single = frame.drop_duplicates(["encoder", "classifier"], keep=False)
    joined = table.merge(
        single[["encoder", "classifier", *ends]], on=["encoder", "classifier"], how="left"
    )
    columns = [
        f"{name}{end}"
        for name in ("accuracy", "interpretation_stability")
        for end in ("", "_low", "_high")
    ]
    return joined[["encoder", "classifier", *columns, "on_front"]]


def _notes(
    records: StudyRecords, table: pd.DataFrame, headline: Finding | None, within: Finding | None
) -> Iterator[str]:
    if headline and headline.shown and (within is None or within.estimate.contains(0)):
        among = within.estimate if within else "undefined"
        yield (
            f"Among the heads of one encoder no trend is shown (slope {among}): models of one "
            "encoder are alike, and the encoders alone may bring the trend about."
        )
    unknown = int(table[["accuracy", "interpretation_stability"]].isna().any(axis=1).sum())
    if unknown:
        yield (
            f"{unknown} of {len(table)} points have no accuracy or no stability, which takes two "
            "methods."
        )
    front = table[table["on_front"]]
    if len(front):
        names = ", ".join(map(model_name, front["encoder"], front["classifier"]))
        yield f"Pareto frontier (higher accuracy, lower deviation): {names}."
    if missing := missing_models(records):
        yield f"Without a record: {', '.join(missing)}."
