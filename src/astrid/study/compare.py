"""Setting the explanations of a study's cells against each other, text by text.

W words of a text, M methods of a model, N texts.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from astrid.explain.align import align
from astrid.explain.records import Explanation, Explanations
from astrid.measures import load_measure

SHUFFLES = 20
"""Random orders of each text's scores that the chance of a similarity is the mean of."""


def cosines(first: Sequence[Explanation], second: Sequence[Explanation]) -> np.ndarray:
    """Cosine `[N]` between the word scores of the same texts; NaN where either has none but 0."""
    measure = load_measure("cosine").measure
    return np.array([_of(measure, one, other) for one, other in zip(first, second, strict=True)])


def _of(measure: object, first: Explanation, second: Explanation) -> float:
    aligned = align(first, second)
    assert callable(measure)
    return float(measure(aligned.first, aligned.second))


def chances(
    first: Sequence[Explanation], second: Sequence[Explanation], seed: int = 0
) -> np.ndarray:
    """Mean cosine `[N]` of the first scores with the second in random orders."""
    found = np.full(len(first), np.nan)
    for number, pair in enumerate(zip(first, second, strict=True)):
        aligned = align(*pair)
        norm = np.linalg.norm(aligned.first) * np.linalg.norm(aligned.second)
        if norm > 0:
            orders = np.tile(aligned.second, (SHUFFLES, 1))
            drawn = np.random.default_rng([seed, number]).permuted(orders, axis=1)
            found[number] = float((drawn @ aligned.first).mean() / norm)
    return found


def correlations(
    explanations: Mapping[str, Explanations],
) -> Iterator[tuple[str, str, np.ndarray]]:
    """For each pair of methods Spearman's correlation `[N]` of a model's word scores.

    NaN for texts of fewer than two words, or where a method gives all words the same score.
    """
    ranks = {
        method: [_centred_ranks(item.word_scores) for item in items]
        for method, items in explanations.items()
    }
    for first, second in combinations(explanations, 2):
        pairs = zip(ranks[first], ranks[second], strict=True)
        yield first, second, np.array([_dot(one, other) for one, other in pairs])


def _centred_ranks(scores: np.ndarray) -> np.ndarray | None:
    """Ranks with mean 0 and length 1; None where they are all the same."""
    if len(scores) < 2:
        return None
    ranks = rankdata(scores)
    centred = ranks - ranks.mean()
    length = float(np.linalg.norm(centred))
    return centred / length if length > 0 else None


def _dot(first: np.ndarray | None, second: np.ndarray | None) -> float:
    return float("nan") if first is None or second is None else float(first @ second)


def spread(explanations: Mapping[str, Explanations]) -> np.ndarray:
    """Interpretation stability `[N]`: how far the methods' scores of a word lie apart.

    Scores of each method are divided by its largest |score|, so that they lie in [−1, 1]; of each
    word the standard deviation over the methods is taken (dividing by M), and of each text the mean
    over its words. 0: all methods agree; 1: they could not disagree more. NaN where a method has no
    score but 0, and with fewer than two methods.
    """
    methods = list(explanations.values())
    if len(methods) < 2:
        return np.full(len(methods[0]) if methods else 0, np.nan)
    return np.array([_spread(items) for items in zip(*methods, strict=True)])


def _spread(items: Sequence[Explanation]) -> float:
    largest = [np.abs(item.word_scores).max(initial=0.0) for item in items]
    if not all(largest):
        return float("nan")
    scores_MW = np.stack([item.word_scores / top for item, top in zip(items, largest, strict=True)])
    return float(scores_MW.std(axis=0).mean())
