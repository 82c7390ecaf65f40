"""The texts of one group joined to texts as long as the encoder reads."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from tokenizers import Encoding, Tokenizer

from astrid.errors import InputError
from astrid.text.document import Corpus, Document, Span

BETWEEN = "\n"
Item = TypeVar("Item")


_AT_ONCE = 2048
"""Texts that are encoded at a time, which bounds the memory of their encodings."""


@dataclass(frozen=True)
class _Piece:
    """A part of a document that fits into what the encoder reads.

    Attributes:
        text: of the part.
        tokens: of the text alone.
        joint: tokens that it takes besides where it follows another part.
        rationale: spans in the text.
    """

    text: str
    tokens: int
    joint: int
    rationale: tuple[Span, ...] | None


_Pack = list[_Piece]
"""Parts that make one text."""


def joined(corpus: Corpus, tokenizer: Tokenizer, max_length: int) -> Corpus:
    """Each group's texts, in their order, packed into as few texts as that order allows.

    A text of up to `max_length` tokens, special ones included, holds consecutive documents of one
    group, a line each; a document that is longer alone is cut between words. Labels are the
    group's, rationales move along. Documents without a group are groups of their own. Only a
    single character of more tokens than that makes a longer text.

    Args:
        corpus: documents, those of a group with the same labels.
        tokenizer: without padding and truncation.
        max_length: longest text in tokens.

    Raises:
        InputError: documents of one group have different labels.
    """
    room = max(max_length - tokenizer.num_special_tokens_to_add(False), 1)
    groups = list(_groups(corpus))
    for name, members in groups:
        _check_alike(corpus, name, members)
    pieces = _pieces(corpus, tokenizer, room)
    documents: list[Document] = []
    packs = [
        list(_packed([part for document in members for part in pieces[document.id]], room))
        for _, members in groups
    ]
    fitting = _fitting([pack for group in packs for pack in group], tokenizer, room)
    for (name, members), group in zip(groups, packs, strict=True):
        divided = [pack for _ in group for pack in next(fitting)]
        for number, pack in enumerate(divided):
            documents.append(_document(members[0], f"{name}/{number}", pack))
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


def _pieces(corpus: Corpus, tokenizer: Tokenizer, room: int) -> dict[str, list[_Piece]]:
    """Each document's parts: one, or as many as it takes."""
    # How a text begins may differ after a line's end: a following text is encoded after one.
    ahead = f"a{BETWEEN}"
    taken = len(tokenizer.encode("a", add_special_tokens=False))
    found: dict[str, list[_Piece]] = {}
    for documents in _at_once(corpus.documents):
        alone = _encoded([document.text for document in documents], tokenizer)
        after = tokenizer.encode_batch_fast(
            [ahead + document.text for document in documents], add_special_tokens=False
        )
        for document, encoding, later in zip(documents, alone, after, strict=True):
            joint = len(later) - taken - len(encoding)
            whole = _Piece(document.text, len(encoding), max(joint, 0), document.rationale)
            # Offsets take longer to hand over than all else here: only where they are needed.
            fits = whole.tokens <= room
            found[document.id] = [whole] if fits else _cut(whole, encoding.offsets, room)
    return found


def _at_once(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


def _encoded(texts: list[str], tokenizer: Tokenizer) -> list[Encoding]:
    encodings: list[Encoding] = tokenizer.encode_batch(texts, add_special_tokens=False)
    return encodings


def _fitting(packs: list[_Pack], tokenizer: Tokenizer, room: int) -> Iterator[list[_Pack]]:
    """Of each pack what is made of it: itself, or several where it has become too long.

    Tokens at the seams may be others than those of the parts alone, so the texts are counted.
    """
    for some in _at_once(packs):
        encodings = _encoded([_text(pack) for pack in some], tokenizer)
        for pack, encoding in zip(some, encodings, strict=True):
            if len(encoding) <= room:
                yield [pack]
                continue
            divided = _divided(pack, encoding, room)
            again = _fitting(divided, tokenizer, room) if len(divided) > 1 else iter([divided])
            yield [one for made in again for one in made]


def _divided(pack: _Pack, encoding: Encoding, room: int) -> list[_Pack]:
    if len(pack) > 1:
        return [pack[:-1], pack[-1:]]
    return [[part] for part in _cut(pack[0], encoding.offsets, room)]


def _cut(whole: _Piece, offsets: list[tuple[int, int]], room: int) -> list[_Piece]:
    """Stretches of at most `room` tokens, ending where a word does if a word ends in them.

    Elsewhere they end between characters, which may be of several tokens each.
    """
    parts: list[_Piece] = []
    first, start = 0, 0
    while len(offsets) - first > room:
        last = _end(whole.text, offsets, first, room)
        if last == len(offsets):
            break
        end = offsets[last][0]
        parts.append(_part(whole, start, end, last - first))
        first, start = last, end
    if not parts:
        return [whole]
    parts.append(_part(whole, start, len(whole.text), len(offsets) - first))
    return [part for part in parts if part.text] or parts[:1]


def _end(text: str, offsets: list[tuple[int, int]], first: int, room: int) -> int:
    """The token that a stretch from `first` on ends before; its end where nothing divides it."""
    places = range(first + room, first, -1)
    for divides in (_between_words, _before_letters, _between_characters):
        found = next((place for place in places if divides(text, offsets, place)), None)
        if found is not None:
            return found
    later = range(first + room + 1, len(offsets))
    return next((at for at in later if _between_characters(text, offsets, at)), len(offsets))


def _between_words(text: str, offsets: list[tuple[int, int]], place: int) -> bool:
    """Whether the token at `place` begins a word."""
    between = text[offsets[place - 1][1] : offsets[place][0] + 1]
    return any(sign.isspace() for sign in between)


def _before_letters(text: str, offsets: list[tuple[int, int]], place: int) -> bool:
    """Whether the token at `place` begins with a character that is no mark on the one before."""
    mark = unicodedata.combining(text[offsets[place][0]])
    return not mark and _between_characters(text, offsets, place)


def _between_characters(text: str, offsets: list[tuple[int, int]], place: int) -> bool:
    """Whether the token at `place` begins with a character of its own."""
    return offsets[place - 1][1] <= offsets[place][0]


def _part(whole: _Piece, start: int, end: int, tokens: int) -> _Piece:
    """What stands in [start, end), without the white space at its ends."""
    text = whole.text[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    rationale = _shifted(whole.rationale, start, start + len(text))
    return _Piece(text, tokens, whole.joint, rationale)


def _shifted(
    rationale: tuple[Span, ...] | None, start: int, end: int, by: int = 0
) -> tuple[Span, ...] | None:
    """What of the spans lies in [start, end), counted from `start`, and moved on by `by`."""
    if rationale is None:
        return None
    cut = ((max(first, start), min(last, end)) for first, last in rationale)
    return tuple((first - start + by, last - start + by) for first, last in cut if first < last)


def _packed(parts: list[_Piece], room: int) -> Iterator[_Pack]:
    together: _Pack = []
    taken = 0
    for part in parts:
        if together and taken + part.joint + part.tokens > room:
            yield together
            together, taken = [], 0
        taken += part.tokens + (part.joint if together else 0)
        together.append(part)
    if together:
        yield together


def _text(pack: _Pack) -> str:
    return BETWEEN.join(part.text for part in pack)


def _document(first: Document, name: str, parts: _Pack) -> Document:
    spans: list[Span] | None = None if any(part.rationale is None for part in parts) else []
    start = 0
    for part in parts:
        if spans is not None:
            spans += _shifted(part.rationale, 0, len(part.text), start) or ()
        start += len(part.text) + len(BETWEEN)
    rationale = None if spans is None else tuple(spans)
    return Document(name, _text(parts), first.labels, rationale, first.split, first.group)
