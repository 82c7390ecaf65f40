"""Brier score: how far are the probabilities from the right classes, squared?

    Brier = meanₙ Σₖ (pₙₖ − [yₙ = k])²

This is the sum over all classes, in [0, 2], with two classes too: there it is twice the value that
scikit-learn gives for the probability of class 1 alone. Answering 1 / K for every class gives
1 − 1 / K. Both ranking and calibration count.

Source: Brier, Verification of forecasts expressed in terms of probability, 1950.
"""

import numpy as np

from astrid.measures import _predictions

TITLE = "Brier score"
KIND = "quality"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "lower"
RANGE = (0.0, 2.0)


def measure(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean squared distance of labels `[N]` and probabilities `[N, K]`; NaN where N is 0.

    >>> measure(np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]]))
    1.0
    """
    labels, probabilities = _predictions.checked_predictions(labels, probabilities)
    # Own arithmetic: scikit-learn has it for more than two classes only since 1.7.
    return float(_distances(labels, probabilities).mean()) if len(labels) else float("nan")


def weighted(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same for each resample `[R]` of weights `[R, N]`."""
    return _predictions.mean(_distances(labels, probabilities), weights)


def _distances(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    distances: np.ndarray = ((probabilities - np.eye(probabilities.shape[1])[labels]) ** 2).sum(1)
    return distances
