"""The embedded corpus keeps its promises: evidence, balance, noise, no leaks, determinism."""

import hashlib
from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from astrid.errors import InputError
from astrid.spec import checked
from astrid.text.document import Corpus, Document
from astrid.text.sources import _verdicts_words as words
from astrid.text.sources.verdicts import Params, load
from astrid.text.words import find_words

GOLDEN = "c7e2f47645145f2cc20d8d88e1876566acdd49f98fa9f379fa30419940da49bb"

WEIGHTS = {
    clause: sign * strength
    for sign, side in ((1, words.FOR_FIRST), (-1, words.FOR_SECOND))
    for strength, clauses in side.items()
    for clause in clauses
}
TURNS = words.NEGATIONS + words.REVERSALS


@cache
def default() -> Corpus:
    return load(Params())


def split(corpus: Corpus, name: str) -> list[Document]:
    return [document for document in corpus if document.split == name]


def weigh(evidence: str) -> int:
    """The signed weight of a stretch of evidence, read from its words alone."""
    for turn in TURNS:
        if evidence.startswith(turn + " "):
            return -WEIGHTS[evidence.removeprefix(turn + " ")]
    return WEIGHTS[evidence]


def verdict(document: Document) -> int:
    total = sum(weigh(evidence) for evidence in document.evidence())
    assert total != 0
    return int(total > 0)


def sentences(text: str) -> list[str]:
    return text.removesuffix(".").split(". ")


def test_sizes_and_splits_are_those_asked_for():
    corpus = load(Params(train=7, validation=5, test=3))
    assert Counter(d.split for d in corpus) == {"train": 7, "validation": 5, "test": 3}
    assert len({document.id for document in corpus}) == 15


def test_the_evidence_decides_every_label_but_the_flipped_ones():
    corpus = default()
    for name, best in corpus.facts["best_accuracy_per_split"].items():
        documents = split(corpus, name)
        right = np.mean([verdict(document) == document.label for document in documents])
        assert right == pytest.approx(best)
        assert best == pytest.approx(0.96, abs=0.002)


def test_without_noise_the_evidence_decides_all():
    corpus = load(Params(train=200, label_noise=0.0))
    assert all(verdict(document) == document.label for document in corpus)
    assert corpus.facts["best_accuracy"] == 1.0


def test_clauses_outside_the_rationale_do_not_occur():
    for document in split(default(), "test"):
        rest = document.text
        for evidence in document.evidence():
            rest = rest.replace(evidence, "")
        assert not any(clause in rest for clause in WEIGHTS)


def test_rationales_are_sorted_disjoint_and_end_at_words():
    for document in split(default(), "test"):
        edges = {edge for span in find_words(document.text) for edge in span}
        assert document.rationale
        assert all(edge in edges for span in document.rationale for edge in span)
        assert all(a[1] < b[0] for a, b in pairwise(document.rationale))


def test_negation_sets_the_share_of_turned_clauses():
    for rate in (0.0, 0.5):
        corpus = load(Params(train=800, negation=rate))
        turned = [e.startswith(TURNS) for d in corpus for e in d.evidence()]
        assert np.mean(turned) == pytest.approx(rate, abs=0.04)


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_classes_are_balanced(name: str):
    labels = [document.label for document in split(default(), name)]
    assert 0.48 <= np.mean(labels) <= 0.52


def test_shapes_of_texts_and_vocabulary():
    corpus = default()
    counts = [len(sentences(text)) for text in corpus.texts]
    lengths = [len(sentence.split()) for text in corpus.texts for sentence in sentences(text)]
    vocabulary = {word.strip(".,").lower() for text in corpus.texts for word in text.split()}
    assert set(counts) == {2, 3, 4}
    assert min(lengths) >= 15
    assert max(lengths) <= 80
    assert 400 <= len(vocabulary) <= 700


def test_no_text_occurs_twice():
    assert len(set(default().texts)) == len(default())


def test_same_seed_same_corpus_other_seed_another():
    small = Params(train=50)
    assert load(small).fingerprint() == load(small).fingerprint()
    assert load(small).fingerprint() != load(Params(train=50, seed=1)).fingerprint()


def test_test_split_does_not_depend_on_the_size_of_train():
    assert split(load(Params(train=10)), "test") == split(default(), "test")


def test_first_document_of_seed_zero_never_changes():
    assert hashlib.sha256(default().texts[0].encode()).hexdigest() == GOLDEN


def test_sides_have_as_many_clauses_of_the_same_lengths():
    for strength in (words.STRONG, words.MEDIUM, words.WEAK):
        assert len("".join(words.FOR_FIRST[strength])) == len("".join(words.FOR_SECOND[strength]))
        first, second = (
            sorted(len(clause.split()) for clause in side[strength])
            for side in (words.FOR_FIRST, words.FOR_SECOND)
        )
        assert first == second


def surface(document: Document) -> list[float]:
    """What may be seen without reading: lengths, counts and places."""
    text, spans = document.text, document.rationale or ()
    parts = [len(sentence.split()) for sentence in sentences(text)]
    evidence = [spans[0][0], spans[-1][1], len(spans), sum(end - start for start, end in spans)]
    return [len(text), sum(parts), len(parts), parts[0], parts[-1], text.count(","), *evidence]


def fitted_accuracy(model: object, features: object) -> float:
    train, test = split(default(), "train"), split(default(), "test")
    model.fit([features(d) for d in train], [d.label for d in train])
    return model.score([features(d) for d in test], [d.label for d in test])


def test_length_count_and_place_give_nothing_away():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    assert 0.43 <= fitted_accuracy(model, surface) <= 0.57


def test_counting_words_helps_but_does_not_suffice():
    model = make_pipeline(CountVectorizer(), LogisticRegression(max_iter=1000))
    assert 0.62 <= fitted_accuracy(model, lambda document: document.text) <= 0.80


def test_shortcut_goes_with_the_label_in_training_only():
    corpus = load(Params(shortcut=True))
    word = corpus.facts["shortcut_word"]
    agreement = {
        name: np.mean([(word in d.text) == bool(d.label) for d in split(corpus, name)])
        for name in ("train", "validation", "test")
    }
    assert agreement["train"] == pytest.approx(0.95, abs=0.015)
    assert agreement["validation"] == pytest.approx(0.5, abs=0.08)
    assert agreement["test"] == pytest.approx(0.5, abs=0.08)


def test_shortcut_changes_nothing_but_the_town():
    plain, cut = default(), load(Params(shortcut=True))
    assert plain.labels == cut.labels
    assert [d.evidence() for d in plain] == [d.evidence() for d in cut]
    assert not any(words.SHORTCUT in text for text in plain.texts)
    assert plain.facts["shortcut_word"] is None


@pytest.mark.parametrize("wrong", [{"train": 0}, {"negation": 1.5}, {"label_noise": 0.6}])
def test_impossible_settings_are_refused(wrong: dict[str, float]):
    with pytest.raises(InputError, match="verdicts"):
        checked(Params, wrong, "verdicts")
