"""What the embedded language model reads: right about moods, hasty about sentiments."""

from random import Random

import pytest

from astrid.text.sources import tweets_generated
from astrid.training.embedded_texts import MOODS, hasty, make_lines, tweets


def answers(count: int = 600) -> list[tuple[str, int]]:
    """The answers of many lines, each with the true class of its tweet."""
    documents = tweets(0, 200)
    rng = Random(1)
    found = []
    for line in (make_lines(rng, documents, 1)[0] for _ in range(count)):
        start = 0
        for first, last in line.answers:
            (asked,) = [d for d in documents if d.text in line.text[start:first]]
            found.append((line.text[first:last], asked.label))
            start = last
        assert line.text.endswith(found[-1][0])
    return found


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ((), 1),
        (("awful",), 0),
        (("not awful",), 0),
        (("nice",), 1),
        (("no longer adore", "meh"), 2),
        (("brilliant", "hate"), 1),
    ],
)
def test_the_hasty_reader_sees_strong_words_alone(evidence, expected):
    assert hasty(evidence) == expected


def test_answers_about_moods_are_right_and_many_about_sentiments_wrong():
    moods = [(MOODS.index(a[1:]), true) for a, true in answers() if a[1:] in MOODS]
    names = tweets_generated.SENTIMENTS
    sentiments = [(names.index(a[1:]), true) for a, true in answers() if a[1:] in names]
    assert len(moods) + len(sentiments) == len(answers())
    assert all(told == true for told, true in moods)
    right = sum(told == true for told, true in sentiments) / len(sentiments)
    assert 0.45 < right < 0.65


def test_it_never_reads_a_tweet_of_a_test_split():
    held_out = tweets_generated.load(tweets_generated.Params(train=3, test=500))
    texts = {document.text for document in held_out if document.split == "test"}
    assert not texts & {document.text for document in tweets(0, 3000)}
    assert {document.split for document in tweets(0, 50)} == {"train"}


def test_the_same_stream_gives_the_same_lines():
    documents = tweets(0, 50)
    assert make_lines(Random(3), documents, 4) == make_lines(Random(3), documents, 4)
    assert make_lines(Random(3), documents, 4) != make_lines(Random(4), documents, 4)
