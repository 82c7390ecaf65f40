"""Two models on the same texts, by a measure that only whole corpora have."""

import math

import numpy as np

from astrid.errors import InputError
from astrid.measures import load_measure
from astrid.measures._predictions import checked_predictions
from astrid.measures.statistics.bootstrap import EQUAL, RESAMPLES, SEED

_BATCH_NUMBERS = 1_000_000  # weights at once, so that many texts don't fill the memory


def exchange_test(
    name: str,
    labels: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> float:
    """Two-sided p-value for a difference in a measure such as macro F1.

    Where both models are equally good, the answers to a text can be exchanged between them. The
    test does so at random, text by text, and counts how often the measure then differs by at
    least as much; the texts as they are count as one more exchange.

    Source: Yeh, More accurate tests for the statistical significance of result differences, 2000.

    Args:
        name: a measure of predictions that has `weighted`.
        labels: right classes `[N]`.
        first: probabilities `[N, K]` of one model.
        second: of the other.
        seed: of the exchanges.
        resamples: how many exchanges.

    Returns:
        In (0, 1]; NaN with fewer than two texts.

    Raises:
        InputError: a measure that can't be had for many resamples at once, other texts or classes.

    >>> exchange_test("f1", np.array([0, 1]), np.eye(2), np.eye(2))
    1.0
    """
    labels, first = checked_predictions(labels, first)
    _, second = checked_predictions(labels, second)
    weighted = getattr(load_measure(name), "weighted", None)
    if weighted is None:
        raise InputError(f"exchange test: {name} is no measure of predictions as a whole")
    if first.shape != second.shape:
        raise InputError("exchange test: both models must choose between the same classes")
    texts = len(labels)
    if texts < 2:
        return math.nan
    # Both models' answers as one long corpus: a weight says whose answer to a text counts.
    both = np.concatenate([labels, labels]), np.concatenate([first, second])
    ones, rng = np.ones((1, texts)), np.random.default_rng(seed)

    def differences(swapped: np.ndarray) -> np.ndarray:
        kept = 1 - swapped
        one = weighted(*both, np.concatenate([kept, swapped], axis=1))
        other = weighted(*both, np.concatenate([swapped, kept], axis=1))
        return np.abs(np.asarray(one) - np.asarray(other))

    observed = float(differences(0 * ones)[0])
    step = max(1, _BATCH_NUMBERS // texts)
    as_far = 0
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        swapped = rng.integers(0, 2, (size, texts)).astype(float)
        as_far += int((differences(swapped) >= observed - EQUAL).sum())
    return (as_far + 1) / (resamples + 1)
