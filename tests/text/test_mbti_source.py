"""Kaggle's layout of posts: the right documents, or one line that says what is wrong."""

import csv

import pytest

from astrid.errors import InputError
from astrid.text.load import DataSpec, load_corpus, load_splits
from astrid.text.personality import AXES, TYPES, letters


def written(folder, *rows, columns=("type", "posts"), name="mbti.csv"):
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def load(path, **params):
    return load_corpus(DataSpec(source="mbti", params={"path": str(path)} | params))


def test_a_document_a_post_with_the_person_as_its_group(tmp_path):
    path = written(tmp_path, ("INTJ", "'Hi \n there.|||As an INTJ, no.'"), ("esfp", 'Oh, "yes"?'))
    corpus = load(path)
    assert corpus.label_names == AXES
    assert corpus.texts == ["Hi\nthere.", "As an , no.", 'Oh, "yes"?']
    assert [document.id for document in corpus] == ["1-1", "1-2", "2-1"]
    assert [document.group for document in corpus] == ["1", "1", "2"]
    assert [letters(document.labels) for document in corpus] == ["INTJ", "INTJ", "ESFP"]
    assert corpus.facts["skipped"] == {}


@pytest.mark.parametrize("name", ["mbti.csv", "mbti_1.csv"])
def test_a_folder_stands_for_the_file_in_it(tmp_path, name):
    written(tmp_path, ("INTJ", "Hi."), name=name)
    assert load(tmp_path).texts == ["Hi."]


def test_what_cleaning_leaves_empty_is_left_out_and_counted(tmp_path):
    rows = [("INTJ", "http://a.b|||INTJs|||Hi."), ("ENFP", "www.a.b ENFP|||   "), ("ISTP", "")]
    corpus = load(written(tmp_path, *rows))
    assert [document.id for document in corpus] == ["1-3"]
    assert corpus.facts["skipped"] == {"posts without text": 3, "people without posts": 2}


def test_cleaning_can_be_switched_off(tmp_path):
    path = written(tmp_path, ("INTJ", "INTJs http://a.b"))
    assert load(path, clean_links=False).texts == ["http://a.b"]
    assert load(path, clean_types=False).texts == ["INTJs"]


def test_limit_counts_people(tmp_path):
    path = written(tmp_path, ("INTJ", "a|||b|||c"), ("ENFP", "d"), ("XXXX", "e"))
    assert load(path, limit=2).texts == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("rows", "columns", "line"),
    [
        ([("INTJ", "a"), ("XXXX", "b")], None, 'row 2: "XXXX" is no type; give four letters'),
        ([("INTJ", "a"), (" ", "b")], None, "row 2: there is no type; give four letters"),
        ([("INTJ", "a")], ("typ", "posts"), 'no column "type"; did you mean "typ"?'),
        ([("INTJ", "a")], ("type", "text"), 'no column "posts"; known: text, type'),
        ([("INTJ", "http://a|||INTJ")], None, "no post is left to use (left out: 2 posts without"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(tmp_path, rows, columns, line):
    path = written(tmp_path, *rows, columns=columns or ("type", "posts"))
    with pytest.raises(InputError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert line in str(caught.value)


def test_a_folder_without_the_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"neither mbti.csv nor mbti_1.csv is in this folder"):
        load(tmp_path)


def test_people_with_ten_thousand_posts(tmp_path):
    rows = [
        (
            type_,
            "|||".join(
                f"Person {person} says {post}." for post in range(10_000 if not person else 5)
            ),
        )
        for person, type_ in enumerate(TYPES)
    ]
    parts = load_splits(DataSpec(source="mbti", params={"path": str(written(tmp_path, *rows))}))
    sizes = [len({document.group for document in part}) for part in (parts.train, parts.test)]
    assert sum(map(len, (parts.train, parts.validation, parts.test))) == 10_075
    assert all(sizes)
