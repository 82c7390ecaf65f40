"""Wilcoxon's signed-rank test: a paired test that single large differences don't decide."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import plain_number
from astrid.measures.statistics.permutation import without_rounding


@dataclass(frozen=True)
class SignedRank:
    """Result of the test.

    Attributes:
        statistic: the smaller sum of ranks; NaN with fewer than two pairs.
        p_value: two-sided, in (0, 1]; NaN with fewer than two pairs.
        n: pairs without a NaN.
        zeros: of these, pairs whose values are equal.
    """

    statistic: float
    p_value: float
    n: int
    zeros: int

    def to_dict(self) -> dict[str, object]:
        return {
            "statistic": plain_number(self.statistic),
            "p_value": plain_number(self.p_value),
            "n": self.n,
            "zeros": self.zeros,
        }


def wilcoxon(
    first: Sequence[float] | np.ndarray, second: Sequence[float] | np.ndarray
) -> SignedRank:
    """Test whether the differences of pairs lie symmetrically around 0.

    Equal pairs are ranked with the others and count half for each side (`zero_method="zsplit"`):
    leaving them out, as Wilcoxon did, forgets that they speak for no difference. Pairs with a NaN
    are left out. Where all pairs are equal nothing speaks against the null hypothesis: p = 1. p is
    exact up to 50 pairs (13 where differences tie), and from the normal approximation beyond.

    Source: Wilcoxon, Individual Comparisons by Ranking Methods, 1945; `scipy.stats.wilcoxon`.

    Raises:
        InputError: the series differ in length, or are not finite.

    >>> wilcoxon([0.9, 0.8, 0.7], [0.9, 0.8, 0.7]).p_value
    1.0
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape != second.shape:
        raise InputError(f"wilcoxon: {first.size} values against {second.size}; give pairs")
    if first.ndim != 1 or np.isinf(first).any() or np.isinf(second).any():
        raise InputError("wilcoxon: values must be one finite number a text (NaN: undefined)")
    differences = without_rounding(first, second)
    differences = differences[~np.isnan(differences)]
    n, zeros = len(differences), int((differences == 0).sum())
    if n < 2:
        return SignedRank(math.nan, math.nan, n, zeros)
    if zeros == n:
        return SignedRank(n * (n + 1) / 4, 1.0, n, zeros)
    found = stats.wilcoxon(differences, zero_method="zsplit", method="auto")
    return SignedRank(float(found.statistic), float(found.pvalue), n, zeros)
