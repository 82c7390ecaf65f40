"""What the measures of predictions share: checks, and counts over many resamples at once.

A measure of predictions may export, beside `measure`,

    weighted(labels [N], probabilities [N, K], weights [R, N]) -> values [R]

the same value for R resamples at once, where `weights[r, n]` says how often text n is in resample
r. The bootstrap calls it, because a thousand calls of scikit-learn would take minutes. A measure
that fewer texts shift, not only spread, exports `BIASED = True`; its interval is then reflected.
"""

import numpy as np

from astrid.errors import InputError

SUM_TOLERANCE = 1e-3
"""How far a row of probabilities may be from the sum 1."""


def checked_predictions(
    labels: np.ndarray, probabilities: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Labels as integers `[N]` and probabilities as float64 `[N, K]`.

    Raises:
        InputError: shapes that do not fit, fewer than two classes, a label that is no class, or
            rows that are no probabilities.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, dtype=float)
    if labels.ndim != 1 or probabilities.ndim != 2 or len(labels) != len(probabilities):
        raise InputError(
            f"measure: predictions need labels [N] and probabilities [N, K], but have the shapes "
            f"{labels.shape} and {probabilities.shape}"
        )
    if probabilities.shape[1] < 2:
        raise InputError("measure: predictions need a probability a class, of two classes or more")
    if labels.size and not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"measure: labels must be whole numbers, not {labels.dtype}")
    labels = labels.astype(np.int64)
    wrong = np.flatnonzero((labels < 0) | (labels >= probabilities.shape[1]))
    if wrong.size:
        raise InputError(
            f"measure: label {labels[wrong[0]]} of text {wrong[0]} is no class; classes are "
            f"0 to {probabilities.shape[1] - 1}"
        )
    _check_rows(probabilities)
    return labels, probabilities


def _check_rows(probabilities: np.ndarray) -> None:
    inside = ((probabilities >= 0) & (probabilities <= 1)).all(axis=1)
    sums = np.abs(probabilities.sum(axis=1) - 1) <= SUM_TOLERANCE
    wrong = np.flatnonzero(~(inside & sums))
    if wrong.size:
        raise InputError(
            f"measure: row {wrong[0]} is no probabilities; they lie in [0, 1] and sum to 1 "
            f"within {SUM_TOLERANCE}"
        )


def answers(probabilities: np.ndarray) -> np.ndarray:
    """The class of highest probability `[N]`, the first one of several equal ones."""
    return probabilities.argmax(axis=1)


def ratio(upper: np.ndarray, lower: np.ndarray, otherwise: float) -> np.ndarray:
    """`upper / lower`, and `otherwise` where `lower` is 0."""
    known = lower != 0
    return np.where(known, upper / np.where(known, lower, 1.0), otherwise)


def mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean of one value a text `[N]` in each resample `[R]`; NaN where it has no texts."""
    return ratio(weights @ values, weights.sum(axis=1), np.nan)


def sums(groups: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Sum of the weights `[R, N]` of each of `count` groups of texts: `[R, count]`."""
    from scipy.sparse import csr_array

    texts = len(groups)
    member = csr_array((np.ones(texts), (np.arange(texts), groups)), shape=(texts, count))
    return np.asarray(weights @ member)


def confusions(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Confusion matrices `[R, K, K]`: rows the right class, columns the answer."""
    classes = probabilities.shape[1]
    cells = labels * classes + answers(probabilities)
    return sums(cells, weights, classes**2).reshape(-1, classes, classes)


def macro(parts: np.ndarray, confusion: np.ndarray) -> np.ndarray:
    """Mean `[R]` of one value a class `[R, K]` over the classes among labels or answers."""
    occurs = (confusion.sum(axis=1) + confusion.sum(axis=2)) > 0
    return ratio((parts * occurs).sum(axis=1), occurs.sum(axis=1), np.nan)
