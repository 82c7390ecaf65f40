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


def checked_one(scores: np.ndarray) -> np.ndarray:
    """Scores as float64 `[W]`.

    Raises:
        InputError: not one number a word, or a number that is not finite.
    """
    return checked_pair(scores, scores)[0]


def checked_evidence(
    name: str, scores: np.ndarray, evidence: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Scores as float64 `[W]` and flags as bool `[W]`; InputError where a flag is not 0 or 1."""
    scores, flags = checked_pair(scores, evidence)
    if not np.isin(flags, (0.0, 1.0)).all():
        raise InputError(f"{name}: evidence must be one flag a word, 0 or 1")
    return scores, flags == 1
