"""The known layouts on the real files."""

from collections import Counter

import pytest

from astrid.text.load import DataSpec, load_corpus, load_splits

pytestmark = pytest.mark.real

COUNTS = {
    "justice": {"second party wins": 353, "first party wins": 647},
    "tweets": {"negative": 566, "neutral": 809, "positive": 625},
    "sst2": {"negative": 884, "positive": 1116},
    "hatexplain": {"non-toxic": 808, "toxic": 1192},
}


def spec(real_data, name, **params):
    return DataSpec(source=name, params={"path": str(real_data / name)} | params)


@pytest.mark.parametrize("name", COUNTS)
def test_every_row_is_there_with_its_label(real_data, name):
    corpus = load_corpus(spec(real_data, name))
    assert corpus.facts["skipped"] == {}
    assert corpus.classes == tuple(COUNTS[name])
    assert Counter(corpus.classes[label] for label in corpus.labels) == COUNTS[name]


@pytest.mark.parametrize("name", COUNTS)
def test_the_splits_keep_the_shares_of_the_classes(real_data, name):
    parts = load_splits(spec(real_data, name))
    overall = COUNTS[name][parts.test.classes[1]] / sum(COUNTS[name].values())
    for part in (parts.train, parts.validation, parts.test):
        assert part.labels.count(1) / len(part) == pytest.approx(overall, abs=0.02)


def test_tweets_have_the_words_that_people_chose(real_data):
    corpus = load_corpus(spec(real_data, "tweets", labels=["negative", "positive"]))
    assert len(corpus) == 1191
    assert corpus.facts["skipped"] == {"with another label": 809}
    assert all(document.rationale for document in corpus)
    lengths = [len(document.evidence()[0]) / len(document.text) for document in corpus]
    assert 0.2 < sum(lengths) / len(lengths) < 0.6


def test_hatexplain_has_token_spans_and_official_splits(real_data):
    corpus = load_corpus(spec(real_data, "hatexplain"))
    assert Counter(document.split for document in corpus) == {
        "train": 1171,
        "validation": 392,
        "test": 437,
    }
    assert sum(bool(document.rationale) for document in corpus) == 1192
    for document in corpus:
        assert document.rationale is not None
        for start, end in document.rationale:
            assert start == 0 or document.text[start - 1] == " "
            assert end == len(document.text) or document.text[end] == " "
