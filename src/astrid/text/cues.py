"""Evidence of one task among several, where a corpus knows the phrases that are its evidence."""

import re
from collections.abc import Iterable
from dataclasses import replace

from astrid.errors import InputError
from astrid.text.document import Corpus, Span
from astrid.text.sources._rationale import merge


def spans_of(text: str, phrases: Iterable[str]) -> tuple[Span, ...]:
    """Where the phrases stand in `text`, sorted, those that overlap or touch made one.

    >>> spans_of("so I pack, I pack", ["I pack", "gone"])
    ((3, 9), (11, 17))
    """
    found = (
        re.finditer(re.escape(phrase), text) for phrase in phrases if phrase and phrase in text
    )
    return merge(match.span() for matches in found for match in matches)


def evidence_for(corpus: Corpus, task: str) -> Corpus:
    """The corpus with the evidence of `task` alone as the rationale of its documents.

    The phrases of `corpus.facts["cues"]`, a mapping from task to class name to phrases, are
    looked up in the texts, which may be several documents' texts joined.

    Raises:
        InputError: the corpus knows no phrases for the task.
    """
    cues = corpus.facts.get("cues", {})
    if task not in cues:
        known = f"known: {', '.join(cues)}" if cues else "it knows none for any task"
        raise InputError(f'{corpus.name}: no evidence is known for the task "{task}"; {known}')
    phrases = [phrase for side in cues[task].values() for phrase in side]
    return corpus.with_documents(
        replace(document, rationale=spans_of(document.text, phrases)) for document in corpus
    )
