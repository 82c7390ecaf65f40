"""Games: functions of rows of kept units, without a model."""

import numpy as np


def random_game(count, seed=0):
    """tanh of random sums: all orders of interactions."""
    random = np.random.default_rng(seed)
    first, second = random.normal(size=(count, 8)), random.normal(size=8)
    return lambda rows: np.tanh(rows @ first) @ second


def smooth_game(count, seed=0):
    """A game that is mostly additive, as classifiers on texts are: one sigmoid over a few sums."""
    random = np.random.default_rng(seed)
    first, second = random.normal(size=(count, 3)), random.normal(size=3)
    return lambda rows: 1 / (1 + np.exp(-np.tanh(rows @ first / np.sqrt(count)) @ second))
