"""The texts of one group joined to texts as long as the encoder reads."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from astrid.errors import InputError
from astrid.text.document import Corpus, Document, Span

BETWEEN = "\n"


@dataclass(frozen=True)
class _Piece:
    """A part of a document that fits into what the encoder reads."""

    text: str
    tokens: int
    rationale: tuple[Span, ...] | None


def joined(corpus: Corpus, tokenizer: Tokenizer, max_length: int) -> Corpus:
    """Each group's texts, in their order, packed into as few texts as that order allows.

    A text of up to `max_length` tokens, special ones included, holds consecutive documents of one
    group, a line each; a document that is longer alone is cut between words. Labels are the
    group's, rationales move along. Documents without a group are groups of their own.

    Args:
        corpus: documents, those of a group with the same labels.
        tokenizer: without padding and truncation.
        max_length: longest text in tokens.

    Raises:
        InputError: documents of one group have different labels.
    """
    pieces = _pieces(corpus, tokenizer, max_length)
    alone, twice = (
        len(tokenizer.encode(text, add_special_tokens=False)) for text in ("a", f"a{BETWEEN}a")
    )
    joint = twice - 2 * alone
    room = max_length - tokenizer.num_special_tokens_to_add(False)
    documents: list[Document] = []
    for name, members in _groups(corpus):
        _check_alike(corpus, name, members)
        parts = [part for document in members for part in pieces[document.id]]
        for number, packed in enumerate(_packed(parts, room, max(joint, 0))):
            documents.append(_document(members[0], f"{name}/{number}", packed))
    return corpus.with_documents(documents)


def group_numbers(corpus: Corpus) -> np.ndarray:
    """`[N]` the number of each document's group, from 0 on; a document without one is its own."""
    names = [_group(document) for document in corpus]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.asarray([numbers[name] for name in names])


def _group(document: Document) -> tuple[str, str]:
    if document.group is None:
        return ("document", document.id)
    return ("group", document.group)


def _groups(corpus: Corpus) -> Iterator[tuple[str, list[Document]]]:
    found: dict[tuple[str, str], list[Document]] = {}
    for document in corpus:
        found.setdefault(_group(document), []).append(document)
    for (_, name), members in found.items():
        yield name, members


def _check_alike(corpus: Corpus, name: str, members: list[Document]) -> None:
    if any(document.labels != members[0].labels for document in members):
        raise InputError(
            f'{corpus.name}: the documents of the group "{name}" have different labels; texts can '
            "be joined where they have the same"
        )


def _pieces(corpus: Corpus, tokenizer: Tokenizer, max_length: int) -> dict[str, list[_Piece]]:
    """Each document's parts: one, or as many as it takes."""
    room = max_length - tokenizer.num_special_tokens_to_add(False)
    encoded = tokenizer.encode_batch(corpus.texts, add_special_tokens=False)
    return {
        document.id: list(_cut(document, encoding.offsets, room))
        for document, encoding in zip(corpus, encoded, strict=True)
    }


def _cut(document: Document, offsets: list[tuple[int, int]], room: int) -> Iterator[_Piece]:
    """Stretches of at most `room` tokens, ending where a word does if a word ends in them."""
    first = 0
    while len(offsets) - first > room:
        last = first + room
        while last > first and not _between_words(document.text, offsets, last):
            last -= 1
        if last == first:
            last = first + room
        yield _piece(document, offsets, first, last)
        first = last
    if first == 0:
        yield _Piece(document.text, len(offsets), document.rationale)
    elif first < len(offsets):
        yield _piece(document, offsets, first, len(offsets))


def _between_words(text: str, offsets: list[tuple[int, int]], place: int) -> bool:
    """Whether the token at `place` begins a word."""
    between = text[offsets[place - 1][1] : offsets[place][0] + 1]
    return any(sign.isspace() for sign in between)


def _piece(document: Document, offsets: list[tuple[int, int]], first: int, last: int) -> _Piece:
    start, end = offsets[first][0], offsets[last - 1][1]
    return _Piece(document.text[start:end], last - first, _shifted(document.rationale, start, end))


def _shifted(
    rationale: tuple[Span, ...] | None, start: int, end: int, by: int = 0
) -> tuple[Span, ...] | None:
    """What of the spans lies in [start, end), counted from `start`, and moved on by `by`."""
    if rationale is None:
        return None
    cut = ((max(first, start), min(last, end)) for first, last in rationale)
    return tuple((first - start + by, last - start + by) for first, last in cut if first < last)


def _packed(parts: list[_Piece], room: int, joint: int) -> Iterator[list[_Piece]]:
    together: list[_Piece] = []
    taken = 0
    for part in parts:
        if together and taken + joint + part.tokens > room:
            yield together
            together, taken = [], 0
        taken += part.tokens + (joint if together else 0)
        together.append(part)
    if together:
        yield together


def _document(first: Document, name: str, parts: list[_Piece]) -> Document:
    text = ""
    spans: list[Span] | None = None if any(part.rationale is None for part in parts) else []
    for part in parts:
        start = len(text) + (len(BETWEEN) if text else 0)
        text = f"{text}{BETWEEN}{part.text}" if text else part.text
        if spans is not None:
            spans += _shifted(part.rationale, 0, len(part.text), start) or ()
    rationale = None if spans is None else tuple(spans)
    return Document(name, text, first.labels, rationale, first.split, first.group)
