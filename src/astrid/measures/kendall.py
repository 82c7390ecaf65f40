"""Kendall's τ: of two words, do both explanations put the same one first?

    τ_b = (concordant − discordant pairs) / √((pairs untied in a) · (pairs untied in b))

1 means the same order, −1 the opposite one; chance gives 0. Less moved by single words than
Spearman.

Source: Kendall, The treatment of ties in ranking problems, 1945; `scipy.stats.kendalltau`.
"""

import numpy as np

from astrid.measures._vectors import checked_pair

TITLE = "Kendall's τ"
KIND = "agreement"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (-1.0, 1.0)


def measure(first: np.ndarray, second: np.ndarray) -> float:
    """τ_b of two score vectors `[W]`; NaN where one is constant, or W < 2.

    >>> measure(np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, 2.0])).__round__(3)
    0.333
    """
    from scipy.stats import kendalltau

    first, second = checked_pair(first, second)
    if len(first) < 2 or not (np.ptp(first) and np.ptp(second)):
        return float("nan")
    # Rounded: the square root leaves equal orders a hair below 1.
    return float(np.clip(round(kendalltau(first, second).statistic, 12), *RANGE))
