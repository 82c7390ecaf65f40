"""Top-10 overlap: do two explanations name the same ten most important words?

    overlap = |A ∩ B| / max(|A|, |B|),  A and B: the 10 words of highest |score|

As top-5 overlap, for longer texts: words that score exactly 0 are in no top, and between equal
scores the earlier word goes first. In a text of W words, chance gives about 10 / W.

Source: feature agreement of Krishna et al., The Disagreement Problem in Explainable Machine
Learning, 2022 (there divided by k).
"""

import numpy as np

from astrid.measures._tops import top_overlap

K = 10

TITLE = f"top-{K} overlap"
KIND = "agreement"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(first: np.ndarray, second: np.ndarray) -> float:
    """Share of common words in the two tops of score vectors `[W]`.

    NaN where one has no score but zeros, or W ≤ 10: all words would be in the top by construction.

    >>> measure(np.arange(20.0), np.arange(20.0))
    1.0
    """
    return top_overlap(first, second, K)
