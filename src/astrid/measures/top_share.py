"""Top-20 % overlap: do two explanations name the same fifth of the words?

    overlap = |A ∩ B| / max(|A|, |B|),  A and B: the ⌈W/5⌉ words of highest |score|

As top-5 overlap, with a top that grows with the text, so that texts of different lengths can be put
together: chance gives about 0.2 in each.

Source: feature agreement of Krishna et al., The Disagreement Problem in Explainable Machine
Learning, 2022 (there divided by k).
"""

import numpy as np

from astrid.measures._tops import top_overlap

TITLE = "top-20 % overlap"
KIND = "agreement"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(first: np.ndarray, second: np.ndarray) -> float:
    """Share of common words in the two tops of score vectors `[W]`.

    NaN where one has no score but zeros, or W < 2.

    >>> measure(np.array([9.0, 8.0, 0.0, 1.0, 0.0]), np.array([9.0, 0.0, -8.0, 1.0, 0.0]))
    1.0
    """
    return top_overlap(first, second, -(-np.size(first) // 5))
