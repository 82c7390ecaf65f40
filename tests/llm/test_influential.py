"""The words of most influence."""

import pytest

from astrid.errors import InputError
from astrid.explain.records import Explanations
from astrid.llm.influential import influential_words
from astrid.plots import influential_tokens
from tests.explanations import explanation


def some() -> Explanations:
    return Explanations(
        [
            explanation("Love this day", [0.5, 0.0, -0.2]),
            explanation("love that love", [-0.1, 0.05, 0.25]),
        ]
    )


def test_scores_are_summed_by_hand_whatever_the_capitals() -> None:
    frame = influential_words({"zero-shot": some()})
    assert list(frame["word"]) == ["love", "day", "that", "this"]
    love = frame.iloc[0]
    assert love["influence"] == pytest.approx(0.85)
    assert (love["toward"], love["against"]) == pytest.approx((0.75, 0.1))
    assert love["texts"] == 2
    assert frame.attrs["notes"] == ["zero-shot: all 4 words, from 2 explained texts."]


def test_only_the_first_are_listed_and_equal_ones_by_the_alphabet() -> None:
    tied = Explanations([explanation("b a c", [0.1, -0.1, 0.1])])
    frame = influential_words({"a": tied, "b": some()}, most=2)
    assert list(zip(frame["model"], frame["word"], strict=True)) == [
        *(("a", "a"), ("a", "b")),
        *(("b", "love"), ("b", "day")),
    ]
    assert "the 2 of 3 words" in frame.attrs["notes"][0]


def test_bars_of_both_signs_add_up_to_the_influence() -> None:
    frame = influential_words({"zero-shot": some()})
    toward, against = influential_tokens.draw(frame).data
    total = [one + other for one, other in zip(toward.x, against.x, strict=True)]
    assert total == pytest.approx(list(frame["influence"]))


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ({}, "no explanations"),
        ({"zero-shot": Explanations([])}, "no words"),
    ],
)
def test_nothing_to_list_is_said(models: dict[str, Explanations], message: str) -> None:
    with pytest.raises(InputError, match=message):
        influential_words(models)


def test_a_list_of_no_words_is_refused() -> None:
    with pytest.raises(InputError, match="at least 1"):
        influential_words({"zero-shot": some()}, most=0)
