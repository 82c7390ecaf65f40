"""What can't be bettered in one respect without losing in another: the Pareto frontier."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from astrid.errors import InputError

_PAIRS = 4_000_000  # comparisons at once, so that many rows don't fill the memory


def pareto_front(frame: pd.DataFrame, higher: Sequence[str], lower: Sequence[str]) -> np.ndarray:
    """Which rows no other row dominates.

    A row dominates another where it is at least as good in every column and better in one. Rows
    that are equal in all columns stay or go together. A row with a NaN is never on the frontier
    and dominates none.

    Source: Pareto, Manuale di economia politica, 1906; with two columns by sorting, in
    O(n log n) (Kung, Luccio & Preparata, On Finding the Maxima of a Set of Vectors, 1975), with
    more by comparing all pairs.

    Args:
        frame: one row a candidate.
        higher: columns in which more is better.
        lower: columns in which less is better.

    Returns:
        Flags `[N]`, in the order of the rows.

    Raises:
        InputError: no column, or one that the frame lacks.

    >>> frame = pd.DataFrame({"accuracy": [0.9, 0.8, 0.8], "params": [100, 10, 20]})
    >>> pareto_front(frame, higher=["accuracy"], lower=["params"]).tolist()
    [True, True, False]
    """
    columns = [*higher, *lower]
    missing = [column for column in columns if column not in frame]
    if missing or not columns:
        raise InputError(f"pareto: no column {missing[0]!r}" if missing else "pareto: no column")
    signs = [1.0] * len(higher) + [-1.0] * len(lower)
    values_NC = frame[columns].to_numpy(dtype=float) * np.array(signs)
    front = ~np.isnan(values_NC).any(axis=1)
    known_NC, place = np.unique(values_NC[front], axis=0, return_inverse=True)
    best = _best_of_two(known_NC) if len(columns) == 2 else _best_of_any(known_NC)
    front[front] = best[place.reshape(-1)]
    return front


def _best_of_two(values_NC: np.ndarray) -> np.ndarray:
    """Rows in rising order of the first column: the second must exceed all that follow."""
    best = np.empty(len(values_NC), dtype=bool)
    highest = np.maximum.accumulate(values_NC[::-1, 1])[::-1]
    best[-1:] = True
    best[:-1] = values_NC[:-1, 1] > highest[1:]
    return best


def _best_of_any(values_NC: np.ndarray) -> np.ndarray:
    """Unlike rows: one that is nowhere worse is better somewhere."""
    best = np.empty(len(values_NC), dtype=bool)
    size = max(1, _PAIRS // max(1, len(values_NC)))
    for start in range(0, len(values_NC), size):
        rows_BC = values_NC[start : start + size]
        nowhere_worse = np.ones((len(rows_BC), len(values_NC)), dtype=bool)
        for column in range(values_NC.shape[1]):
            nowhere_worse &= values_NC[:, column] >= rows_BC[:, column, None]
        best[start : start + size] = nowhere_worse.sum(axis=1) == 1  # itself
    return best
