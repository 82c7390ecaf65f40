"""Several tests at once: Holm's correction."""

from collections.abc import Sequence

import numpy as np

from astrid.errors import InputError


def holm(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """p-values corrected so that the chance of any false rejection stays at the level.

    The k-th smallest of m is multiplied by m − k + 1; none becomes smaller than the one before,
    or larger than 1. NaN (a test that could not be made) stays NaN and doesn't count.

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979.

    Raises:
        InputError: not a row of numbers in [0, 1].

    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    p_values = np.asarray(p_values, dtype=float)
    if p_values.ndim != 1 or ((p_values < 0) | (p_values > 1)).any():
        raise InputError("holm: give one p-value a test, each from 0 to 1 (NaN: not made)")
    corrected = np.full(p_values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1.0)
    return corrected
