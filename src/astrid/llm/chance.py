"""What agreement two score vectors reach where the words of one are in random order, exactly."""

import numpy as np


def shuffled_cosine(first: np.ndarray, second: np.ndarray) -> float:
    """Mean cosine over all W! orders: W · mean(a) · mean(b) / (‖a‖ · ‖b‖); neither is all zeros.

    >>> round(shuffled_cosine(np.array([3.0, 4.0]), np.array([1.0, 0.0])), 3)
    0.7
    """
    # Scaled first, so that squares of very small or large scores stay within floating point.
    first, second = first / np.abs(first).max(), second / np.abs(second).max()
    sizes = np.linalg.norm(first) * np.linalg.norm(second)
    return float(first.mean() * second.sum() / sizes)


def overlap_by_chance(first: np.ndarray, second: np.ndarray, k: int) -> float:
    """Mean top-k overlap over all W! orders, W ≥ 1: the size of the smaller top / W.

    A top is the k words of highest |score|, and words that score exactly 0 are in none: of W words
    a top of a words and one of b have a·b / W in common on average, divided by the larger.

    >>> overlap_by_chance(np.arange(10.0), np.arange(10.0), k=5)
    0.5
    """
    sizes = (min(k, int(np.count_nonzero(scores))) for scores in (first, second))
    return min(sizes) / len(first)
