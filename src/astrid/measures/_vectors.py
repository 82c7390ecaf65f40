"""Checks that all measures share."""

import numpy as np

from astrid.errors import InputError


def checked_pair(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both arrays as float64 `[W]`.

    Raises:
        InputError: not one number a word in both, or a number that is not finite.
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.ndim != 1 or first.shape != second.shape:
        raise InputError(
            f"measure: the two arrays must have one number a word each, but have the shapes "
            f"{first.shape} and {second.shape}; align the explanations first"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise InputError("measure: a score is not finite; explain that text again")
    return first, second
