"""Recall, the plain mean over the classes: of the texts of a class, how many are given it?

    recall = meanₖ (right answers k / labels k)

Classes are those that occur among labels or answers, and each counts alike, however rare it is.
Where every class occurs among the labels this is the balanced accuracy, and chance gives 1 / K. A
class that is answered but is no text's label has recall 0.

Source: `sklearn.metrics.recall_score` with `average="macro", zero_division=0`.
"""

import numpy as np

from astrid.measures import _predictions

TITLE = "macro recall"
KIND = "quality"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Macro recall of labels `[N]` and probabilities `[N, K]`; NaN where N is 0.

    >>> measure(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]))
    0.75
    """
    from sklearn.metrics import recall_score

    labels, probabilities = _predictions.checked_predictions(labels, probabilities)
    if not len(labels):
        return float("nan")
    found = _predictions.answers(probabilities)
    return float(recall_score(labels, found, average="macro", zero_division=0))


def weighted(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same for each resample `[R]` of weights `[R, N]`."""
    confusion = _predictions.confusions(labels, probabilities, weights)
    right = confusion.diagonal(axis1=1, axis2=2)
    return _predictions.macro(_predictions.ratio(right, confusion.sum(axis=2), 0.0), confusion)
