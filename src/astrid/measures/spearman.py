"""Spearman's rank correlation: do two explanations put the words in the same order?

    ρ = Pearson correlation of the ranks, ties given their mean rank

1 means the same order, −1 the reverse, 0 none. Unlike the cosine it does not profit from scores
that are all positive, and a single large score does not decide it.

Source: Spearman, The proof and measurement of association between two things, 1904.
"""

import numpy as np
from scipy.stats import spearmanr

from astrid.measures._vectors import checked_pair

TITLE = "Spearman correlation"
KIND = "agreement"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (-1.0, 1.0)


def measure(first: np.ndarray, second: np.ndarray) -> float:
    """Rank correlation of two score vectors `[W]`; NaN where one is constant, or W < 2.

    >>> measure(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0]))
    0.5
    """
    first, second = checked_pair(first, second)
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.clip(spearmanr(first, second).statistic, *RANGE))
