"""The words of highest score, for the measures that compare tops."""

import numpy as np

from astrid.measures._vectors import checked_pair


def top_overlap(first: np.ndarray, second: np.ndarray, k: int) -> float:
    """Share of common words in the tops of score vectors `[W]`: |A ∩ B| / max(|A|, |B|).

    A top is the k words of highest |score|, between equal ones the earlier; a word that scores
    exactly 0 is in none. NaN where one has no score but zeros, or W ≤ k.

    >>> top_overlap(np.array([9.0, 8.0, 0.0, 1.0]), np.array([0.0, 8.0, -9.0, 1.0]), k=2)
    0.5
    """
    first, second = checked_pair(first, second)
    tops = _top(first, k), _top(second, k)
    if len(first) <= k or not all(tops):
        return float("nan")
    return len(tops[0] & tops[1]) / max(map(len, tops))


def _top(scores: np.ndarray, k: int) -> set[int]:
    order = np.argsort(-np.abs(scores), kind="stable")[:k]
    return {int(word) for word in order if scores[word] != 0}
