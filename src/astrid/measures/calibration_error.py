"""Expected calibration error: of answers given with 80 % confidence, are 80 % right?

    ECE = Σ_b (n_b / N)·|accuracy_b − confidence_b|

over 15 bins of equal width, ((b − 1) / 15, b / 15], of the confidence: the highest probability.

It is biased upwards, the more so the fewer texts (`BIASED`: its interval allows for that): the
accuracy of a bin that holds few texts strays from its confidence by chance alone. A perfectly
calibrated model of two classes whose confidences are spread evenly shows about 0.19 on 20 texts,
0.09 on 100, 0.03 on 1,000 and 0.01 on 10,000, not 0. Compare models on the same texts only. Errors
of opposite sign within a bin cancel.

Source: Guo et al., On Calibration of Modern Neural Networks, 2017; for the bias, Roelofs et al.,
Mitigating Bias in Calibration Error Estimation, 2022.
"""

import numpy as np

from astrid.measures import _predictions

BINS = 15

TITLE = "calibration error"
KIND = "quality"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "lower"
RANGE = (0.0, 1.0)
BIASED = True


def measure(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Calibration error of labels `[N]` and probabilities `[N, K]`; NaN where N is 0.

    >>> round(measure(np.array([0, 1]), np.array([[0.8, 0.2], [0.8, 0.2]])), 4)
    0.3
    """
    labels, probabilities = _predictions.checked_predictions(labels, probabilities)
    if not len(labels):
        return float("nan")
    gaps = _gaps(labels, probabilities)
    totals = np.bincount(bins(probabilities.max(axis=1)), weights=gaps, minlength=BINS)
    return float(np.clip(np.abs(totals).sum() / len(labels), *RANGE))


def weighted(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same for each resample `[R]` of weights `[R, N]`."""
    places = bins(probabilities.max(axis=1))
    totals = _predictions.sums(places, weights * _gaps(labels, probabilities), BINS)
    value = _predictions.ratio(np.abs(totals).sum(axis=1), weights.sum(axis=1), np.nan)
    return np.clip(value, *RANGE)


def edges() -> np.ndarray:
    """Ends of the bins, `[16]` from 0 to 1."""
    return np.arange(BINS + 1) / BINS


def bins(confidences: np.ndarray) -> np.ndarray:
    """Number of the bin of each confidence, from 0; a bin holds its upper end.

    >>> bins(np.array([0.2, 0.21, 1.0])).tolist()
    [2, 3, 14]
    """
    return np.searchsorted(edges()[1:-1], confidences, side="left")


def _gaps(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Right (1) or wrong (0) less confidence, for each text."""
    right = _predictions.answers(probabilities) == labels
    return right - np.asarray(probabilities.max(axis=1))
