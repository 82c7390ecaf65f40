"""The generated tweets keep their promises: evidence, balance, noise, splits, determinism."""

from collections import Counter
from functools import cache
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from astrid.errors import InputError
from astrid.spec import checked
from astrid.text.document import Corpus, Document
from astrid.text.sources import _tweets_words as words
from astrid.text.sources._noise import labels_to_change
from astrid.text.sources._tweets_text import WEIGHTS, cue_of, weigh
from astrid.text.sources.tweets_generated import Params, load
from astrid.text.words import find_words

KINDS = (words.ADJECTIVES, words.VERBS, words.SHOUTS)


@cache
def default() -> Corpus:
    return load(Params())


def split(corpus: Corpus, name: str) -> list[Document]:
    return [document for document in corpus if document.split == name]


def sentiment(document: Document) -> int:
    """The class that the evidence alone tells."""
    return 1 + int(np.sign(sum(weigh(evidence) for evidence in document.evidence())))


def test_sizes_and_splits_are_those_asked_for():
    corpus = load(Params(train=7, validation=5, test=3))
    assert Counter(d.split for d in corpus) == {"train": 7, "validation": 5, "test": 3}
    assert len({document.id for document in corpus}) == 15


def test_the_evidence_decides_every_label_but_the_changed_ones():
    corpus = default()
    for name, best in corpus.facts["best_accuracy_per_split"].items():
        right = np.mean([sentiment(document) == document.label for document in split(corpus, name)])
        assert right == pytest.approx(best)
        assert best == pytest.approx(0.96, abs=0.002)


def test_without_noise_the_evidence_decides_all():
    corpus = load(Params(train=300, label_noise=0.0))
    assert all(sentiment(document) == document.label for document in corpus)
    assert corpus.facts["best_accuracy"] == 1.0


def test_no_cue_stands_outside_the_rationale():
    for document in split(default(), "test"):
        rest = document.text
        for start, end in reversed(document.rationale):
            rest = rest[:start] + rest[end:]
        assert not {rest[a:b].lower() for a, b in find_words(rest)} & WEIGHTS.keys()


def test_rationales_are_sorted_disjoint_and_end_at_words():
    for document in split(default(), "test"):
        edges = {edge for span in find_words(document.text) for edge in span}
        assert all(edge in edges for span in document.rationale for edge in span)
        assert all(a[1] < b[0] for a, b in pairwise(document.rationale))


def test_neutral_tweets_have_no_evidence_or_some_for_either_side():
    neutral = [d for d in load(Params(label_noise=0.0)) if d.label == 1]
    weights = [sorted(np.sign([weigh(e) for e in d.evidence()])) for d in neutral]
    assert Counter(map(tuple, weights)).keys() == {(), (-1, 1)}
    assert np.mean([bool(found) for found in weights]) == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_negation_sets_the_share_of_cues_turned_round(rate: float):
    corpus = load(Params(train=900, negation=rate))
    shouts = {cue for cues in words.SHOUTS.values() for cue in cues}
    found = [cue_of(evidence) for document in corpus for evidence in document.evidence()]
    turned = [turned for cue, turned in found if cue not in shouts]
    assert np.mean(turned) == pytest.approx(rate, abs=0.05)


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_classes_are_balanced(name: str):
    counts = Counter(document.label for document in split(default(), name))
    assert max(counts.values()) - min(counts.values()) <= 0.01 * sum(counts.values()) + 1


def test_no_text_occurs_twice_and_none_in_two_splits_of_any_seed():
    texts = {name: {d.text for d in split(default(), name)} for name in ("train", "test")}
    assert len(set(default().texts)) == len(default())
    other = load(Params(seed=1, train=9000, test=3000))
    assert not texts["train"] & {d.text for d in split(other, "test")}
    assert not texts["test"] & {d.text for d in split(other, "train")}


def test_same_seed_same_corpus_other_seed_another():
    small = Params(train=50)
    assert load(small).fingerprint() == load(small).fingerprint()
    assert load(small).fingerprint() != load(Params(train=50, seed=1)).fingerprint()


def test_test_split_does_not_depend_on_the_size_of_train():
    assert split(load(Params(train=10)), "test") == split(default(), "test")


def test_first_tweet_of_seed_zero_never_changes():
    assert default().documents[0].text == (
        "i really love this cake all afternoon! the old train is next to the bank, and i worship "
        "the old balcony right now!"
    )


def test_sides_have_as_many_words_of_every_kind_and_no_word_twice():
    for kind in KINDS:
        for strength in (words.STRONG, words.WEAK):
            assert len(kind[strength]) == len(kind[-strength])
    assert len(WEIGHTS) == sum(len(cues) for kind in KINDS for cues in kind.values())


def surface(document: Document) -> list[float]:
    """What may be seen without reading."""
    text = document.text
    return [len(text), len(text.split()), *(text.count(sign) for sign in ",.!#@"), "not" in text]


def test_length_marks_and_negation_alone_give_little_away():
    train, test = split(default(), "train"), split(default(), "test")
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit([surface(d) for d in train], [d.label for d in train])
    assert model.score([surface(d) for d in test], [d.label for d in test]) <= 0.45


def test_changed_labels_come_evenly_from_and_to_each_class():
    classes = [place % 3 for place in range(300)]
    changed = labels_to_change(Random(0), classes, 3, 0.2)
    moves = Counter((classes[place], new) for place, new in changed.items())
    assert moves == {(a, b): 10 for a in range(3) for b in range(3) if a != b}


@pytest.mark.parametrize("wrong", [{"train": 0}, {"negation": 1.5}, {"label_noise": 0.6}])
def test_impossible_settings_are_refused(wrong: dict[str, float]):
    with pytest.raises(InputError, match="tweets"):
        checked(Params, wrong, "tweets")
