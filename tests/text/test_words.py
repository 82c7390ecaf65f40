"""Words and token shares over all of Unicode."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrid.text.words import find_words, token_shares

# Plain characters are all but surrogates; the second kind brings words, marks and emoji near.
TEXTS = st.text() | st.text(alphabet="ab'’ \t\n.!é\u0301漢か👩\u200d🔬אب\u200b0_", max_size=30)


def words_of(text):
    return [text[start:end] for start, end in find_words(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \n\t\u200b", []),
        ("Don't stop...", ["Don't", "stop", "..."]),
        ("漢字かな", ["漢", "字", "か", "な"]),
        ("cafe\u0301 naïve", ["cafe\u0301", "naïve"]),
        ("👩\u200d🔬!", ["👩\u200d🔬", "!"]),
        ("שלום عليكم", ["שלום", "عليكم"]),
    ],
)
def test_words_of_many_scripts(text, words):
    assert words_of(text) == words


@given(TEXTS)
def test_words_are_disjoint_in_order_and_hold_more_than_space(text):
    end = 0
    for start, stop in find_words(text):
        assert end <= start < stop <= len(text)
        assert text[start:stop].strip()
        end = stop


@given(TEXTS)
def test_no_letter_or_digit_is_left_out(text):
    covered = {place for start, end in find_words(text) for place in range(start, end)}
    assert all(place in covered for place, sign in enumerate(text) if sign.isalnum())


@given(TEXTS, st.data())
def test_shares_of_each_token_sum_to_one_or_to_zero(text, data):
    place = st.integers(0, len(text))
    pair = st.tuples(place, place, st.booleans())
    tokens = data.draw(st.lists(pair, max_size=12))
    offsets = np.array([sorted(token[:2]) for token in tokens], dtype=int).reshape(-1, 2)
    special = np.array([token[2] for token in tokens], dtype=bool)
    words = find_words(text)
    shares = token_shares(words, offsets, special)
    assert shares.shape == (len(words), len(tokens))
    assert (shares >= 0).all()
    expected = np.where(special, 0.0, 1.0) if words else np.zeros(len(tokens))
    np.testing.assert_allclose(shares.sum(axis=0), expected)


def test_a_token_over_two_words_is_shared_by_overlap():
    shares = token_shares([(0, 1), (2, 5)], np.array([(0, 5), (1, 2), (5, 6)]), np.zeros(3))
    np.testing.assert_allclose(shares, [[0.25, 0, 0], [0.75, 1, 1]])
