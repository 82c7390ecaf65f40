"""Matthews' correlation of labels and answers: is more right than chance, in every class?

    MCC = (c·N − Σₖ tₖ·aₖ) / √((N² − Σₖ aₖ²)·(N² − Σₖ tₖ²))

with c right answers among N, tₖ texts of class k and aₖ answers k. 1 means all right, 0 no better
than answering by chance. Two classes reach −1 where all is wrong; with more classes the least
value lies between −1 and 0. Where all answers are one class the value is 0, its limit.

Source: Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient,
2004; `sklearn.metrics.matthews_corrcoef`.
"""

import numpy as np

from astrid.measures import _predictions

TITLE = "Matthews correlation"
KIND = "quality"
NEEDS: frozenset[str] = frozenset()
DIRECTION = "higher"
RANGE = (-1.0, 1.0)


def measure(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Matthews' correlation of labels `[N]` and the answers of probabilities `[N, K]`.

    NaN where all labels are one class, or N is 0: there is nothing to correlate with.

    >>> measure(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    1.0
    """
    from sklearn.metrics import matthews_corrcoef

    labels, probabilities = _predictions.checked_predictions(labels, probabilities)
    if len(np.unique(labels)) < 2:
        return float("nan")
    value = matthews_corrcoef(labels, _predictions.answers(probabilities))
    return float(np.clip(value, *RANGE))


def weighted(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same for each resample `[R]` of weights `[R, N]`."""
    confusion = _predictions.confusions(labels, probabilities, weights)
    texts, given = confusion.sum(axis=2), confusion.sum(axis=1)
    total, right = texts.sum(axis=1), confusion.trace(axis1=1, axis2=2)
    spread = total**2 - (texts**2).sum(axis=1)
    # Two roots: the product of the spreads of many texts would lose digits.
    lower = np.sqrt(spread) * np.sqrt(total**2 - (given**2).sum(axis=1))
    value = _predictions.ratio(right * total - (texts * given).sum(axis=1), lower, 0.0)
    return np.where(spread > 0, np.clip(value, *RANGE), np.nan)
