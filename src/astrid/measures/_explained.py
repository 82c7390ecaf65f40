"""What measures of faithfulness share: a text with scores of its words, and rows without some.

W words of the explanation, T tokens, R rows.
"""

from dataclasses import dataclass

import numpy as np

from astrid.explain.features import token_keep
from astrid.explain.records import Explanation
from astrid.explain.requests import Asking, MaskedRows, Replace
from astrid.models.protocol import EncodedText
from astrid.text.words import find_words, token_shares

Measuring = Asking[float]
"""A measure under way: asks for rows of the text, returns its value, NaN where undefined."""


@dataclass(frozen=True, eq=False)
class Explained:
    """A text and the scores that an explanation gives its words.

    Attributes:
        text: as the model reads it.
        word_of: `[T]` the word of each token, −1 for none: special tokens, and the prompt's.
        scores: `[W]` scores of the words.
        replace: what becomes of words that a row leaves out.
        seed: for measures that draw rows.
    """

    text: EncodedText
    word_of: np.ndarray
    scores: np.ndarray
    replace: Replace = "auto"
    seed: int = 0

    @property
    def falling(self) -> np.ndarray:
        """`[W]` the words in falling order of score; the earlier word first among equals."""
        return np.argsort(-self.scores, kind="stable")

    def rows(self, kept_RW: np.ndarray) -> MaskedRows:
        """The request for the explained output on rows of kept words."""
        return MaskedRows(token_keep(kept_RW, self.word_of), self.replace)


def explained(
    text: EncodedText, explanation: Explanation, replace: Replace = "auto", seed: int = 0
) -> Explained:
    """The explanation's words laid on the tokens of the same text.

    A word that the tokenizer dropped has no token: leaving it out changes nothing.
    """
    places = {span: place for place, span in enumerate(explanation.offsets)}
    spans = find_words(text.text)
    shares_WT = token_shares(spans, text.offsets, text.special)
    words_T = np.full(len(text), -1)
    if len(shares_WT):
        inside = ~text.special & shares_WT.any(axis=0)
        numbers = np.array([places.get(span, -1) for span in spans])
        words_T[inside] = numbers[shares_WT.argmax(axis=0)][inside]
    scores_W = np.asarray(explanation.word_scores, dtype=float)
    return Explained(text, words_T, scores_W, replace, seed)


def without_first(order: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Rows `[len(counts), W]` that leave out the first `counts` words of `order`.

    >>> without_first(np.array([1, 0, 2]), np.array([0, 2])).astype(int).tolist()
    [[1, 1, 1], [0, 0, 1]]
    """
    rank_W = np.argsort(order, kind="stable")
    return np.asarray(rank_W >= np.asarray(counts)[:, None], dtype=bool)


BINS = (0.01, 0.05, 0.10, 0.20, 0.50)
"""ERASER's shares of the words."""


def bin_sizes(words: int) -> np.ndarray:
    """Words in each of ERASER's bins, rounded up: no bin is empty.

    >>> bin_sizes(30)
    array([ 1,  2,  3,  6, 15])
    """
    return np.maximum(1, np.ceil(np.round(np.array(BINS) * words, 9)).astype(int))


CURVE_STEPS = 20
"""Points of a deletion or insertion curve beside its beginning, at most."""


def curve_counts(words: int) -> np.ndarray:
    """Counts of words from 0 to all, evenly spaced, every count where the text is short.

    >>> curve_counts(3)
    array([0, 1, 2, 3])
    """
    return np.unique(np.round(np.linspace(0, words, min(words, CURVE_STEPS) + 1)).astype(int))


def area(counts: np.ndarray, values: np.ndarray) -> float:
    """Area under the curve over the share of words, by trapezoids."""
    return float(np.trapezoid(values, counts / counts[-1]))
