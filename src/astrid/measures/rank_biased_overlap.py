"""Rank-biased overlap: how alike are two rankings, the top counting most?

    RBO = (1 − p) / (1 − p^W) · Σ_d p^(d−1) · A_d,   d = 1 … W,  p = 0.9

A_d is the share of words that the first d of both rankings have in common, by falling |score|.
Words of equal |score| share their places: each is in the first d with the same weight, and A_d is
the sum of the smaller weights of each word. The geometric weights are divided by their sum over the
W depths, so that two equal rankings have 1 whatever the length. With p = 0.9 the first ten words
carry about two thirds of a long text's weight. Chance depends on W: read it beside shuffled scores.

Source: Webber, Moffat & Zobel, A Similarity Measure for Indefinite Rankings, 2010 (there for
endless rankings; here both are complete).
"""

import numpy as np

from astrid.measures._vectors import checked_pair

P = 0.9

TITLE = "rank-biased overlap"
KIND = "agreement"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(first: np.ndarray, second: np.ndarray) -> float:
    """Overlap of the rankings by |score| of vectors `[W]`; NaN where one is constant, or W < 2.

    >>> measure(np.array([3.0, 2.0, 1.0]), np.array([9.0, 5.0, 1.0]))
    1.0
    """
    first, second = checked_pair(first, second)
    first, second = np.abs(first), np.abs(second)
    if len(first) < 2 or not (np.ptp(first) and np.ptp(second)):
        return float("nan")
    depths = np.arange(1, len(first) + 1)
    shared = np.minimum(_inside(first), _inside(second)).sum(axis=1) / depths
    weights = P ** (depths - 1.0)
    return float(np.clip(weights @ shared / weights.sum(), *RANGE))


def _inside(sizes: np.ndarray) -> np.ndarray:
    """`[W, W]` how far each word is among the first d, for d = 1 … W; ties share their places."""
    above = (sizes[None] > sizes[:, None]).sum(axis=1)
    equal = (sizes[None] == sizes[:, None]).sum(axis=1)
    depths = np.arange(1, len(sizes) + 1)[:, None]
    return np.asarray(np.clip((depths - above) / equal, 0.0, 1.0))
