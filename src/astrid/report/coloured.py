"""One explanation as coloured words in the terminal."""

import numpy as np
from rich.console import Group
from rich.text import Text

from astrid.explain.records import Explanation
from astrid.progress import visible
from astrid.text.document import Document

FOR, AGAINST = (224, 122, 16), (42, 111, 186)
"""Orange speaks for the class, blue against it: told apart by colour-blind readers too."""

STRONGEST = 5
"""Words whose scores are written out."""


def coloured_text(explanation: Explanation) -> Group:
    """Headline, the text with coloured words, and the strongest words with their scores."""
    target, prediction = explanation.target, explanation.prediction
    probability = prediction.probability
    answer = prediction.value
    head = Text.assemble(
        (visible(prediction.label), "bold"),
        f" {answer:.3f}" if probability is None else f" (probability {probability:.3f})",
        f"; {explanation.method} of the "
        f"{target.kind.replace('_', ' ')} of {visible(target.label)} ({target.value:.3f})",
    )
    if explanation.precision != "float32":
        head.append(f", {explanation.precision} weights")
    if explanation.completeness_gap is not None:
        head.append(f", gap {explanation.completeness_gap:.1e}")
    if explanation.truncated:
        head.append("; the text is longer than the model reads and was cut off", style="italic")
    order = np.argsort(-np.abs(explanation.word_scores))[:STRONGEST]
    strongest = "  ".join(
        f"{visible(explanation.words[place])} {explanation.word_scores[place]:+.3f}"
        for place in order
    )
    return Group(head, _words(explanation), Text(strongest, style="dim"), Text())


def _words(explanation: Explanation) -> Text:
    largest = float(np.abs(explanation.word_scores).max(initial=0.0)) or 1.0
    text, end = Text(), 0
    for (start, stop), score in zip(explanation.offsets, explanation.word_scores, strict=True):
        text.append(_visible(explanation.text[end:start]))
        word = _visible(explanation.text[start:stop])
        text.append(word, style=_style(float(score) / largest))
        end = stop
    return text.append(_visible(explanation.text[end:]), style="dim")


def _visible(text: str) -> str:
    """Without control characters, which could move the cursor or change the terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def _style(share: float) -> str:
    if abs(share) < 0.05:
        return ""
    red, green, blue = FOR if share > 0 else AGAINST
    # White letters on strong colours, coloured letters for weak ones.
    colour = f"rgb({red},{green},{blue})"
    return f"white on {colour}" if abs(share) >= 0.5 else colour


def marked_evidence(document: Document, label: str) -> Text:
    """A document with its evidence underlined, and its label."""
    text, end = Text.assemble((f"{visible(label)}: ", "bold")), 0
    for start, stop in document.rationale or ():
        text.append(_visible(document.text[end:start]))
        text.append(_visible(document.text[start:stop]), style="bold underline")
        end = stop
    return text.append(_visible(document.text[end:])).append("\n")
