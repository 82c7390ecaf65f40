"""Entropy: on how many words is the size of the scores spread, in nats?

    H = −Σ pᵢ ln pᵢ,   pᵢ = |scoreᵢ| / Σ |score|

0: one word has everything; ln W: every word counts alike. It grows with the length of the text:
compare methods on the same texts. Neither end is better.

Source: Shannon, A Mathematical Theory of Communication, 1948; `scipy.stats.entropy`.
"""

import numpy as np

from astrid.measures._vectors import checked_one

TITLE = "entropy of the scores (nats)"
KIND = "sparsity"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "neither"
RANGE = (0.0, float("inf"))


def measure(scores: np.ndarray) -> float:
    """Entropy of the shares of |scores| `[W]`; NaN where all scores are 0, or W is 0.

    >>> measure(np.array([2.0, -2.0])).__round__(3)
    0.693
    """
    from scipy.stats import entropy

    sizes = np.abs(checked_one(scores))
    if not sizes.any():
        return float("nan")
    return max(float(entropy(sizes / sizes.max())), 0.0)
