"""Where each method stands in each measure: mean, rank, and what paired tests say."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from astrid.measures import Direction, load_measure
from astrid.measures.statistics.bootstrap import Estimate, mean_with_interval, plain_number
from astrid.measures.statistics.holm import holm
from astrid.measures.statistics.permutation import PairedDifference, paired_difference


@dataclass(frozen=True)
class Standing:
    """One method in one measure.

    Attributes:
        mean: over texts, with interval.
        rank: 1 for the best mean; None where the measure has no better end or the mean is
            undefined. Equal means share their mean rank.
        control: the method minus the control, signed so that above 0 is better, over texts; None
            for the control itself and for measures without a better end.
        p_control: of that difference, corrected by Holm over the methods; NaN where untested.
        p_best: of the difference from the best method, corrected likewise; NaN for the best.
    """

    mean: Estimate
    rank: float | None
    control: PairedDifference | None
    p_control: float
    p_best: float

    def beats_control(self, level: float) -> bool:
        """Significantly better than the control."""
        return (
            self.control is not None
            and self.p_control < level
            and self.control.difference.value > 0
        )

    def among_best(self, level: float) -> bool:
        """The best mean, or not shown to be worse than it."""
        return self.rank is not None and not self.p_best < level

    def to_dict(self) -> dict[str, object]:
        return {
            **self.mean.to_dict(),
            "rank": self.rank,
            "difference_from_control": self.control.difference.to_dict() if self.control else None,
            "p_control": plain_number(self.p_control),
            "p_best": plain_number(self.p_best),
        }


def standings(
    values: Mapping[tuple[str, str], np.ndarray],
    methods: Sequence[str],
    measures: Sequence[str],
    control: str,
    *,
    seed: int,
    resamples: int,
    confidence: float,
) -> dict[tuple[str, str], Standing]:
    """Means, ranks and paired permutation tests for every method and measure.

    Args:
        values: for each (method, measure) `[N]` values over the same texts, NaN where undefined.
        methods: names.
        measures: names.
        control: the method that all are tested against.
        seed: of bootstrap and permutations.
        resamples: of both.
        confidence: of the intervals.
    """
    found: dict[tuple[str, str], Standing] = {}
    for measure in measures:
        sign = signed(load_measure(measure).DIRECTION)
        columns = {method: values[method, measure] for method in methods}
        means = {
            method: mean_with_interval(column, seed, confidence, resamples)
            for method, column in columns.items()
        }
        ranks = _ranks(means, sign)
        against = {}
        if sign:
            against = {
                method: paired_difference(
                    sign * column, sign * columns[control], seed, confidence, resamples
                )
                for method, column in columns.items()
                if method != control
            }
        p_control = _corrected({name: test.p_value for name, test in against.items()})
        p_best = _against_best(columns, ranks, seed, confidence, resamples)
        for method in methods:
            found[method, measure] = Standing(
                mean=means[method],
                rank=ranks.get(method),
                control=against.get(method),
                p_control=p_control.get(method, math.nan),
                p_best=p_best.get(method, math.nan),
            )
    return found


def signed(direction: Direction) -> int:
    """1 where more is better, −1 where less is, 0 where neither."""
    return {"higher": 1, "lower": -1, "neither": 0}[direction]


def _ranks(means: Mapping[str, Estimate], sign: int) -> dict[str, float]:
    from scipy.stats import rankdata

    defined = [name for name, mean in means.items() if mean.defined]
    if not sign or not defined:
        return {}
    ranks = rankdata([-sign * means[name].value for name in defined])
    return {name: float(rank) for name, rank in zip(defined, ranks, strict=True)}


def _against_best(
    columns: Mapping[str, np.ndarray],
    ranks: Mapping[str, float],
    seed: int,
    confidence: float,
    resamples: int,
) -> dict[str, float]:
    if not ranks:
        return {}
    best = min(ranks, key=lambda name: ranks[name])
    return _corrected(
        {
            name: paired_difference(
                columns[name], columns[best], seed, confidence, resamples
            ).p_value
            for name in ranks
            if name != best
        }
    )


def _corrected(p_values: Mapping[str, float]) -> dict[str, float]:
    return dict(zip(p_values, map(float, holm(list(p_values.values()))), strict=True))
