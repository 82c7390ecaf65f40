"""Accuracy: the share of texts whose most probable class is the right one.

    accuracy = |{n : argmaxₖ pₙₖ = yₙ}| / N

Always answering the most frequent class reaches that class's share: read it beside the majority.

Source: `sklearn.metrics.accuracy_score`.
"""

import numpy as np

from astrid.measures import _predictions

TITLE = "accuracy"
KIND = "quality"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Share of right answers of labels `[N]` and probabilities `[N, K]`; NaN where N is 0.

    >>> measure(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    0.5
    """
    from sklearn.metrics import accuracy_score

    labels, probabilities = _predictions.checked_predictions(labels, probabilities)
    if not len(labels):
        return float("nan")
    return float(accuracy_score(labels, _predictions.answers(probabilities)))


def weighted(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same for each resample `[R]` of weights `[R, N]`."""
    right = _predictions.answers(probabilities) == labels
    return _predictions.mean(right.astype(float), weights)
