"""One text with its words coloured by their scores."""

from dataclasses import dataclass

import numpy as np

from astrid.explain.records import Explanation
from astrid.report._templates import fill

_STRONGEST = 0.75
"""Opacity of the word with the highest |score|; its letters stay readable on top."""


@dataclass(frozen=True)
class Piece:
    """A stretch of the text: a word, or what stands between words.

    Attributes:
        text: the stretch.
        score: of the word; None between words.
        opacity: of its colour, 0 to 0.75, in proportion to |score| / largest |score|.
        unseen: whether it lies beyond the end of what the model read.
    """

    text: str
    score: float | None = None
    opacity: float = 0.0
    unseen: bool = False


def pieces(explanation: Explanation) -> tuple[Piece, ...]:
    """The whole text in pieces; joined they give the text again."""
    text, end = explanation.text, 0
    largest = float(np.abs(explanation.word_scores).max(initial=0.0))
    found = []
    for (start, stop), value in zip(explanation.offsets, explanation.word_scores, strict=True):
        score = float(value)
        if start > end:
            found.append(Piece(text[end:start]))
        opacity = round(_STRONGEST * abs(score) / largest, 3) if largest else 0.0
        found.append(Piece(text[start:stop], score, opacity))
        end = stop
    if end < len(text):
        found.append(Piece(text[end:], unseen=explanation.truncated))
    return tuple(found)


def words_html(explanation: Explanation) -> str:
    """An HTML fragment for a notebook or a page: prediction, coloured text, legend.

    Orange words speak for the explained class, blue words against it; a word's score shows when
    the pointer rests on it. The fragment brings its own style and needs nothing from outside.
    """
    return fill("explanation.html", {"item": explanation, "pieces": pieces(explanation)})


def words_page(explanations: list[Explanation]) -> str:
    """A whole HTML page of explanations, one below the other."""
    items = [(item, pieces(item)) for item in explanations]
    return fill("explanations.html", {"items": items})
