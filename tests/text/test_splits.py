"""Splits: stratified, without leaks, the same everywhere."""

import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrid.errors import InputError
from astrid.text.document import Corpus, Document
from astrid.text.splits import split

FRACTIONS = (0.8, 0.1, 0.1)


def corpus(labels, texts=None, splits=None, names=("a", "b", "c")):
    documents = tuple(
        Document(
            str(place),
            texts[place] if texts else f"text {place}",
            {"label": label},
            split=splits[place] if splits else None,
        )
        for place, label in enumerate(labels)
    )
    return Corpus("made", documents, {"label": names})


def parts_of(whole, **options):
    parts = split(whole, **options)
    return [parts.train, parts.validation, parts.test]


def ids(part):
    return {document.id for document in part}


@pytest.mark.parametrize("fractions", [FRACTIONS, (0.5, 0.2, 0.3), (0.98, 0.01, 0.01)])
def test_every_document_is_in_one_split_and_every_class_in_every_split(fractions):
    whole = corpus([0] * 60 + [1] * 37 + [2] * 3)
    parts = parts_of(whole, fractions=fractions)
    assert sum(len(part) for part in parts) == len(whole)
    assert set.union(*map(ids, parts)) == ids(whole)
    assert all(set(part.labels) == {0, 1, 2} for part in parts)


def test_the_fractions_hold_within_each_class():
    parts = parts_of(corpus([0] * 300 + [1] * 100))
    assert [part.labels.count(0) for part in parts] == [240, 30, 30]
    assert [part.labels.count(1) for part in parts] == [80, 10, 10]


def test_texts_that_differ_only_in_case_or_space_stay_together():
    texts = [f"Text\t{place // 4}" if place % 2 else f" text  {place // 4} " for place in range(80)]
    parts = parts_of(corpus([place % 2 for place in range(80)], texts))
    seen = [{" ".join(text.lower().split()) for text in part.texts} for part in parts]
    assert all(seen)
    assert sum(map(len, seen)) == len(set.union(*seen)) == 20


def test_neither_the_order_of_documents_nor_the_process_matters():
    whole = corpus([place % 3 for place in range(50)])
    shuffled = list(whole)
    random.Random(1).shuffle(shuffled)
    expected = parts_of(whole)
    again = parts_of(whole.with_documents(shuffled))
    assert list(map(ids, expected)) == list(map(ids, again))
    script = (
        "from tests.text.test_splits import *;"
        "print(sorted(ids(split(corpus([i % 3 for i in range(50)])).test)))"
    )
    command = [sys.executable, "-c", script]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == str(sorted(ids(expected[2])))


def test_another_seed_draws_another_division():
    whole = corpus([place % 2 for place in range(50)])
    assert ids(split(whole, seed=0).test) != ids(split(whole, seed=1).test)


def test_assigned_splits_are_kept():
    assigned = ["test", "train", "validation"] * 4
    parts = parts_of(corpus([0, 0, 1, 1] * 3, splits=assigned))
    for part, name in zip(parts, ("train", "validation", "test"), strict=True):
        assert [document.split for document in part] == [name] * 4


def test_a_split_that_the_source_lacks_comes_from_its_training_documents():
    assigned = ["train"] * 40 + ["validation"] * 5
    whole = corpus([place % 2 for place in range(45)], splits=assigned)
    parts = parts_of(whole)
    assert ids(parts[1]) == {str(place) for place in range(40, 45)}
    assert len(parts[2]) > 1
    assert ids(parts[2]) < {str(place) for place in range(40)}


def test_splits_assigned_to_some_documents_only_do_not_count():
    whole = corpus([0, 1] * 10, splits=["test"] * 15 + [None] * 5)
    assert len(split(whole).train) == 16


def test_the_fewest_texts_still_fill_every_split():
    parts = parts_of(corpus([0, 0, 1, 1]))
    assert [len(part) for part in parts] == [2, 1, 1]
    assert set(parts[0].labels) == {0, 1}


@pytest.mark.parametrize(
    ("labels", "options", "line"),
    [
        ([1] * 20, {}, 'only the class "b"'),
        ([0, 1, 1], {}, "3 distinct texts are too few to divide into 3 splits; give at least 4"),
        ([0, 1] * 20, {"fractions": (0.9, 0.1, 0.0)}, "three numbers above 0 whose sum is 1"),
        ([0, 1] * 20, {"fractions": (0.9, 0.1, 0.1)}, "three numbers above 0 whose sum is 1"),
    ],
)
def test_what_can_not_be_divided_is_refused(labels, options, line):
    with pytest.raises(InputError, match=r"made|fractions") as caught:
        split(corpus(labels), **options)
    assert line in str(caught.value)


def test_several_tasks_are_divided_together():
    documents = tuple(
        Document(str(place), f"text {place}", {"ei": place % 2, "sn": place % 3 % 2})
        for place in range(60)
    )
    whole = Corpus("made", documents, {"ei": ("I", "E"), "sn": ("S", "N")})
    for part in parts_of(whole):
        assert {document.labels["ei"] for document in part} == {0, 1}
        assert {document.labels["sn"] for document in part} == {0, 1}


def grouped(groups, texts=None, labels=None, splits=None):
    documents = tuple(
        Document(
            str(place),
            texts[place] if texts else f"text {place}",
            {"label": labels[place] if labels else place % 2},
            split=splits[place] if splits else None,
            group=group,
        )
        for place, group in enumerate(groups)
    )
    return Corpus("made", documents, {"label": ("a", "b")})


def assert_nothing_is_torn_apart(parts, of):
    seen = [{of(document) for document in part} - {None} for part in parts]
    assert sum(map(len, seen)) == len(set.union(*seen))


def test_a_group_is_in_one_split_and_the_fractions_count_groups():
    whole = grouped([f"person {place // 7}" for place in range(280)])
    parts = parts_of(whole)
    assert_nothing_is_torn_apart(parts, lambda document: document.group)
    assert [len({document.group for document in part}) for part in parts] == [32, 4, 4]


def test_a_text_that_two_groups_share_joins_them_through_any_number_of_steps():
    # Person k and person k + 1 share a text, so that the first ten persons are one unit.
    groups = [f"person {place // 2}" for place in range(100)]
    texts = [
        f"one two three four {(place + 1) // 2 if place < 20 else place}" for place in range(100)
    ]
    parts = parts_of(grouped(groups, texts), fractions=(0.4, 0.3, 0.3))
    assert_nothing_is_torn_apart(parts, lambda document: document.group)
    assert sum(any(int(document.id) < 20 for document in part) for part in parts) == 1


def test_a_group_of_mixed_classes_counts_for_its_commonest():
    labels = [0, 1, 1, 0, 0, 1] * 30
    parts = parts_of(grouped([str(place // 3) for place in range(180)], labels=labels))
    assert [part.labels.count(0) for part in parts] == [72, 9, 9]


def test_what_anybody_says_joins_no_groups():
    texts = ["Welcome back!" if place % 2 else f"text {place}" for place in range(80)]
    groups = [f"person {place // 2}" for place in range(78)] + [None, None]
    parts = parts_of(grouped(groups, texts))
    assert_nothing_is_torn_apart(parts, lambda document: document.group)
    assert all(len(part) >= 8 for part in parts)


def test_texts_without_a_group_stay_alone_and_no_text_passes_for_a_group():
    whole = grouped([None] * 30 + ["x"] * 10, texts=[*map(str, range(38)), "group", "x"])
    parts = parts_of(whole)
    assert_nothing_is_torn_apart(parts, lambda document: document.group)
    assert sum(len(part) for part in parts) == 40
    assert len(parts[0]) > 20


def test_groups_that_are_their_own_documents_change_nothing():
    alone = [place % 3 % 2 for place in range(90)]
    plain = parts_of(corpus(alone, names=("a", "b")))
    parts = parts_of(grouped([str(place) for place in range(90)], labels=alone))
    assert list(map(ids, plain)) == list(map(ids, parts))


def test_too_few_groups_are_refused():
    with pytest.raises(InputError, match="3 groups of documents are too few to divide into 3"):
        split(grouped([str(place // 10) for place in range(30)]))


def test_a_group_that_the_source_tears_apart_is_refused():
    splits = ["train", "validation", "test", "test"] * 2
    groups = ["a", "b", "c", "c", "a", None, "c", "b"]
    with pytest.raises(InputError, match='group "b" to the validation and the test split; assign'):
        split(grouped(groups, splits=splits))


def test_a_split_drawn_from_assigned_training_documents_keeps_groups_whole():
    whole = grouped([str(place // 4) for place in range(80)], splits=["train"] * 80)
    parts = parts_of(whole)
    assert all(len(part) for part in parts)
    assert_nothing_is_torn_apart(parts, lambda document: document.group)


members = st.lists(
    st.tuples(st.sampled_from("abcdef") | st.none(), st.sampled_from("tuvwxyz  "), st.booleans()),
    max_size=30,
)


@given(members, st.integers(0, 9), st.randoms(use_true_random=False))
def test_whatever_the_corpus_no_group_and_no_text_is_in_two_splits(members, seed, order):
    groups, texts, labels = zip(*members, strict=True) if members else ((), (), ())
    # Some that belong to nobody, so that there is always something to divide.
    groups = (*groups, *[None] * 6)
    texts = (*texts, *map(str, range(6)))
    texts = [f"as long as a copy {text}" for text in texts]
    labels = tuple(map(int, (*labels, *[0, 1] * 3)))
    whole = grouped(groups, texts, labels)
    parts = parts_of(whole, seed=seed)
    assert_nothing_is_torn_apart(parts, lambda document: document.group)
    assert_nothing_is_torn_apart(parts, lambda document: " ".join(document.text.split()))
    assert set.union(*map(ids, parts)) == ids(whole)
    assert all(len(part) for part in parts)
    shuffled = list(whole)
    order.shuffle(shuffled)
    again = parts_of(whole.with_documents(shuffled), seed=seed)
    assert list(map(ids, again)) == list(map(ids, parts))
