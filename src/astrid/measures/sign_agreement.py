"""Sign agreement: do two explanations agree on what speaks for the class and what against it?

    share of the words with a score in a or b for which sign(aᵢ) = sign(bᵢ)

A word to which only one of the two gives 0 counts as a disagreement. Random signs agree on about
half of the words; two methods that give no negative scores agree by construction.

Source: sign agreement of Krishna et al., The Disagreement Problem in Explainable Machine Learning,
2022 (there among the top k).
"""

import numpy as np

from astrid.measures._vectors import checked_pair

TITLE = "sign agreement"
KIND = "agreement"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(first: np.ndarray, second: np.ndarray) -> float:
    """Share of words with the same sign in score vectors `[W]`; NaN where one has only zeros, or
    W is 0.

    >>> measure(np.array([1.0, -2.0, 0.0, 3.0]), np.array([2.0, 1.0, 0.0, 0.0])).__round__(3)
    0.333
    """
    first, second = checked_pair(first, second)
    if not (first.any() and second.any()):
        return float("nan")
    either = (first != 0) | (second != 0)
    return float(np.mean(np.sign(first[either]) == np.sign(second[either])))
