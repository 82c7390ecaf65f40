"""Intervals for measures of a whole corpus, where no text has a value of its own.

A statistic is a function `weights [R, N] -> values [R]`: its value for R resamples at once, where
`weights[r, n]` says how often text n is in resample r.
"""

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from scipy.special import ndtr, ndtri

Statistic = Callable[[np.ndarray], np.ndarray]

_BATCH_NUMBERS = 1_000_000  # weights at once, so that many texts don't fill the memory
_GROUPS = 200  # that are left out in turn; their skewness needs no more
_EQUAL = 1e-12  # values that differ by less do so by rounding alone


def resampled(
    statistics: Mapping[str, Statistic], texts: int, resamples: int, seed: int
) -> dict[str, np.ndarray]:
    """Each statistic `[R]` on the same resamples of the texts, drawn with replacement."""
    return _over(statistics, _drawn(texts, resamples, seed))


def left_out(
    statistics: Mapping[str, Statistic], texts: int, groups: int = _GROUPS
) -> dict[str, np.ndarray]:
    """Each statistic `[G]` without one group of texts in turn; a group is one text up to `groups`.

    Leaving out groups in place of single texts estimates the same acceleration in a cost that
    doesn't grow with the square of the texts.

    Source: Efron & Narasimhan, The Automatic Construction of Bootstrap Confidence Intervals, 2020.
    """
    return _over(statistics, _without(texts, min(groups, texts)))


def _over(
    statistics: Mapping[str, Statistic], batches: Iterator[np.ndarray]
) -> dict[str, np.ndarray]:
    found: dict[str, list[np.ndarray]] = {name: [] for name in statistics}
    for weights in batches if statistics else ():
        for name, statistic in statistics.items():
            found[name].append(statistic(weights))
    return {name: np.concatenate(values) for name, values in found.items()}


def _drawn(texts: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(seed)
    for rows in _batches(resamples, texts):
        places = generator.integers(0, texts, (len(rows), texts))
        places += texts * np.arange(len(rows))[:, None]
        counts = np.bincount(places.ravel(), minlength=len(rows) * texts)
        yield counts.reshape(len(rows), texts).astype(float)


def _without(texts: int, groups: int) -> Iterator[np.ndarray]:
    # Shuffled: neighbours in a corpus may be alike, and a group of them would stray too far.
    member = np.random.default_rng(0).permutation(texts) % groups
    for rows in _batches(groups, texts):
        yield (member != np.asarray(rows)[:, None]).astype(float)


def _batches(count: int, texts: int) -> Iterator[range]:
    size = max(1, _BATCH_NUMBERS // texts)
    for start in range(0, count, size):
        yield range(start, min(start + size, count))


def percentile_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """The middle `confidence` of the resampled values; NaN ones are left out.

    >>> percentile_interval(np.arange(101.0), 0.5)
    (25.0, 75.0)
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return math.nan, math.nan
    low, high = np.quantile(known, ((1 - confidence) / 2, (1 + confidence) / 2))
    return float(low), float(high)


def reflected_interval(value: float, values: np.ndarray, confidence: float) -> tuple[float, float]:
    """The basic bootstrap interval: the percentile interval reflected at `value`.

    For a biased measure: a resample is as far from the texts, and on the same side, as the texts
    are from endlessly many, so that the bias is taken off instead of added a second time.

    Source: Davison & Hinkley, Bootstrap Methods and their Application, 1997, section 2.4.

    >>> reflected_interval(2.0, np.array([2.0, 3.0, 4.0]), 0.5)
    (0.5, 1.5)
    """
    low, high = percentile_interval(values, confidence)
    return 2 * value - high, 2 * value - low


def bca_interval(
    value: float, values: np.ndarray, without: np.ndarray, confidence: float
) -> tuple[float, float]:
    """The bias-corrected and accelerated (BCa) interval; NaN values are left out.

    The ends are the quantiles Φ(z₀ + (z₀ + z) / (1 − a·(z₀ + z))) of the resampled values, with
    z = ±Φ⁻¹(confidence / 2 + ½), z₀ = Φ⁻¹(share of them below `value`) and the acceleration a.
    Where that has no answer, the percentile interval takes its place.

    Source: Efron, Better Bootstrap Confidence Intervals, 1987.

    Args:
        value: of the texts as they are.
        values: of the resamples `[R]`.
        without: of the texts without a group in turn `[G]`.
        confidence: of the interval, in (0, 1).
    """
    known = values[~np.isnan(values)]
    tolerance = _EQUAL * max(1.0, abs(value))
    lower, ties = (known < value - tolerance).sum(), (np.abs(known - value) <= tolerance).sum()
    share = (lower + ties / 2) / max(len(known), 1)
    if not 0 < share < 1:
        return percentile_interval(known, confidence)
    bias = ndtri(share)
    reach = bias + ndtri((1 + confidence) / 2) * np.array([-1.0, 1.0])
    slope = 1 - _acceleration(without) * reach
    if (slope <= 0).any():
        return percentile_interval(known, confidence)
    low, high = np.quantile(known, ndtr(bias + reach / slope))
    return float(low), float(high)


def _acceleration(without: np.ndarray) -> float:
    """A sixth of the skewness of what the groups contribute; 0 where they don't differ."""
    known = without[~np.isnan(without)]
    if len(known) < 2 or np.ptp(known) <= _EQUAL * max(1.0, float(np.abs(known).max())):
        return 0.0
    pull = known.mean() - known
    return float((pull**3).sum() / (6 * (pull**2).sum() ** 1.5))
