"""Whether both sides of a measurement gave the same answers."""

import statistics

import numpy as np
from scipy.stats import spearmanr


def agree(ours: list[np.ndarray], other: list[np.ndarray], allowed: float, what: str) -> float:
    """Largest difference as a share of the largest score; refuses to time other answers."""
    if len(ours) != len(other):
        raise AssertionError(f"{what}: {len(ours)} answers, not {len(other)}")
    differences = []
    for number, (one, two) in enumerate(zip(ours, other, strict=True)):
        if one.shape != two.shape:
            raise AssertionError(f"{what}: answer {number} has shape {one.shape}, not {two.shape}")
        differences.append(np.abs(one - two).max() / max(np.abs(two).max(), 1e-9))
    worst = float(np.max(differences))
    if not worst <= allowed:  # as it is where a score is no number
        raise AssertionError(f"{what}: the answers differ by {worst:.1e} of the largest score")
    return worst


def closeness(mine: list[np.ndarray], theirs: list[np.ndarray]) -> dict[str, float]:
    """Rank correlations where half precision makes equality impossible."""
    ranks = [
        float(spearmanr(one, two).statistic)
        for one, two in zip(mine, theirs, strict=True)
        if len(one) > 2
    ]
    return {"spearman_median": statistics.median(ranks), "spearman_lowest": min(ranks)}
