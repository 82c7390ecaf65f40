"""Log loss: how surprised is the model by the right classes, in nats?

    log loss = −meanₙ ln pₙ[yₙ]

Probabilities are scaled to the sum 1 and kept within ε = 2.2·10⁻¹⁶ of 0 and 1, as scikit-learn
does, so that one text can cost 36.04 nats at most. Answering 1 / K for every class costs ln K. A
few texts that are wrong and sure can decide the mean.

Source: Good, Rational Decisions, 1952; `sklearn.metrics.log_loss`.
"""

import numpy as np

from astrid.measures import _predictions

_EPSILON = float(np.finfo(float).eps)

TITLE = "log loss"
KIND = "quality"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "lower"
RANGE = (0.0, -float(np.log(_EPSILON)))


def measure(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean loss in nats of labels `[N]` and probabilities `[N, K]`; NaN where N is 0.

    >>> round(measure(np.array([0, 1]), np.array([[0.5, 0.5], [0.5, 0.5]])), 4)
    0.6931
    """
    from sklearn.metrics import log_loss

    labels, probabilities = _predictions.checked_predictions(labels, probabilities)
    if not len(labels):
        return float("nan")
    scaled = probabilities / probabilities.sum(axis=1, keepdims=True)
    return float(log_loss(labels, scaled, labels=list(range(probabilities.shape[1]))))


def weighted(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same for each resample `[R]` of weights `[R, N]`."""
    right = probabilities[np.arange(len(labels)), labels] / probabilities.sum(axis=1)
    return _predictions.mean(-np.log(np.clip(right, _EPSILON, 1 - _EPSILON)), weights)
