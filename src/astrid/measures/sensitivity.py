"""Sensitivity: how far do scores move when the input moves a little?

    max over draws d of  ‖scores_d − scores‖ / ‖scores‖

scores_d explains the same class of the same text after every word embedding was moved by normal
noise of 2 % of its range (`astrid.explain.moved`). Low: neighbouring inputs are explained alike.
Scores that ignore the model, such as `random` with its seed kept, have 0: low sensitivity alone is
no merit.

Source: Yeh et al., On the (In)fidelity and Sensitivity of Explanations, 2019 (max-sensitivity,
relative to the size of the scores).
"""

import numpy as np

from astrid.errors import InputError

TITLE = "sensitivity"
KIND = "sensitivity"
NEEDS = frozenset({"gradients"})
DIRECTION = "lower"
RANGE = (0.0, float("inf"))


def measure(scores: np.ndarray, moved: np.ndarray) -> float:
    """Largest relative change of scores `[W]` over the moved ones `[D, W]`. NaN where W or D is 0,
    or all scores are 0.

    >>> measure(np.array([3.0, 4.0]), np.array([[3.0, 4.0], [3.0, 5.0]]))
    0.2
    """
    scores, moved = np.asarray(scores, dtype=float), np.asarray(moved, dtype=float)
    if moved.ndim != 2 or moved.shape[1:] != scores.shape:
        raise InputError(
            f"sensitivity: scores of shape {scores.shape} and moved ones of {moved.shape}; give "
            "one row of as many words for each draw"
        )
    if not moved.size or not scores.any():
        return float("nan")
    return float(np.linalg.norm(moved - scores, axis=1).max() / np.linalg.norm(scores))
