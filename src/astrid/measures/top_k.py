"""Top-k overlap: do two explanations name the same most important words?

    overlap = |A ∩ B| / max(|A|, |B|),  A and B: the k words of highest |score|

Words that score exactly 0 are in no top, so a sparse explanation may name fewer than k. Between
equal scores the earlier word goes first. In a text of W words, chance gives about k / W.

Source: feature agreement of Krishna et al., The Disagreement Problem in Explainable Machine
Learning, 2022 (there divided by k).
"""

import numpy as np

from astrid.measures._vectors import checked_pair

K = 5

TITLE = f"top-{K} overlap"
KIND = "agreement"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(first: np.ndarray, second: np.ndarray, k: int = K) -> float:
    """Share of common words in the two tops of score vectors `[W]`.

    NaN where one has no score but zeros, or W ≤ k: all words would be in the top by construction.

    >>> measure(np.array([9.0, 8.0, 0.0, 1.0]), np.array([0.0, 8.0, -9.0, 1.0]), k=2)
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
