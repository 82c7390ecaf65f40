"""Pearson correlation: do two explanations differ by a factor and a shift alone?

    r = Σ (aᵢ − ā)(bᵢ − b̄) / √(Σ (aᵢ − ā)² · Σ (bᵢ − b̄)²)

1 means that one explanation is the other times a positive factor plus a shift. Against the cosine
it does not count what all words have in common, such as scores that are all positive. Chance: 0.

Source: Pearson, Regression, heredity, and panmixia, 1896; `scipy.stats.pearsonr`.
"""

import numpy as np

from astrid.measures._vectors import checked_pair

TITLE = "Pearson correlation"
KIND = "agreement"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (-1.0, 1.0)


def measure(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of two score vectors `[W]`; NaN where one is constant, or W < 2.

    >>> measure(np.array([1.0, 2.0, 3.0]), np.array([5.0, 7.0, 9.0]))
    1.0
    """
    from scipy.stats import pearsonr

    first, second = checked_pair(first, second)
    if len(first) < 2 or not (np.ptp(first) and np.ptp(second)):
        return float("nan")
    # Scaled first, so that squares of very small or large scores stay within floating point.
    first, second = first / np.abs(first).max(), second / np.abs(second).max()
    return float(np.clip(pearsonr(first, second).statistic, *RANGE))
