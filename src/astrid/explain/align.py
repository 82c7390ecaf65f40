"""Laying two explanations of one text word on word, and evidence on words.

Words are the same function of the text for every model, so that models with different tokenizers
meet on character spans. A word that one model did not see (its text was cut off earlier) gets 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from astrid.errors import InputError
from astrid.explain.records import Explanation
from astrid.text.document import Span


@dataclass(frozen=True, eq=False)
class AlignedScores:
    """Two explanations over the W words that at least one of them has.

    Attributes:
        words: the words, in the order of the text.
        offsets: character span of each.
        first: `[W]` scores of the first explanation, 0 for words that its model did not see.
        second: `[W]` the same for the second.
        seen: `[2, W]` True where the model saw the word.
    """

    words: tuple[str, ...]
    offsets: tuple[Span, ...]
    first: np.ndarray
    second: np.ndarray
    seen: np.ndarray


def align(first: Explanation, second: Explanation) -> AlignedScores:
    """Scores of both explanations over the union of their words.

    Raises:
        InputError: the texts differ, or their words were found by different rules.
    """
    if first.text != second.text:
        raise InputError(
            "align: the explanations are about different texts; explain the same texts with both"
        )
    scores = [
        dict(zip(item.offsets, map(float, item.word_scores), strict=True))
        for item in (first, second)
    ]
    offsets = tuple(sorted(scores[0].keys() | scores[1].keys()))
    if any(earlier[1] > later[0] for earlier, later in pairwise(offsets)):
        raise InputError(
            "align: the explanations divide the text into different words; explain both anew"
        )
    return AlignedScores(
        words=tuple(first.text[start:end] for start, end in offsets),
        offsets=offsets,
        first=np.array([scores[0].get(span, 0.0) for span in offsets]),
        second=np.array([scores[1].get(span, 0.0) for span in offsets]),
        seen=np.array([[span in known for span in offsets] for known in scores], dtype=bool),
    )


def evidence_words(offsets: Sequence[Span], rationale: Sequence[Span]) -> np.ndarray:
    """Flags `[W]`: True for words of which at least one character is in the rationale.

    >>> evidence_words([(0, 2), (3, 7)], [(6, 9)])
    array([False,  True])
    """
    return np.array(
        [any(start < b and a < end for a, b in rationale) for start, end in offsets], dtype=bool
    )
