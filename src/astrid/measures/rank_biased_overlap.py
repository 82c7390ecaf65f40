"""Rank-biased overlap: how alike are two rankings, the top counting most?

    RBO = (1 − p) · Σ_d p^(d−1) · A_d + p^W,   d = 1 … W,  p = 0.9
    A_d = Σᵢ aᵢd·bᵢd / √(Σᵢ aᵢd² · Σᵢ bᵢd²)

The words are ranked by falling |score|; aᵢd is the chance that word i is among the first d where
words of equal |score| stand in random order. Without ties A_d is the share of words that the first
d of both rankings have in common. The root corrects for ties as it does in Kendall's τ_b: rankings
that are equal, ties and all, have 1.

p^W is what is left for depths beyond the text, where both rankings hold all words (the extrapolated
form, RBO_ext). It lifts short texts: chance is (1 − p)·Σ_d p^(d−1)·d/W + p^W without ties, 0.65 in
10 words, 0.44 in 20 and 0.2 in 50. Read it beside shuffled scores.

Source: Webber, Moffat & Zobel, A Similarity Measure for Indefinite Rankings, 2010; the treatment of
ties is RBO^b of Corsi & Urbano, The Treatment of Ties in Rank-Biased Overlap, 2024.
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
    """Overlap of the rankings by |score| of vectors `[W]`.

    NaN where one ranks no word before another (all |scores| equal), or W < 2.

    >>> measure(np.array([3.0, 2.0, 1.0]), np.array([9.0, 5.0, 1.0]))
    1.0
    """
    first, second = checked_pair(first, second)
    first, second = np.abs(first), np.abs(second)
    if len(first) < 2 or not (np.ptp(first) and np.ptp(second)):
        return float("nan")
    one_DW, other_DW = _chances(first), _chances(second)
    lengths_D = np.sqrt((one_DW**2).sum(axis=1) * (other_DW**2).sum(axis=1))
    agreement_D = (one_DW * other_DW).sum(axis=1) / lengths_D
    weights_D = P ** np.arange(len(first))
    # As 1 less what is missed, so that equal rankings have exactly 1.
    missed = (1 - P) * float(weights_D @ (1 - agreement_D))
    return float(np.clip(1 - missed, *RANGE))


def _chances(sizes: np.ndarray) -> np.ndarray:
    """`[D, W]` each word's chance to be among the first d = 1 … W, ties in random order."""
    above = (sizes[None] > sizes[:, None]).sum(axis=1)
    equal = (sizes[None] == sizes[:, None]).sum(axis=1)
    depths = np.arange(1, len(sizes) + 1)[:, None]
    return np.asarray(np.clip((depths - above) / equal, 0.0, 1.0))
