"""Cosine similarity: do two explanations point the same way, whatever their sizes?

    cosine(a, b) = Σ aᵢ·bᵢ / (‖a‖·‖b‖)

1 means equal up to a positive factor, 0 orthogonal, −1 opposite. Two vectors of scores that are all
positive have a high cosine by construction: read it beside the cosine of shuffled scores.

Source: Salton & McGill, Introduction to Modern Information Retrieval, 1983.
"""

import numpy as np

from astrid.measures._vectors import checked_pair

TITLE = "cosine similarity"
KIND = "agreement"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (-1.0, 1.0)


def measure(first: np.ndarray, second: np.ndarray) -> float:
    """Cosine of two score vectors `[W]`; NaN where one has no score but zeros, or W is 0.

    >>> measure(np.array([3.0, 4.0]), np.array([4.0, 3.0]))
    0.96
    """
    first, second = checked_pair(first, second)
    if not (first.any() and second.any()):
        return float("nan")
    # Scaled first, so that squares of very small or large scores stay within floating point.
    first, second = first / np.abs(first).max(), second / np.abs(second).max()
    cosine = first @ second / np.sqrt((first @ first) * (second @ second))
    return float(np.clip(cosine, *RANGE))
