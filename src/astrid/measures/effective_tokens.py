"""Effective number of words: evenly spread over so many words, scores would be as sparse.

    exp(H),   H the entropy of |score| / Σ |score|

1: one word has everything; W: every word counts alike. Neither end is better.

Source: Hill, Diversity and Evenness: a Unifying Notation and its Consequences, 1973 (number of
order 1); in language modelling the same figure is a perplexity.
"""

import numpy as np

from astrid.measures import entropy

TITLE = "effective number of words"
KIND = "sparsity"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "neither"
RANGE = (1.0, float("inf"))


def measure(scores: np.ndarray) -> float:
    """exp of the entropy of scores `[W]`; NaN where all scores are 0, or W is 0.

    >>> measure(np.array([3.0, -3.0, 3.0, 0.0])).__round__(6)
    3.0
    """
    return float(np.exp(entropy.measure(scores)))
