"""Differences between two models on the same texts."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import (
    CONFIDENCE,
    EQUAL,
    RESAMPLES,
    SEED,
    Estimate,
    mean_with_interval,
    plain_number,
)

_BATCH_NUMBERS = 2_000_000  # numbers drawn at once, so that many texts don't fill the memory


@dataclass(frozen=True)
class PairedDifference:
    """Mean of first − second over texts, and how often chance alone gives as much.

    Attributes:
        difference: with interval; `undefined` counts texts for which either value is.
        p_value: two-sided, in (0, 1]; NaN with fewer than two texts.
    """

    difference: Estimate
    p_value: float

    def to_dict(self) -> dict[str, object]:
        return {"difference": self.difference.to_dict(), "p_value": plain_number(self.p_value)}


def paired_difference(
    first: Sequence[float] | np.ndarray,
    second: Sequence[float] | np.ndarray,
    seed: int = SEED,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> PairedDifference:
    """Difference of two paired series, its bootstrap interval and a sign-flip permutation test.

    Under the null hypothesis the two values of a text can be exchanged; the test exchanges them at
    random, or in all 2ⁿ ways where that is not more than `resamples`.

    Source: Fisher, The Design of Experiments, 1935; `scipy.stats.permutation_test`.

    Args:
        first: one number a text; NaN where undefined.
        second: for the same texts in the same order.
        seed: of bootstrap and permutations.
        confidence: of the interval, in (0, 1).
        resamples: permutations; the bootstrap takes as many, up to its default.

    Raises:
        InputError: the series differ in length.

    >>> paired_difference([0.9, 0.8, 0.7, 0.9], [0.9, 0.8, 0.7, 0.9]).p_value
    1.0
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape != second.shape:
        raise InputError(
            f"paired difference: {first.size} values against {second.size}; "
            "both series must be about the same texts"
        )
    differences = without_rounding(first, second)
    drawn = min(resamples, RESAMPLES)  # more sharpen a small p-value, not an interval
    difference = mean_with_interval(differences, seed, confidence, drawn)
    return PairedDifference(
        difference, _p_value(differences[~np.isnan(differences)], seed, resamples)
    )


def without_rounding(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """First − second, 0 where the two differ by rounding alone.

    Otherwise a test that looks at signs would take equal values, computed in two orders, for a
    difference in every text.

    >>> without_rounding(np.array([0.1 + 0.2, 1.0]), np.array([0.3, 0.5])).tolist()
    [0.0, 0.5]
    """
    differences = first - second
    sizes = np.maximum(np.abs(first), np.abs(second))
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(differences) <= EQUAL * sizes, 0.0, differences)


def _p_value(differences: np.ndarray, seed: int, resamples: int) -> float:
    """Two-sided: twice the share of sign flips whose mean lies at least as far to either side.

    As `scipy.stats.permutation_test` defines it, which sorts every pair anew and takes seven times
    as long; a study makes hundreds of these tests.
    """
    n = len(differences)
    if n < 2:
        return math.nan
    every = 2**n <= resamples if n < 63 else False
    batches = _every_flip(n) if every else _random_flips(n, resamples, seed)
    # Flipping moves the mean from the observed one by twice the flipped part of it.
    moves = np.concatenate([2 * (flips @ differences) / n for flips in batches])
    close = EQUAL * float(np.abs(differences).mean())
    adjustment = 0 if every else 1  # the texts as they are count as one more permutation
    sides = np.count_nonzero(moves >= -close), np.count_nonzero(moves <= close)
    return min(1.0, 2 * (min(sides) + adjustment) / (len(moves) + adjustment))


def _every_flip(n: int) -> Iterator[np.ndarray]:
    """`[2ⁿ, N]` which of the signs are flipped."""
    yield (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(float)


def _random_flips(n: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """`[R, N]` which of the signs are flipped, at random, in batches of bounded size."""
    rng = np.random.default_rng(seed)
    batch = max(1, _BATCH_NUMBERS // n)
    for start in range(0, resamples, batch):
        size = min(batch, resamples - start)
        drawn = np.frombuffer(rng.bytes(-(-size * n // 8)), dtype=np.uint8)
        yield np.unpackbits(drawn, count=size * n).reshape(size, n).astype(float)
