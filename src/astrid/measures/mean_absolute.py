"""Mean absolute score: how large are the scores of a text?

    Σ |scoreᵢ| / W

In the unit of the explained output: compare it between models or texts with the same method and
kind of target only. Neither end is better.

Source: the mean |SHAP value| of Lundberg & Lee, A Unified Approach to Interpreting Model
Predictions, 2017, taken over the words of one text.
"""

import numpy as np

from astrid.measures._vectors import checked_one

TITLE = "mean absolute score"
KIND = "sparsity"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "neither"
RANGE = (0.0, float("inf"))


def measure(scores: np.ndarray) -> float:
    """Mean of |scores| `[W]`; NaN where W is 0.

    >>> measure(np.array([0.5, -0.25, 0.0]))
    0.25
    """
    scores = checked_one(scores)
    return float(np.mean(np.abs(scores))) if len(scores) else float("nan")
