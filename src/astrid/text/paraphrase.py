"""Texts that mean the same: the same evidence among other words."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

from astrid.errors import InputError
from astrid.text.document import Document, Span
from astrid.text.words import find_words

VERDICTS: tuple[tuple[str, ...], ...] = (
    ("adjusted", "fixed"),
    ("as", "while"),
    ("barn", "shed"),
    ("boiler", "furnace"),
    ("broad", "wide"),
    ("brochure", "catalogue"),
    ("cabinet", "wardrobe"),
    ("calmly", "quietly", "silently"),
    ("carpenter", "joiner"),
    ("carried", "moved"),
    ("castle", "fort"),
    ("checked", "examined", "inspected"),
    ("chemist", "pharmacist"),
    ("cinema", "theatre"),
    ("cleaned", "washed", "polished"),
    ("clerk", "secretary"),
    ("clinic", "hospital"),
    ("college", "university"),
    ("courier", "postman"),
    ("crate", "container"),
    ("dealer", "trader", "vendor"),
    ("described", "mentioned"),
    ("diary", "notebook"),
    ("dock", "quay", "wharf"),
    ("drew", "sketched"),
    ("emptied", "unpacked"),
    ("empty", "hollow"),
    ("engine", "generator"),
    ("fence", "hedge"),
    ("fitted", "installed"),
    ("garden", "park"),
    ("guard", "warden"),
    ("hastily", "quickly"),
    ("iron", "steel"),
    ("lake", "reservoir"),
    ("loaded", "packed"),
    ("lorry", "van", "wagon"),
    ("measured", "weighed"),
    ("narrow", "thin"),
    ("oven", "stove"),
    ("placed", "stacked"),
    ("public", "shared"),
    ("spare", "unused"),
)
"""Near synonyms among the filler of the corpus `verdicts`; none occurs in evidence.

All are words of the corpus itself: a model that was trained on it knows each as well as the other.
"""


_TRIES = 8
"""Draws for each paraphrase that is asked for: some leave the text as it was, or repeat another."""


def paraphrase(
    document: Document,
    seed: int = 0,
    share: float = 1.0,
    synonyms: Sequence[Sequence[str]] = VERDICTS,
) -> Document:
    """The document with words outside its evidence replaced by synonyms.

    Words are compared as they stand, capitals included. The labels stay, and the rationale moves
    with its words; the id gets `/paraphrase-{seed}` behind it. The seed and the document's id
    choose the words and their synonyms. Where no word has a synonym, the text stays as it was.

    Args:
        document: with a known rationale, so that the evidence stays as it is.
        seed: of the choice.
        share: the probability that a word that has synonyms is replaced, in [0, 1].
        synonyms: groups of words that may stand for each other.

    Raises:
        InputError: the document's evidence is not known, or a word is in two groups.

    >>> document = Document("1", "The van broke the small oven.", {"label": 1}, ((8, 13),))
    >>> found = paraphrase(document, synonyms=[("lorry", "van"), ("small", "tiny")])
    >>> found.text, found.evidence()
    ('The lorry broke the tiny oven.', ['broke'])
    """
    if document.rationale is None:
        raise InputError(
            f"document {document.id}: its evidence is not known, and a paraphrase might change "
            "it; give paraphrases of your own"
        )
    others = _others(synonyms)
    draw = Random(f"paraphrase/{seed}/{document.id}")
    replaced = [
        (span, draw.choice(others[word]))
        for span in find_words(document.text)
        if (word := document.text[slice(*span)]) in others
        and not _inside(span, document.rationale)
        and draw.random() < share
    ]
    text, rationale = _rewritten(document.text, document.rationale, replaced)
    identity = f"{document.id}/paraphrase-{seed}"
    return replace(document, id=identity, text=text, rationale=rationale)


def paraphrase_groups(
    documents: Iterable[Document], count: int = 2, seed: int = 0
) -> list[tuple[str, ...]]:
    """Each document's text, followed by up to `count` different paraphrases of it by `VERDICTS`.

    Half of the words that have synonyms are replaced in each. Documents without such words are
    left out: a group has at least two texts, and no two alike.

    Raises:
        InputError: as `paraphrase`, or no paraphrase is asked for.
    """
    if count < 1:
        raise InputError(f"paraphrases: {count} of each text were asked for; ask for at least 1")
    groups = []
    for document in documents:
        drawn = [paraphrase(document, seed + n, 0.5).text for n in range(_TRIES * count)]
        # In the order in which they were drawn, each once.
        different = tuple(dict.fromkeys([document.text, *drawn]))[: 1 + count]
        if len(different) > 1:
            groups.append(different)
    return groups


def _others(synonyms: Sequence[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group in synonyms:
        for word in group:
            if word in found:
                raise InputError(f'synonyms: the word "{word}" is in two groups; join them')
            found[word] = tuple(other for other in group if other != word)
    return {word: others for word, others in found.items() if others}


def _inside(span: Span, rationale: Sequence[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in rationale)


def _rewritten(
    text: str, rationale: Sequence[Span], replaced: Sequence[tuple[Span, str]]
) -> tuple[str, tuple[Span, ...]]:
    """The new text, and where the rationale, which no replaced word touches, stands in it."""
    parts, end_before = [], 0
    for (start, end), word in replaced:
        parts += [text[end_before:start], word]
        end_before = end

    def moved(place: int) -> int:
        return place + sum(
            len(word) - (end - start) for (start, end), word in replaced if end <= place
        )

    spans = tuple((moved(start), moved(end)) for start, end in rationale)
    return "".join([*parts, text[end_before:]]), spans
