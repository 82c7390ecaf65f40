"""The Pareto frontier: what nothing else beats in both respects."""

import numpy as np
import pandas as pd


def frontier(frame: pd.DataFrame, cost: str, gain: str) -> pd.DataFrame:
    """The rows that no other row beats, from the lowest cost up.

    A row is beaten by another one that costs no more and gains no less, and does better in one of
    the two. Equal rows don't beat each other; rows with an undefined value are left out.

    Args:
        frame: one row a model.
        cost: column where lower is better.
        gain: column where higher is better.
    """
    known = frame.dropna(subset=[cost, gain]).sort_values([cost, gain], ascending=[True, False])
    costs, gains = known[cost].to_numpy(dtype=float), known[gain].to_numpy(dtype=float)
    if not len(known):
        return known
    before = np.concatenate([[-np.inf], np.maximum.accumulate(gains)[:-1]])
    better = gains > before
    # The row before an equal one is on the frontier exactly when the equal one is.
    for place in range(1, len(known)):
        if costs[place] == costs[place - 1] and gains[place] == gains[place - 1]:
            better[place] = better[place - 1]
    return known[better]
