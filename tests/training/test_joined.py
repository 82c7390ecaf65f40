"""The texts of a group joined: none too long, nothing lost, everything in its order."""

import re
import time
import unicodedata
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from astrid.errors import InputError
from astrid.text.document import Corpus, Document
from astrid.training.joined import BETWEEN, group_numbers, joined
from tests import tiny

KINDS: dict[str, Callable[[], object]] = {
    "word pieces": tiny.wordpiece,
    "byte level": tiny.byte_level,
    "plain bytes": tiny.plain_bytes,
}
EMOJI = "\U0001f469\u200d\U0001f680"
HEBREW, ARABIC = "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627"
ACCENTED = unicodedata.normalize("NFD", "Zürich café")


def tokenizer(kind: str) -> Tokenizer:
    """As `whole_tokenizer` gives it: without the padding that published files carry."""
    own = Tokenizer.from_str(KINDS[kind]().backend_tokenizer.to_str())  # type: ignore[attr-defined]
    own.no_padding()
    own.no_truncation()
    return own


def corpus(texts: list[str], groups: list[str | None], label: int = 0) -> Corpus:
    documents = [
        Document(str(number), text, {"label": label}, group=group)
        for number, (text, group) in enumerate(zip(texts, groups, strict=True))
    ]
    return Corpus("posts", tuple(documents), {"label": ("no", "yes")})


def squeezed(texts: list[str]) -> str:
    return re.sub(r"\s+", "", "".join(texts))


def longest(found: Corpus, by: Tokenizer) -> int:
    return max(len(by.encode(text).ids) for text in found.texts)


TEXTS = [
    "The court found no evidence.",
    "  A witness saw the driver leave before the rain began, and said so.  ",
    "It's a good day!",
    f"{HEBREW} {ARABIC} {EMOJI * 3} {ACCENTED}",
    "unbelievably longwinded antidisestablishmentarianism " * 6,
    "He won.\n\nShe lost.",
    "short",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [8, 16, 33, 500])
def test_no_text_is_too_long_and_only_white_space_is_lost(kind: str, length: int) -> None:
    by = tokenizer(kind)
    found = joined(corpus(TEXTS, ["a"] * len(TEXTS)), by, length)
    assert longest(found, by) <= length
    assert squeezed(found.texts) == squeezed(TEXTS)
    assert {document.group for document in found} == {"a"}
    assert len({document.id for document in found}) == len(found)


@pytest.mark.parametrize("kind", KINDS)
def test_short_texts_of_a_group_are_one_text_of_a_line_each(kind: str) -> None:
    texts = ["he won.", "she lost.", "it rained."]
    found = joined(corpus(texts, ["a", "a", "a"]), tokenizer(kind), 500)
    assert found.texts == [BETWEEN.join(texts)]
    assert dict(found.documents[0].labels) == {"label": 0}


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_as_full_as_their_order_allows(kind: str) -> None:
    by = tokenizer(kind)
    texts = [tiny.SENTENCES[number % 5] for number in range(30)]
    found = joined(corpus(texts, ["a"] * 30), by, 120)
    lines = [text.split(BETWEEN) for text in found.texts]
    assert [line for text in lines for line in text] == texts
    for text, following in pairwise(lines):
        assert len(by.encode(BETWEEN.join([*text, following[0]])).ids) > 120


def test_groups_keep_to_themselves_and_their_order() -> None:
    texts = ["one", "uno", "two", "dos", "three", "alone", "also alone"]
    groups = ["en", "es", "en", "es", "en", None, None]
    found = joined(corpus(texts, groups), tokenizer("byte level"), 64)
    assert found.texts == ["one\ntwo\nthree", "uno\ndos", "alone", "also alone"]
    assert [document.group for document in found] == ["en", "es", None, None]
    assert group_numbers(found).tolist() == [0, 1, 2, 3]


def test_a_document_and_a_group_of_one_name_are_two() -> None:
    documents = (Document("a", "one"), Document("b", "two", group="a"))
    plain = Corpus("posts", documents, {})
    assert group_numbers(plain).tolist() == [0, 1]
    assert joined(plain, tokenizer("byte level"), 64).texts == ["one", "two"]


@pytest.mark.parametrize("kind", KINDS)
def test_long_documents_are_cut_between_words(kind: str) -> None:
    text = " ".join(tiny.SENTENCES[:4] * 5)
    by = tokenizer(kind)
    found = joined(corpus([text], ["a"]), by, 40)
    assert len(found) > 3
    assert [word for part in found.texts for word in part.split()] == text.split()
    assert longest(found, by) <= 40


@pytest.mark.parametrize("kind", KINDS)
def test_characters_are_never_cut(kind: str) -> None:
    """Each is of several tokens, and one stretch of them is longer than a text may be."""
    by = tokenizer(kind)
    text = EMOJI * 20 + HEBREW * 10 + ACCENTED * 10
    found = joined(corpus([text], [None]), by, 12)
    assert squeezed(found.texts) == squeezed([text])
    assert longest(found, by) <= 12
    assert not any(unicodedata.combining(part[0]) for part in found.texts)


def test_marks_without_end_are_cut_where_they_must_be() -> None:
    by = tokenizer("byte level")
    text = "a" + "\u0301" * 40
    found = joined(corpus([text], [None]), by, 12)
    assert "".join(found.texts) == text
    assert longest(found, by) <= 12


def test_a_character_of_more_tokens_than_may_be_stays_whole() -> None:
    found = joined(corpus([EMOJI[0] * 3], [None]), tokenizer("byte level"), 4)
    assert found.texts == [EMOJI[0]] * 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [10, 25, 200])
def test_evidence_stays_the_same_words(kind: str, length: int) -> None:
    texts = [
        "the driver left before the rain began",
        f"{EMOJI} {HEBREW} the witness said {ACCENTED} so",
        "he paid the rent " * 12,
    ]
    documents = []
    for number, text in enumerate(texts):
        words = [match.span() for match in re.finditer(r"\S+", text)][1::3]
        documents.append(Document(str(number), text, {"label": 0}, tuple(words), group="a"))
    plain = Corpus("posts", tuple(documents), {"label": ("no", "yes")})
    by = tokenizer(kind)
    found = joined(plain, by, length)
    before = [piece for document in plain for piece in document.evidence()]
    after = [piece for document in found for piece in document.evidence()]
    assert squeezed(after) == squeezed(before)
    if length == 200:
        assert after == before
    for document in found:
        spans = document.rationale or ()
        assert all(start < end <= len(document.text) for start, end in spans)
        assert all(one[1] <= two[0] for one, two in pairwise(spans))


def test_unknown_evidence_of_one_part_makes_that_of_the_text_unknown() -> None:
    documents = (
        Document("1", "one", rationale=((0, 3),), group="a"),
        Document("2", "two", group="a"),
    )
    (found,) = joined(Corpus("posts", documents, {}), tokenizer("byte level"), 64)
    assert found.rationale is None


def test_different_labels_in_a_group_are_refused() -> None:
    documents = tuple(
        Document(str(number), "text", {"label": number}, group="ann") for number in range(2)
    )
    plain = Corpus("posts", documents, {"label": ("no", "yes")})
    with pytest.raises(InputError, match='the group "ann" have different labels'):
        joined(plain, tokenizer("word pieces"), 64)


@pytest.mark.parametrize("kind", KINDS)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40), max_size=8
    ),
    length=st.integers(8, 60),
    place=st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_text(kind: str, texts: list[str], length: int, place: object) -> None:
    by = tokenizer(kind)
    groups = [place.choice(["a", "b", None]) for _ in texts]  # type: ignore[attr-defined]
    plain = corpus(texts, groups)
    found = joined(plain, by, length)
    for name in ("a", "b"):
        own = [document.text for document in plain if document.group == name]
        made = [document.text for document in found if document.group == name]
        assert squeezed(made) == squeezed(own)
    for document in found:
        # A sign of many tokens, such as one that a normaliser spells out, can't be divided.
        assert len(by.encode(document.text).ids) <= length or len(document.text) == 1
    assert group_numbers(found).tolist() == sorted(group_numbers(found).tolist())


@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_posts_take_seconds_at_most(kind: str) -> None:
    random = np.random.default_rng(0)
    texts = [tiny.SENTENCES[place] for place in random.integers(0, 5, 10_000)]
    plain, by = corpus(texts, ["a"] * len(texts)), tokenizer(kind)
    start = time.process_time()
    found = joined(plain, by, 512)
    assert time.process_time() - start < 2
    assert squeezed(found.texts) == squeezed(texts)
