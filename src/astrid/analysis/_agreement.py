"""How far two score vectors agree, and what the same scores in random order would reach."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from astrid.errors import InputError
from astrid.explain.align import align
from astrid.explain.records import Explanation
from astrid.measures import load_measure
from astrid.measures.statistics.bootstrap import (
    CONFIDENCE,
    RESAMPLES,
    SEED,
    Estimate,
    mean_with_interval,
)

AGREEMENTS = ("spearman_absolute", "spearman", "cosine")
"""Rank correlation of |scores|, rank correlation and cosine of signed scores; all in [-1, 1]."""

Interval = Callable[[np.ndarray], Estimate]
"""From `[R, N]`, R repeats (draws, pairs of runs) by N texts, NaN where undefined, to the mean."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """Agreements of N texts.

    Attributes:
        values: `[N]` of each of `AGREEMENTS`; NaN where undefined.
        chance: `[N]` the same for scores in random order, the mean over all orders.
    """

    values: Mapping[str, np.ndarray]
    chance: Mapping[str, np.ndarray]


def agreement(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Each of `AGREEMENTS` of two score vectors `[W]`; NaN where undefined.

    >>> agreement(np.array([3.0, -1.0, 2.0]), np.array([6.0, 2.0, 4.0]))["spearman_absolute"]
    1.0
    """
    spearman, cosine = load_measure("spearman").measure, load_measure("cosine").measure
    return {
        "spearman_absolute": spearman(np.abs(first), np.abs(second)),
        "spearman": spearman(first, second),
        "cosine": cosine(first, second),
    }


def chance_agreement(
    first: np.ndarray, second: np.ndarray, known: Mapping[str, float]
) -> dict[str, float]:
    """The mean of `agreement` over all W! orders of `second`, exactly; NaN where `known` is.

    Rank correlations are 0 on average, and the cosine is W·mean(a)·mean(b) / (‖a‖·‖b‖).

    Args:
        first: `[W]` scores.
        second: `[W]` scores.
        known: their agreement: it is undefined for one order exactly if it is for all.
    """
    chance = {name: value if math.isnan(value) else 0.0 for name, value in known.items()}
    if not math.isnan(known["cosine"]):
        # Scaled first, so that squares of very small or large scores stay within floating point.
        one, other = first / np.abs(first).max(), second / np.abs(second).max()
        sizes = np.linalg.norm(one) * np.linalg.norm(other)
        chance["cosine"] = float(one.mean() * other.sum() / sizes)
    return chance


def agreements(first: Sequence[Explanation], second: Sequence[Explanation]) -> Agreement:
    """Of the word scores, text by text: models with different tokenizers meet there.

    Raises:
        InputError: other texts, or explanations of different classes or kinds of output.
    """
    pairs = []
    for number, (one, other) in enumerate(zip(first, second, strict=True)):
        check_same_output(number, one, other)
        aligned = align(one, other)
        pairs.append((aligned.first, aligned.second))
    return agreement_of(pairs)


def agreement_of(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> Agreement:
    """Of one pair of score vectors `[W]` a text."""
    found: list[dict[str, float]] = []
    chance: list[dict[str, float]] = []
    for first, second in pairs:
        found.append(agreement(first, second))
        chance.append(chance_agreement(first, second, found[-1]))
    return Agreement(_columns(found), _columns(chance))


def check_same_output(number: int, one: Explanation, other: Explanation) -> None:
    """Refuse explanations of different numbers.

    Raises:
        InputError: the classes or the kinds of output differ.
    """
    if (one.target.index, one.target.kind) != (other.target.index, other.target.kind):
        raise InputError(
            f"agreement: text {number} explains the {one.target.kind} of class {one.target.index} "
            f"and the {other.target.kind} of class {other.target.index}; explain the same of both"
        )


def _columns(rows: Sequence[Mapping[str, float]]) -> dict[str, np.ndarray]:
    return {name: np.array([row[name] for row in rows], dtype=float) for name in AGREEMENTS}


def mean_of_defined(values_RN: np.ndarray) -> np.ndarray:
    """`[N]` mean over R repeats of what is defined; NaN where nothing is.

    >>> mean_of_defined(np.array([[1.0, np.nan], [0.0, np.nan]]))
    array([0.5, nan])
    """
    known = ~np.isnan(values_RN)
    count = known.sum(axis=0)
    total = np.where(known, values_RN, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def over_texts(
    values_RN: np.ndarray, mean: Callable[[np.ndarray], Estimate] = mean_with_interval
) -> Estimate:
    """An `Interval`: the mean over repeats within a text, then `mean` over the texts."""
    return mean(mean_of_defined(values_RN))


def crossed(
    values_RN: np.ndarray,
    seed: int = SEED,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> Estimate:
    """An `Interval` for texts and repeats that are both drawn from many.

    Repeats and texts are resampled independently of each other, and the percentiles of the means
    are the interval. A draw of random weights shifts all texts at once, which a bootstrap over
    texts alone would not see. With one repeat it is that bootstrap.

    Source: Owen, The pigeonhole bootstrap, 2007 (doi:10.1214/07-AOAS122).

    >>> crossed(np.array([[0.5, 0.5, np.nan]]))
    Estimate(value=0.5, low=0.5, high=0.5, n=2, undefined=1)
    """
    usable = ~np.isnan(values_RN).all(axis=0)
    known_RN = ~np.isnan(values_RN[:, usable])
    filled_RN = np.where(known_RN, values_RN[:, usable], 0.0)
    repeats, n = filled_RN.shape
    undefined = values_RN.shape[1] - n
    value = float(filled_RN.sum() / known_RN.sum()) if n else math.nan
    if n < 2:
        return Estimate(value, math.nan, math.nan, n, undefined)
    generator = np.random.default_rng(seed)
    rows_BR = generator.multinomial(repeats, np.full(repeats, 1 / repeats), resamples)
    texts_BN = generator.multinomial(n, np.full(n, 1 / n), resamples)
    totals = (rows_BR @ filled_RN * texts_BN).sum(axis=1)
    counts = (rows_BR @ known_RN * texts_BN).sum(axis=1)
    means = totals[counts > 0] / counts[counts > 0]
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Estimate(value, float(low), float(high), n, undefined)


def estimates(
    repeats: Sequence[Agreement], interval: Interval = over_texts
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Each measure's mean over the texts, and that of chance."""
    return (
        {name: interval(stacked(repeats, name)) for name in AGREEMENTS},
        {name: interval(np.stack([each.chance[name] for each in repeats])) for name in AGREEMENTS},
    )


def stacked(repeats: Sequence[Agreement], name: str) -> np.ndarray:
    """`[R, N]` values of one measure."""
    return np.stack([each.values[name] for each in repeats])


def excess(repeats: Sequence[Agreement], name: str) -> np.ndarray:
    """`[R, N]` values of one measure minus chance."""
    return stacked(repeats, name) - np.stack([each.chance[name] for each in repeats])
