from dataclasses import replace

import pytest

from astrid.errors import InputError
from astrid.explain.align import align, evidence_words
from tests.explanations import explanation


def test_words_of_a_cut_off_text_get_zero() -> None:
    whole = explanation("one two two three", [1, 2, 3, 4])
    short = explanation("one two two three", [5, 6], truncated=True)
    aligned = align(whole, short)
    assert aligned.words == ("one", "two", "two", "three")
    assert aligned.first.tolist() == [1, 2, 3, 4]
    assert aligned.second.tolist() == [5, 6, 0, 0]
    assert aligned.seen.tolist() == [[True] * 4, [True, True, False, False]]
    assert align(short, whole).first.tolist() == [5, 6, 0, 0]


def test_a_text_without_words() -> None:
    nothing = explanation(" ", [])
    aligned = align(nothing, nothing)
    assert aligned.words == ()
    assert aligned.first.shape == (0,)
    assert aligned.seen.shape == (2, 0)


def test_other_texts_and_other_words_are_refused() -> None:
    item = explanation("one two", [1, 2])
    with pytest.raises(InputError, match="different texts"):
        align(item, explanation("one too", [1, 2]))
    with pytest.raises(InputError, match="different words"):
        align(item, replace(item, offsets=((0, 2), (4, 7))))


def test_a_word_is_evidence_from_its_first_common_character_on() -> None:
    words = [(0, 3), (4, 8), (9, 12)]
    assert evidence_words(words, [(7, 9)]).tolist() == [False, True, False]
    assert evidence_words(words, [(2, 10)]).tolist() == [True, True, True]
    assert evidence_words(words, []).tolist() == [False, False, False]
    assert evidence_words([], [(0, 1)]).shape == (0,)
