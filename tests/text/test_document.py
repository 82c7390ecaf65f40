"""What a corpus is known by."""

from dataclasses import replace

from astrid.text.document import Corpus, Document

NAMES = {"label": ("lost", "won")}


def corpus(**changes):
    documents = (Document("1", "He paid.", {"label": 1}), Document("2", "She left.", {"label": 0}))
    return Corpus("made", (replace(documents[0], **changes), documents[1]), NAMES)


def test_a_corpus_without_groups_keeps_the_fingerprint_it_always_had():
    assert corpus().fingerprint() == "40eaf48948fb7d34"


def test_a_group_changes_the_fingerprint():
    prints = {corpus(group=group).fingerprint() for group in (None, "", "a", "b")}
    assert len(prints) == 4


def test_a_group_belongs_to_its_document():
    first, second = corpus(group="anna")
    assert (first.group, second.group) == ("anna", None)
