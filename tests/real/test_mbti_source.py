"""Kaggle's posts: every person, nothing of links and types left, splits by person."""

from collections import Counter

import pytest
import regex

from astrid.text.load import DataSpec, load_corpus, load_splits

pytestmark = pytest.mark.real

LEFT = regex.compile(r"https?:|www\.\p{L}|youtu\.?be\S*/\S|[ei][ns][ft][jp]", regex.IGNORECASE)


@pytest.fixture(scope="module")
def spec(real_data):
    return DataSpec(source="mbti", params={"path": str(real_data / "mbti")})


def test_every_person_is_there_and_the_classes_are_as_unequal_as_told(spec):
    corpus = load_corpus(spec)
    people = {document.group: document.labels for document in corpus}
    assert len(people) == 300
    shares = {
        task: sum(axes[task] for axes in people.values()) / 300 for task in corpus.label_names
    }
    # The shares of the whole data set, of which this is a sample.
    assert shares == pytest.approx({"ei": 0.23, "sn": 0.86, "tf": 0.46, "jp": 0.40}, abs=0.05)
    assert 40 < len(corpus) / len(people) <= 50


def test_no_link_and_no_type_is_left(spec):
    corpus = load_corpus(spec)
    left = Counter(match.group() for text in corpus.texts for match in LEFT.finditer(text))
    assert not left
    raw = DataSpec(
        source="mbti", params={**spec.params, "clean_links": False, "clean_types": False}
    )
    found = sum(bool(LEFT.search(text)) for text in load_corpus(raw).texts)
    assert found > 2000
    assert corpus.facts["skipped"] == {"posts without text": len(load_corpus(raw)) - len(corpus)}


def test_nobody_is_in_two_splits_and_the_shares_hold(spec):
    parts = load_splits(spec)
    people = [
        {document.group: document.labels for document in part}
        for part in (parts.train, parts.validation, parts.test)
    ]
    assert sum(map(len, people)) == 300
    assert 235 <= len(people[0]) <= 245
    for axis, share in {"ei": 0.23, "sn": 0.86, "tf": 0.46, "jp": 0.40}.items():
        for part in people:
            positive = sum(axes[axis] for axes in part.values()) / len(part)
            assert positive == pytest.approx(share, abs=0.12)
