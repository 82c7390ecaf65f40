"""How large a difference is, in standard deviations: Cohen's d, for two samples and for pairs."""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import CONFIDENCE, EQUAL, RESAMPLES, SEED, plain_number

Form = Literal["d", "d_z"]
"""`d`: Cohen's d of two independent samples; `d_z`: of the differences of pairs."""


@dataclass(frozen=True)
class EffectSize:
    """A standardised difference with its bootstrap interval.

    Attributes:
        form: `d` or `d_z`: their sizes can't be compared with each other.
        value: the difference in standard deviations; NaN where n < 2 or nothing varies but by
            rounding.
        low: lower end of the interval; NaN where there is none.
        high: upper end of the interval; NaN where there is none.
        n: pairs, or values of the smaller sample.
    """

    form: Form
    value: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, object]:
        """Plain values; NaN becomes None, for JSON."""
        numbers = {name: plain_number(getattr(self, name)) for name in ("value", "low", "high")}
        return {"form": self.form, **numbers, "n": self.n}


def cohens_d(
    first: Sequence[float] | np.ndarray,
    second: Sequence[float] | np.ndarray,
    seed: int = SEED,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> EffectSize:
    """Cohen's d of two independent samples; NaN values are left out.

    (mean a − mean b) / s with s² = ((n_a − 1)·s_a² + (n_b − 1)·s_b²) / (n_a + n_b − 2). About 0.2
    is small, 0.5 medium, 0.8 large by convention. The 95 % interval (percentile) held the true d in
    93 to 96 % of simulated normal samples of 20 to 100.

    Source: Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988.

    >>> round(cohens_d([1.0, 2.0, 3.0], [3.0, 4.0, 5.0]).value, 6)
    -2.0
    """
    samples = (_known(first), _known(second))
    n = min(map(len, samples))
    if n < 2 or not any(_varies(sample, sample) for sample in samples):
        return EffectSize("d", math.nan, math.nan, math.nan, n)
    low, high = _interval(samples, _d, seed, confidence, resamples)
    return EffectSize("d", float(_d(*samples)), low, high, n)


def cohens_d_paired(
    first: Sequence[float] | np.ndarray,
    second: Sequence[float] | np.ndarray,
    seed: int = SEED,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> EffectSize:
    """Cohen's d_z of pairs: mean of the differences / their standard deviation.

    What pairs have in common is taken out of s, so that d_z is larger than d where pairs correlate.
    Pairs with a NaN are left out. The 95 % interval (percentile) held the true d_z in 94 to 95 % of
    simulated normal samples of 50 or 100 pairs, and in 92 % of those of 20.

    Source: Lakens, Calculating and reporting effect sizes, 2013.

    Raises:
        InputError: the series differ in length.

    >>> round(cohens_d_paired([1.0, 2.0, 4.0], [0.0, 1.0, 2.0]).value, 3)
    2.309
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape != second.shape:
        raise InputError(f"effect size: {first.size} values against {second.size}; give pairs")
    known = ~np.isnan(first - second)
    first, second = _known(first[known]), _known(second[known])
    differences, n = first - second, len(first)
    if n < 2 or not _varies(differences, np.concatenate([first, second])):
        return EffectSize("d_z", math.nan, math.nan, math.nan, n)
    low, high = _interval((differences,), _d_z, seed, confidence, resamples)
    return EffectSize("d_z", float(_d_z(differences)), low, high, n)


def _interval(
    samples: tuple[np.ndarray, ...],
    statistic: Callable[..., np.ndarray],
    seed: int,
    confidence: float,
    resamples: int,
) -> tuple[float, float]:
    with warnings.catch_warnings():
        # Resamples in which nothing varies have no standard deviation to divide by.
        warnings.simplefilter("ignore")
        found = stats.bootstrap(
            samples,
            statistic,
            vectorized=True,
            n_resamples=resamples,
            batch=max(1, 2_000_000 // max(map(len, samples))),
            confidence_level=confidence,
            method="percentile",
            rng=np.random.default_rng(seed),
        )
    drawn = found.bootstrap_distribution
    drawn = drawn[np.isfinite(drawn)]
    outside = (1 - confidence) / 2
    low, high = np.quantile(drawn, [outside, 1 - outside]) if len(drawn) else (math.nan, math.nan)
    return float(low), float(high)


def _varies(values: np.ndarray, computed_from: np.ndarray) -> bool:
    return bool(np.ptp(values) > EQUAL * np.abs(computed_from).max())


def _d(first: np.ndarray, second: np.ndarray, axis: int = -1) -> np.ndarray:
    one, other = first.shape[axis], second.shape[axis]
    pooled = (
        (one - 1) * first.var(axis=axis, ddof=1) + (other - 1) * second.var(axis=axis, ddof=1)
    ) / (one + other - 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((first.mean(axis=axis) - second.mean(axis=axis)) / np.sqrt(pooled))


def _d_z(differences: np.ndarray, axis: int = -1) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(differences.mean(axis=axis) / differences.std(axis=axis, ddof=1))


def _known(values: Sequence[float] | np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or np.isinf(values).any():
        raise InputError("effect size: values must be finite numbers (NaN: undefined)")
    return values[~np.isnan(values)]
