"""Infidelity: do the scores of words left out together add up to what leaving them out costs?

    min over β ≥ 0 of  E_S [(β·Σ_{i∈S} scoreᵢ − (f(x) − f(x∖S)))²] / E_S [(f(x) − f(x∖S))²]

f is the probability of the explained class and S a random set of words: its size is uniform from
1 to W, its words are. 0: the scores add up exactly; 1: no better than scores of 0, as for random
scores. β takes out the unit of the scores, and the denominator that of the output, so that
methods and texts can be compared; Yeh et al. scale by β as well.

Source: Yeh et al., On the (In)fidelity and Sensitivity of Explanations, 2019, with removal of
words ("square removal") as the perturbation.
"""

import numpy as np

from astrid.measures._explained import Explained, Measuring

SETS = 64

TITLE = "infidelity"
KIND = "faithfulness"
NEEDS = frozenset({"values"})
DIRECTION = "lower"
RANGE = (0.0, 1.0)

ROUNDING = 1e-12
"""A mean squared change of the output below this is one of the arithmetic."""


def measure(explained: Explained) -> Measuring:
    """Unexplained share of the changes over 64 sets.

    NaN where there are no words, or none of the sets changes the output.
    """
    count = len(explained.scores)
    if not count:
        return float("nan")
    kept_SW = drawn(count, explained.seed)
    rows = np.concatenate([np.ones((1, count), dtype=bool), kept_SW])
    values = (yield explained.rows(rows)).row_values()
    changes_S = values[0] - values[1:]
    sums_S = (~kept_SW).astype(float) @ explained.scores
    power = float(changes_S @ changes_S)
    if power <= ROUNDING * SETS:
        return float("nan")
    largest = float(np.abs(sums_S).max())
    if largest == 0:
        return 1.0
    sums_S = sums_S / largest
    beta = max(float(sums_S @ changes_S) / float(sums_S @ sums_S), 0.0)
    left = beta * sums_S - changes_S
    return float(np.clip(left @ left / power, *RANGE))


def drawn(count: int, seed: int) -> np.ndarray:
    """`[SETS, count]` True for the words that stay; the same for every method of a text."""
    random = np.random.default_rng([seed, count])
    sizes_S = random.integers(1, count + 1, SETS)
    ranks_SW = random.random((SETS, count)).argsort(axis=1).argsort(axis=1)
    return np.asarray(ranks_SW >= sizes_S[:, None], dtype=bool)
