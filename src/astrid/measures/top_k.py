"""Top-k overlap: do two explanations name the same most important words?

    overlap = |A ∩ B| / max(|A|, |B|),  A and B: the k words of highest |score|

Words that score exactly 0 are in no top, so a sparse explanation may name fewer than k. Between
equal scores the earlier word goes first. In a text of W words, chance gives about k / W.

Source: feature agreement of Krishna et al., The Disagreement Problem in Explainable Machine
Learning, 2022 (there divided by k).
"""

import numpy as np

from astrid.measures._tops import top_overlap

K = 5

TITLE = f"top-{K} overlap"
KIND = "agreement"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(first: np.ndarray, second: np.ndarray) -> float:
    """Share of common words in the two tops of score vectors `[W]`.

    NaN where one has no score but zeros, or W ≤ 5: all words would be in the top by construction.

    >>> measure(np.array([9.0, 8, 7, 6, 5, 1, 1]), np.array([1.0, 1, -7, 6, 5, 9, 8]))
    0.6
    """
    return top_overlap(first, second, K)
