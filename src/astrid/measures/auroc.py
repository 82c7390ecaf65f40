"""AUROC: does a text of a class get a higher probability of it than a text of another class?

    AUROC = P(p⁺ > p⁻) + ½·P(p⁺ = p⁻)

for a text of the class (+) and one of another class (−), both drawn at random. Two classes: the
probability of class 1. More classes: the mean over the classes that occur among the labels, each
against all the others. Chance and constant probabilities give 0.5; it asks for the order only, so
probabilities that are far too sure can still reach 1.

Source: Hanley & McNeil, The meaning and use of the area under a ROC curve, 1982;
`sklearn.metrics.roc_auc_score`.
"""

import numpy as np

from astrid.measures import _predictions

TITLE = "AUROC"
KIND = "quality"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Area under the ROC curve of labels `[N]` and probabilities `[N, K]`.

    NaN where all labels are one class, or N is 0. With more than two classes, one that no label
    has is left out of the mean.

    >>> measure(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.95, 0.05]]))
    0.5
    """
    from sklearn.metrics import roc_auc_score

    labels, probabilities = _predictions.checked_predictions(labels, probabilities)
    if len(np.unique(labels)) < 2:
        return float("nan")
    chosen = _asked(labels, probabilities)
    return float(np.mean([roc_auc_score(labels == k, probabilities[:, k]) for k in chosen]))


def weighted(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same for each resample `[R]` of weights `[R, N]`."""
    areas = [
        _areas(labels == k, probabilities[:, k], weights) for k in _asked(labels, probabilities)
    ]
    # A class that a resample lacks is NaN there: the mean is over the others, if there are any.
    stacked = np.stack(areas)
    known = ~np.isnan(stacked)
    return _predictions.ratio(np.where(known, stacked, 0.0).sum(axis=0), known.sum(axis=0), np.nan)


def _asked(labels: np.ndarray, probabilities: np.ndarray) -> list[int]:
    return [1] if probabilities.shape[1] == 2 else [int(k) for k in np.unique(labels)]


def _areas(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One class's area `[R]`; NaN where a resample has only texts of it, or none."""
    distinct, places = np.unique(scores, return_inverse=True)
    above = _predictions.sums(places[positive], weights[:, positive], len(distinct))
    below = _predictions.sums(places[~positive], weights[:, ~positive], len(distinct))
    lower = np.cumsum(below, axis=1) - below / 2
    pairs = above.sum(axis=1) * below.sum(axis=1)
    return _predictions.ratio((above * lower).sum(axis=1), pairs, np.nan)
