"""The embedded posts: cues that decide, independent axes, and a leak that can be closed."""

from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from astrid.errors import InputError
from astrid.text.cleaning import clean
from astrid.text.cues import evidence_for, spans_of
from astrid.text.load import DataSpec, load_corpus, load_splits
from astrid.text.personality import AXES, TYPES, letters
from astrid.text.sources._personality_words import CUES
from astrid.text.sources.personality import SHARES

PHRASES = [cue for sides in CUES.values() for cues in sides.values() for cue in cues]


def spec(**params):
    return DataSpec(source="personality", params=params)


@pytest.fixture(scope="module")
def corpus():
    return load_corpus(spec())


def people(corpus, split=None):
    """The texts of each person joined, and the labels."""
    texts = defaultdict(list)
    labels = {}
    for document in corpus:
        if split in (None, document.split):
            texts[document.group].append(document.text)
            labels[document.group] = document.labels
    return ["\n".join(posts) for posts in texts.values()], list(labels.values())


def test_cues_are_balanced_and_none_is_a_part_of_another():
    assert list(CUES) == list(AXES)
    for axis, sides in CUES.items():
        assert tuple(sides) == AXES[axis]
        first, second = sides.values()
        assert len(first) == len(second) == 6
        words = [sum(len(cue.split()) for cue in cues) for cues in sides.values()]
        assert abs(words[0] - words[1]) <= 2
    for one, other in combinations(PHRASES, 2):
        assert one not in other
        assert other not in one


def test_the_classes_have_their_shares_and_the_axes_nothing_in_common(corpus):
    classes = np.array([list(labels.values()) for labels in people(corpus, "train")[1]])
    assert classes.mean(axis=0) == pytest.approx(list(SHARES.values()), abs=0.005)
    assert np.abs(np.corrcoef(classes.T) - np.eye(4)).max() < 0.12


def test_the_cues_decide_all_labels_but_the_flipped_ones(corpus):
    for split, best in corpus.facts["best_accuracy_per_split"].items():
        texts, labels = people(corpus, split)
        for axis, sides in corpus.facts["cues"].items():
            counts = [[bool(spans_of(text, side)) for side in sides.values()] for text in texts]
            assert all(sum(count) == 1 for count in counts)
            told = [count.index(True) for count in counts]
            right = np.mean([one == label[axis] for one, label in zip(told, labels, strict=True)])
            assert right == pytest.approx(best[axis])
            assert best[axis] == pytest.approx(corpus.facts["best_accuracy"][axis], abs=0.011)


def test_the_rationale_is_the_cues_and_some_posts_have_none(corpus):
    assert {cue for document in corpus for cue in document.evidence()} == set(PHRASES)
    bare = sum(not document.rationale for document in corpus) / len(corpus)
    assert 0.1 < bare < 0.3


def test_the_evidence_of_one_axis_is_a_part_of_all(corpus):
    parts = [evidence_for(corpus, axis) for axis in AXES]
    for place, document in enumerate(corpus):
        spans = [span for part in parts for span in part.documents[place].rationale]
        assert tuple(sorted(spans)) == document.rationale
    with pytest.raises(InputError, match='no evidence is known for the task "label"; known: ei'):
        evidence_for(corpus, "label")


def test_posts_are_varied_and_need_no_cleaning(corpus):
    assert len(set(corpus.texts)) > 0.98 * len(corpus)
    assert all(clean(text) == text for text in corpus.texts)
    sizes = [len(text.split()) for text in corpus.texts]
    assert 15 < np.mean(sizes) < 35
    assert 600 * 6 < sum(document.split == "train" for document in corpus) < 600 * 10


def test_another_seed_and_size_make_other_people():
    small = load_corpus(spec(train=8, validation=8, test=8))
    assert load_corpus(spec(train=8, validation=8, test=8, seed=1)).texts != small.texts
    longer = load_corpus(spec(train=20, validation=8, test=8))
    assert longer.texts[-1] == small.texts[-1]  # each split has a random stream of its own
    for axis in AXES:
        assert {document.labels[axis] for document in small} == {0, 1}


def test_splits_are_by_person(corpus):
    parts = load_splits(spec())
    groups = [{document.group for document in part} for part in (parts.train, parts.test)]
    assert [len(group) for group in groups] == [600, 100]
    assert not groups[0] & groups[1]


def named(text):
    return any(type_ in text.upper() for type_ in TYPES)


def test_a_leak_names_types_unless_they_are_cleaned_away(corpus):
    leaking = load_corpus(spec(leak=True, clean_types=False, clean_links=False))
    closed = load_corpus(spec(leak=True))
    assert not any(named(text) for text in [*corpus.texts, *closed.texts])
    assert 0.5 < np.mean([named(text) for text in leaking.texts]) < 0.7
    own = [
        letters(document.labels) in document.text.upper()
        for document in leaking
        if named(document.text)
    ]
    assert 0.9 < np.mean(own) < 1
    assert 0.1 < np.mean(["www." in text or "http" in text for text in leaking.texts]) < 0.3
    for document, told in zip(leaking, corpus, strict=True):
        assert document.labels == told.labels
        assert document.evidence() == told.evidence()


def accuracy(words=None, **params):
    """On the axis tf, of words counted over all posts of a person: all words, or those given."""
    corpus = load_corpus(spec(train=300, **params))
    (texts, labels), (test_texts, test_labels) = people(corpus, "train"), people(corpus, "test")
    counting = CountVectorizer(vocabulary=words, ngram_range=(1, 2))
    model = LogisticRegression(max_iter=200)
    model.fit(counting.fit_transform(texts), [label["tf"] for label in labels])
    return model.score(counting.transform(test_texts), [label["tf"] for label in test_labels])


def test_a_model_can_learn_from_the_cues_and_cheat_with_the_leak():
    assert accuracy() > 0.93
    # A tenth of the labels is flipped, and only the types that posts name follow them.
    assert accuracy(label_noise=0.1) < 0.92
    assert accuracy(label_noise=0.1, leak=True) < 0.92
    types = [type_.lower() for type_ in TYPES]
    assert accuracy(types, label_noise=0.1, leak=True, clean_types=False) > 0.95


@pytest.mark.parametrize(
    ("params", "line"),
    [
        ({"train": 2}, "data.params.train"),
        ({"label_noise": 0.7}, "data.params.label_noise"),
        ({"fewest_posts": 9, "most_posts": 5}, "fewest_posts is above most_posts"),
    ],
)
def test_wrong_settings_are_named(params, line):
    with pytest.raises(InputError, match=line):
        load_corpus(spec(**params))
