"""F1, the plain mean over the classes: precision and recall in one number.

    F1 = meanₖ (2 · right answers k / (answers k + labels k))

Classes are those that occur among labels or answers, and each counts alike, however rare it is.
A class with no right answer has F1 0.

Source: `sklearn.metrics.f1_score` with `average="macro", zero_division=0`.
"""

import numpy as np

from astrid.measures import _predictions

TITLE = "macro F1"
KIND = "quality"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Macro F1 of labels `[N]` and probabilities `[N, K]`; NaN where N is 0.

    >>> round(measure(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])), 4)
    0.6667
    """
    from sklearn.metrics import f1_score

    labels, probabilities = _predictions.checked_predictions(labels, probabilities)
    if not len(labels):
        return float("nan")
    found = _predictions.answers(probabilities)
    return float(f1_score(labels, found, average="macro", zero_division=0))


def weighted(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same for each resample `[R]` of weights `[R, N]`."""
    confusion = _predictions.confusions(labels, probabilities, weights)
    right = confusion.diagonal(axis1=1, axis2=2)
    both = confusion.sum(axis=1) + confusion.sum(axis=2)
    return _predictions.macro(_predictions.ratio(2 * right, both, 0.0), confusion)
