"""Correlation with leave-one-out: do scores rank the words as their single removal does?

    Kendall's τ_b between scoreᵢ and f(x) − f(x without word i), over the words i

f is the probability of the explained class. 1: the same order, 0: none in common. `occlusion` has
1 by construction. Where words say the same thing, leaving out one changes little though both count:
a low value is then no fault of the scores.

Source: Jain & Wallace, Attention is not Explanation, 2019, section 4.1; `scipy.stats.kendalltau`.
"""

import numpy as np

from astrid.measures._explained import Explained, Measuring

TITLE = "correlation with leave-one-out"
KIND = "faithfulness"
NEEDS = frozenset({"values"})
DIRECTION = "higher"
RANGE = (-1.0, 1.0)

ROUNDING = 1e-6
"""Removals that change the output by less, and scores this share of the largest, are ties."""


def measure(explained: Explained) -> Measuring:
    """Rank correlation over words.

    NaN where there are fewer than two words, or all removals or all scores are alike.
    """
    from scipy.stats import kendalltau

    scores_W = explained.scores
    count = len(scores_W)
    if count < 2:
        return float("nan")
    rows = np.concatenate([np.ones((1, count), dtype=bool), ~np.eye(count, dtype=bool)])
    values = (yield explained.rows(rows)).row_values()
    losses_W = np.round((values[0] - values[1:]) / ROUNDING)
    rounded_W = np.round(scores_W / (ROUNDING * max(float(np.abs(scores_W).max()), 1e-300)))
    if np.ptp(losses_W) == 0 or np.ptp(rounded_W) == 0:
        return float("nan")
    return float(kendalltau(rounded_W, losses_W).statistic)
