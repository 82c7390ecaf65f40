"""Mean scores of words over many explained texts, with intervals and a control, all at once.

A word's score in a text is the mean over its occurrences; its score in a group the mean over the
group's texts that have it; its mean score the mean over the groups that have it. It is linear in
the scores: each occurrence makes up a part of its word's mean that only the counts decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from astrid.explain.records import Explanation

_BATCH_NUMBERS = 4_000_000  # resampled means at once, so that many words don't fill the memory


@dataclass(frozen=True, eq=False)
class Tokens:
    """The words of all texts in one row, M of them, of V different words.

    Attributes:
        scores: `[M]`.
        texts: `[M]` number of the text, rising.
        groups: `[M]` number of the group.
        words: `[M]` number of the word.
        names: of the V words.
        group_count: how many groups there are.
    """

    scores: np.ndarray
    texts: np.ndarray
    groups: np.ndarray
    words: np.ndarray
    names: tuple[str, ...]
    group_count: int

    @cached_property
    def shares(self) -> np.ndarray:
        """`[M]` |score| as a share of its text's Σ|score|; 0 where all of them are 0."""
        sizes = np.abs(self.scores)
        sums = np.bincount(self.texts, sizes)[self.texts]
        return np.divide(sizes, sums, out=np.zeros_like(sizes), where=sums > 0)

    @cached_property
    def occurrences(self) -> np.ndarray:
        """`[M]` how often the token's text has its word."""
        _, place, counts = np.unique(
            self._cells(self.texts), return_inverse=True, return_counts=True
        )
        return np.asarray(counts[place])

    @cached_property
    def texts_of_group(self) -> np.ndarray:
        """`[M]` how many texts of the token's group have its word."""
        of_groups = self._cells(self.groups)
        _, first = np.unique(self._cells(self.texts), return_index=True)
        cells, counts = np.unique(of_groups[first], return_counts=True)
        return np.asarray(counts[np.searchsorted(cells, of_groups)])

    @cached_property
    def groups_with_word(self) -> np.ndarray:
        """`[V]`."""
        return self._holders(self.groups)

    @cached_property
    def texts_with_word(self) -> np.ndarray:
        """`[V]`."""
        return self._holders(self.texts)

    @cached_property
    def in_group(self) -> np.ndarray:
        """`[M]` the part that each token makes up of its word's score in the group."""
        return 1 / (self.occurrences * self.texts_of_group)

    def means(self, values: np.ndarray) -> np.ndarray:
        """`[V]` mean of one value a token `[M]`, each group counting alike."""
        sums = np.bincount(self.words, self.in_group * values, len(self.names))
        return np.asarray(sums / self.groups_with_word)

    def _holders(self, holders: np.ndarray) -> np.ndarray:
        words = np.unique(self._cells(holders)) % len(self.names)
        return np.bincount(words, minlength=len(self.names))

    def _cells(self, holders: np.ndarray) -> np.ndarray:
        return holders * len(self.names) + self.words


def tokens_of(explanations: Sequence[Explanation], groups: np.ndarray) -> Tokens:
    """The words of all explanations with their scores; capitals are folded.

    Args:
        explanations: N of them.
        groups: `[N]` number of each text's group, from 0 on.
    """
    numbers: dict[str, int] = {}
    words = [
        numbers.setdefault(word.casefold(), len(numbers))
        for item in explanations
        for word in item.words
    ]
    texts = np.repeat(np.arange(len(explanations)), [len(item.words) for item in explanations])
    return Tokens(
        scores=np.concatenate([np.asarray(item.word_scores, float) for item in explanations]),
        texts=texts,
        groups=groups[texts],
        words=np.array(words, dtype=np.int64),
        names=tuple(numbers),
        group_count=int(groups.max()) + 1,
    )


def intervals(
    tokens: Tokens, chosen: np.ndarray, resamples: int, confidence: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the percentile bootstrap intervals over groups of the means of `chosen` words.

    All words are seen on the same resamples; those that lack a word are left out of its interval.
    """
    place = np.full(len(tokens.names), -1)
    place[chosen] = np.arange(len(chosen))
    inside = place[tokens.words] >= 0
    cells = tokens.groups[inside], place[tokens.words[inside]]
    shape = tokens.group_count, len(chosen)
    scores_GV = csr_array(((tokens.in_group * tokens.scores)[inside], cells), shape=shape)
    # Each token adds its part of the group: the parts of a word that a group has sum to 1.
    has_GV = csr_array((tokens.in_group[inside], cells), shape=shape)
    drawn = np.random.default_rng(seed)
    weights_RG = drawn.multinomial(
        tokens.group_count, np.full(tokens.group_count, 1 / tokens.group_count), resamples
    ).astype(float)
    outside = (1 - confidence) / 2
    ends = np.empty((2, len(chosen)))
    step = max(1, _BATCH_NUMBERS // resamples)
    for start in range(0, len(chosen), step):
        part = slice(start, start + step)
        with np.errstate(invalid="ignore"):
            means_RV = (weights_RG @ scores_GV[:, part]) / (weights_RG @ has_GV[:, part])
        ends[:, part] = np.nanquantile(means_RV, [outside, 1 - outside], axis=0)
    return ends[0], ends[1]


def control_band(
    tokens: Tokens, chosen: np.ndarray, shuffles: int, confidence: float, seed: int
) -> tuple[float, float]:
    """How low and how high the means of `chosen` words get where words don't matter.

    The scores are shuffled among the words of each text, and the lowest and the highest mean of
    any word noted; the band ends at the outer quantiles of these.
    """
    drawn = np.random.default_rng(seed)
    lowest, highest = np.empty(shuffles), np.empty(shuffles)
    for number in range(shuffles):
        # Texts stay in their order, and the tokens of each come in a random one.
        order = np.argsort(tokens.texts + drawn.random(len(tokens.texts)), kind="stable")
        means = tokens.means(tokens.scores[order])[chosen]
        lowest[number], highest[number] = means.min(), means.max()
    outside = (1 - confidence) / 2
    return float(np.quantile(lowest, outside)), float(np.quantile(highest, 1 - outside))
