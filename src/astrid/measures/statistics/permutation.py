"""Differences between two models on the same texts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import (
    CONFIDENCE,
    EQUAL,
    RESAMPLES,
    SEED,
    Estimate,
    mean_with_interval,
    plain_number,
)


@dataclass(frozen=True)
class PairedDifference:
    """Mean of first − second over texts, and how often chance alone gives as much.

    Attributes:
        difference: with interval; `undefined` counts texts for which either value is.
        p_value: two-sided, in (0, 1]; NaN with fewer than two texts.
    """

    difference: Estimate
    p_value: float

    def to_dict(self) -> dict[str, object]:
        return {"difference": self.difference.to_dict(), "p_value": plain_number(self.p_value)}


def paired_difference(
    first: Sequence[float] | np.ndarray,
    second: Sequence[float] | np.ndarray,
    seed: int = SEED,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> PairedDifference:
    """Difference of two paired series, its bootstrap interval and a sign-flip permutation test.

    Under the null hypothesis the two values of a text can be exchanged; the test exchanges them at
    random, or in all 2ⁿ ways where that is not more than `resamples`.

    Source: Fisher, The Design of Experiments, 1935; `scipy.stats.permutation_test`.

    Args:
        first: one number a text; NaN where undefined.
        second: for the same texts in the same order.
        seed: of bootstrap and permutations.
        confidence: of the interval, in (0, 1).
        resamples: of bootstrap and permutations.

    Raises:
        InputError: the series differ in length.

    >>> paired_difference([0.9, 0.8, 0.7, 0.9], [0.9, 0.8, 0.7, 0.9]).p_value
    1.0
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape != second.shape:
        raise InputError(
            f"paired difference: {first.size} values against {second.size}; "
            "both series must be about the same texts"
        )
    differences = without_rounding(first, second)
    difference = mean_with_interval(differences, seed, confidence, resamples)
    return PairedDifference(
        difference, _p_value(differences[~np.isnan(differences)], seed, resamples)
    )


def without_rounding(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """First − second, 0 where the two differ by rounding alone.

    Otherwise a test that looks at signs would take equal values, computed in two orders, for a
    difference in every text.

    >>> without_rounding(np.array([0.1 + 0.2, 1.0]), np.array([0.3, 0.5])).tolist()
    [0.0, 0.5]
    """
    differences = first - second
    sizes = np.maximum(np.abs(first), np.abs(second))
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(differences) <= EQUAL * sizes, 0.0, differences)


def _p_value(differences: np.ndarray, seed: int, resamples: int) -> float:
    if len(differences) < 2:
        return math.nan
    # With a single sample of differences, exchanging a pair's values flips the sign.
    test = stats.permutation_test(
        (differences, np.zeros_like(differences)),
        lambda first, second, axis: np.mean(first - second, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)
