"""How many texts? For an interval of a given width, and for a paired test to notice an effect."""

import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats

from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import CONFIDENCE, EQUAL
from astrid.measures.statistics.mcnemar import difference_from_counts

MOST = 10_000_000
"""Texts beyond which an answer is no help to anybody."""


def texts_for_width(
    pilot: Sequence[float] | np.ndarray, width: float, confidence: float = CONFIDENCE
) -> int:
    """Texts for which the interval of a mean is expected to be at most `width` wide.

    The smallest n with 2·t(n − 1)·s / √n ≤ width; s is the pilot's standard deviation and t the
    quantile of Student's distribution.

    Args:
        pilot: one value a text, at least two; NaN is left out.
        width: of the whole interval, from its low to its high end.
        confidence: of the interval, in (0, 1).

    Raises:
        InputError: fewer than two values or equal ones, a width that is not above 0, or more than
            ten million texts.

    >>> texts_for_width([0.2, 0.4, 0.6, 0.8], width=0.1)
    105
    """
    known = np.asarray(pilot, dtype=float)
    known = known[~np.isnan(known)]
    if len(known) < 2 or not np.isfinite(known).all():
        raise InputError("power: give a pilot of at least two finite values")
    if not (width > 0 and 0 < confidence < 1):
        raise InputError("power: give a width above 0 and a confidence between 0 and 1")
    spread = float(known.std(ddof=1))
    if spread <= EQUAL * np.abs(known).max():
        raise InputError("power: the pilot's values are all equal; give more of them, that vary")

    def enough(n: int) -> bool:
        quantile = stats.t.ppf((1 + confidence) / 2, n - 1)
        return bool(2 * quantile * spread / math.sqrt(n) <= width)

    return _smallest(enough, f"a width of {width}")


def power_of_paired_test(effect: float, n: int, level: float = 0.05) -> float:
    """Chance that a two-sided paired t-test of n pairs notices an effect of d_z = `effect`.

    From the noncentral t distribution with n − 1 degrees of freedom and noncentrality d_z·√n; the
    permutation test has about the same. At an effect of 0 it is the level.

    Source: Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988.

    Raises:
        InputError: an infinite effect, fewer than two pairs, or a level outside (0, 1).

    >>> round(power_of_paired_test(0.5, 34), 2)
    0.81
    """
    if n < 2 or not 0 < level < 1 or not math.isfinite(effect):
        raise InputError("power: give a finite effect, two pairs or more and a level in (0, 1)")
    critical = stats.t.ppf(1 - level / 2, n - 1)
    shift = abs(effect) * math.sqrt(n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # slow convergence, far beyond any doubt
        above = stats.nct.sf(critical, n - 1, shift)
        below = stats.nct.cdf(-critical, n - 1, shift)
    # Where the effect is large the other tail is too small to be computed, and NaN.
    return float(np.clip(above + np.nan_to_num(below), 0.0, 1.0))


def texts_for_power(effect: float, power: float = 0.8, level: float = 0.05) -> int:
    """Pairs with which a two-sided paired test notices d_z = `effect` with this power.

    Raises:
        InputError: an effect of 0, a power or level outside (0, 1), or more than ten million
            texts.

    >>> texts_for_power(0.5)
    34
    """
    if effect == 0 or not 0 < power < 1:
        raise InputError("power: give an effect other than 0 and a power between 0 and 1")
    return _smallest(
        lambda n: power_of_paired_test(effect, n, level) >= power, f"an effect of {effect}"
    )


def texts_for_share(share: float, threshold: float, confidence: float = CONFIDENCE) -> int:
    """Texts for which Wilson's interval of this share leaves out the threshold.

    The smallest n with |share − threshold| ≥ z·√(threshold·(1 − threshold) / n), which is where
    the interval's end meets the threshold.

    Args:
        share: of the texts, in [0, 1]; as if it stayed what it is.
        threshold: in (0, 1).
        confidence: of the interval, in (0, 1).

    Raises:
        InputError: numbers outside these ranges, equal ones, or more than ten million texts.

    >>> texts_for_share(0.87, threshold=0.85)
    1225
    """
    if not (0 <= share <= 1 and 0 < threshold < 1 and share != threshold):
        raise InputError("power: give a share in [0, 1] and another threshold, in (0, 1)")
    reach = float(stats.norm.ppf((1 + confidence) / 2)) ** 2 * threshold * (1 - threshold)
    return _smallest(
        lambda n: reach <= n * (share - threshold) ** 2, f"a share of {share} by {threshold}"
    )


def texts_for_difference(
    ahead: float, behind: float, limit: float, confidence: float = CONFIDENCE
) -> int:
    """Texts for which the interval of `difference_of_shares` ends at `limit` or below.

    Args:
        ahead: share of texts that only the first model has right; as if it stayed what it is.
        behind: share of texts that only the second has right.
        limit: above ahead − behind.
        confidence: of the interval, in (0, 1).

    Raises:
        InputError: shares that are none, a limit that isn't above their difference, or more than
            ten million texts.

    >>> texts_for_difference(0.0, 0.0, limit=0.01)
    276
    """
    if not (ahead >= 0 and behind >= 0 and ahead + behind <= 1 and limit > ahead - behind):
        raise InputError("power: give two shares, and a limit above their difference")

    def enough(n: int) -> bool:
        return difference_from_counts(ahead * n, behind * n, n, confidence)[1] <= limit

    return _smallest(enough, f"a difference of at most {limit}")


def _smallest(enough: Callable[[int], bool], what: str) -> int:
    """The smallest n ≥ 2 that is enough, by doubling and halving."""
    high = 2
    while not enough(high):
        high *= 2
        if high > MOST:
            raise InputError(f"power: {what} needs more than {MOST:,} texts")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
