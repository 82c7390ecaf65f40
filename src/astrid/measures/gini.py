"""Gini index: how unevenly is the size of the scores spread over the words?

    G = 1 − 2 · Σₖ (s₍ₖ₎ / Σ s) · (W − k + ½) / W,   s₍₁₎ ≤ … ≤ s₍W₎ the sorted |scores|

0: every word counts alike; 1 − 1/W: one word has everything. Neither end is better: a text may rest
on one word or on many.

Source: Hurley & Rickard, Comparing Measures of Sparsity, 2009.
"""

import numpy as np

from astrid.measures._vectors import checked_one

TITLE = "Gini index"
KIND = "sparsity"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "neither"
RANGE = (0.0, 1.0)


def measure(scores: np.ndarray) -> float:
    """Gini index of |scores| `[W]`; NaN where all scores are 0, or W is 0.

    >>> measure(np.array([0.0, 0.0, 0.0, -5.0])), measure(np.array([1.0, -1.0]))
    (0.75, 0.0)
    """
    sizes = np.sort(np.abs(checked_one(scores)))
    if not sizes.any():
        return float("nan")
    count = len(sizes)
    shares = (sizes / sizes[-1]) / np.sum(sizes / sizes[-1])
    places = (count - np.arange(1, count + 1) + 0.5) / count
    return float(np.clip(1 - 2 * shares @ places, *RANGE))
