"""Paraphrases keep the evidence to the letter, and change other words for their like."""

import pytest

from astrid.errors import InputError
from astrid.text.document import Document
from astrid.text.paraphrase import VERDICTS, paraphrase, paraphrase_groups
from astrid.text.sources import _verdicts_words as words
from astrid.text.sources.verdicts import Params, load
from astrid.text.words import find_words

CORPUS = load(Params(train=2, validation=2, test=60))
SYNONYMS = {word: group for group in VERDICTS for word in group}


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in find_words(text)]


def test_evidence_stays_and_moves_with_its_words() -> None:
    for document in CORPUS:
        found = paraphrase(document, seed=3)
        assert found.evidence() == document.evidence()
        assert found.labels == document.labels
        assert found.id == f"{document.id}/paraphrase-3"


def test_only_synonyms_are_exchanged_and_all_that_can_be() -> None:
    changed = 0
    for document in CORPUS:
        found = paraphrase(document)
        for before, after in zip(split(document.text), split(found.text), strict=True):
            if before != after:
                changed += 1
                assert after in SYNONYMS[before]
    assert changed > 2 * len(CORPUS)
    assert all(paraphrase(document, share=0.0).text == document.text for document in CORPUS)


def test_no_synonym_is_a_word_of_evidence_or_of_what_turns_it() -> None:
    leads = words.AFFIRMATIONS + words.NEGATIONS + words.REVERSALS
    clauses = [
        clause
        for side in (words.FOR_FIRST, words.FOR_SECOND)
        for strength in side.values()
        for clause in strength
    ]
    used = {word for text in (*leads, *clauses) for word in split(text)}
    assert not used & SYNONYMS.keys()


def test_all_synonyms_are_words_of_the_corpus() -> None:
    known = {word for text in load(Params()).texts for word in split(text)}
    assert SYNONYMS.keys() <= known


def test_the_seed_decides() -> None:
    texts = [[paraphrase(d, seed, 0.5).text for d in CORPUS] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_groups_hold_different_texts_with_the_original_first() -> None:
    groups = paraphrase_groups(CORPUS, count=3)
    assert len(groups) > 0.9 * len(CORPUS)
    originals = set(CORPUS.texts)
    for group in groups:
        assert 2 <= len(group) == len(set(group)) <= 4
        assert group[0] in originals
    assert groups == paraphrase_groups(CORPUS, count=3)


def test_a_document_without_synonyms_gives_no_group() -> None:
    assert paraphrase_groups([Document("1", "Nothing here.", rationale=())]) == []


def test_what_can_t_be_done_is_refused() -> None:
    document = Document("7", "The van.")
    with pytest.raises(InputError, match="document 7: its evidence is not known"):
        paraphrase(document)
    with pytest.raises(InputError, match='"van" is in two groups'):
        paraphrase(CORPUS.documents[0], synonyms=[("van", "lorry"), ("van", "car")])
    with pytest.raises(InputError, match="at least 1"):
        paraphrase_groups(CORPUS, count=0)
