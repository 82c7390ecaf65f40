"""Rows of kept and left-out units: how many of each size, and which; U units, R rows.

The size of a row is the number of units that it keeps.
"""

from itertools import combinations
from math import comb

import numpy as np


def every_row(count: int) -> np.ndarray:
    """All `[2^count, count]` rows; row r keeps the units that are set bits of r."""
    return ((np.arange(2**count)[:, None] >> np.arange(count)) & 1).astype(bool)


def shared(values_U: np.ndarray, units_T: np.ndarray) -> np.ndarray:
    """Scores `[T]`: the pieces of one unit share its value equally; tokens of no unit get 0."""
    pieces_U = np.bincount(units_T[units_T >= 0], minlength=len(values_U))
    return np.where(units_T >= 0, (values_U / pieces_U)[units_T], 0.0)


def rows_a_size(
    mass_S: np.ndarray, most: list[int], rows: int, random: np.random.Generator
) -> np.ndarray:
    """How many of `rows` distinct rows each size gets, `[S]`: in proportion to `mass_S`.

    No size gets more than the `most` rows that it has: what one can't take goes to the others.
    Fractions are rounded by one random offset, so that on average every size has its share.
    """
    # Long texts have more rows of a size than a float can count.
    most_S = np.array([min(limit, rows) for limit in most], dtype=float)
    share_S = np.zeros(len(mass_S))
    open_S = mass_S > 0
    while open_S.any():
        left = max(rows - share_S[~open_S].sum(), 0.0)
        share_S[open_S] = left * mass_S[open_S] / mass_S[open_S].sum()
        full_S = open_S & (share_S >= most_S)
        if not full_S.any():
            break
        share_S[full_S] = most_S[full_S]
        open_S &= ~full_S
    ends = np.floor(np.cumsum(share_S) + random.random() * (1 - 1e-9) + 1e-9)
    return np.diff(ends, prepend=0.0).astype(int)


def rows_of_size(count: int, size: int, rows: int, random: np.random.Generator) -> np.ndarray:
    """`rows` distinct rows `[rows, count]` that keep `size` units, drawn uniformly."""
    total = comb(count, size)
    kept = np.zeros((rows, count), dtype=bool)
    if total <= 2 * rows:
        groups = list(combinations(range(count), size))
        for row, group in enumerate(random.permutation(total)[:rows]):
            kept[row, list(groups[group])] = True
        return kept
    seen: set[bytes] = set()
    while len(seen) < rows:
        row_U = np.zeros(count, dtype=bool)
        row_U[random.choice(count, size, replace=False)] = True
        kept[len(seen)] = row_U
        seen.add(row_U.tobytes())
    return kept
