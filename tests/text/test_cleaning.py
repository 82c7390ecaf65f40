"""What is taken out of posts, what stays, and how long it takes."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from astrid.text.cleaning import TYPE_NAMES, clean, without_links, without_names
from astrid.text.personality import TYPES

# Pieces that meet in every order, and any text.
TYPED = ["INTJ", "enfp", "xNTP", "INTJ's", "'s", "s", "7", "-", "_", " ", "\n", "\t", "'", ".", "/"]
LINKED = ["http://", "https://a.b", "www.", "youtube.com/", "youtu.be/x", "a", "x", "é", "漢", "]"]
ODD = ["i", "n", "\u0301", "\u200b", "\r", "\u2028", "ı", "ſ"]
PIECES = st.lists(st.sampled_from([*TYPED, *LINKED, *ODD]), max_size=12).map("".join)
TEXTS = PIECES | st.text(max_size=40)


def squeezed(text):
    return "".join(text.split())


FORMS = ["INTJ", "intj", "Enfp", "INTJs", "INTJ's", "infp’s", "xNTP", "INxJ", "IxxJ", "ENFJ7"]
JOINED = ["INTJness", "istpish", "INTJ-ENFP", "infj_istp-ENTP", "-ISTJ-"]


@pytest.mark.parametrize("name", [*FORMS, *JOINED, *TYPES, *TYPE_NAMES])
def test_type_names_go(name):
    assert clean(f"As an {name}, I say.") == "As an , I say."
    assert clean(f"我是{name}人") == "我是 人"
    assert clean(name) == ""


def test_names_joined_to_other_words_leave_those():
    assert clean("a non-INTJ and INTJ-like intj_guy") == "a non and like guy"
    assert clean("6w5INTJ ISTJ2") == "6w5"
    assert clean("INTP/INTJ, (ESFP)?") == "/ , ( )?"


@pytest.mark.parametrize(
    "text", ["bestpal", "xxxx", "XXXX", "INT", "in tj", "NTs", "latestjob", "a-b_c"]
)
def test_other_words_stay(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("see http://a.b/c?d=e#f now", "see now"),
        ("HTTPS://A.B", ""),
        ("www.a.org/x_(y) yes", "yes"),
        ("youtube.com/watch?v=x m.youtube.com/watch youtu.be/x", ""),
        ("wordhttp://a.b", "word"),
        ("[url=http://a.b]words[/url]", "[url= ]words[/url]"),
        ("http://a.b|||x", ""),
        ("I like youtube.com and TED.com, awww. So", "I like youtube.com and TED.com, awww. So"),
        ("http://www.intjforum.com/x", ""),
    ],
)
def test_links_go(text, left):
    assert clean(text) == left


def test_each_kind_can_be_kept():
    text = "INTJ  www.a.b"
    assert clean(text, links=False) == "www.a.b"
    assert clean(text, types=False) == "INTJ"
    assert clean(text, links=False, types=False) == "INTJ www.a.b"


def test_white_space_is_collapsed_within_lines():
    assert clean(" a \t b\u00a0\n\n  c\r\nd ") == "a b\n\nc\nd"


def test_other_names_and_links_by_themselves():
    assert without_names("Ann's and anna-BEN, Joanna", ["ann", "anna", "ben"]) == "  and  , Joanna"
    assert without_names("a+b? a+", ["a+"]) == " ?  "
    assert without_links("INTJ http://a") == "INTJ  "
    with pytest.raises(ValueError, match="at least one name"):
        without_names("a", [""])


@given(TEXTS)
@example("INTJ_youtube.com/x")
@example("INTJ-www.a")
def test_cleaning_twice_is_cleaning_once(text):
    assert clean(clean(text)) == clean(text)


@given(TEXTS)
def test_no_character_is_added(text):
    cleaned, rest = clean(text), iter(text)
    assert len(cleaned) <= len(text)
    assert all(sign in rest for sign in squeezed(cleaned))


@given(
    st.lists(st.text(st.characters(exclude_characters="wWhHyYjJpPxX", codec="utf-8")), max_size=5)
)
def test_without_links_and_names_nothing_but_white_space_changes(lines):
    text = "\n".join(lines)
    assert squeezed(clean(text)) == squeezed(text)


@pytest.mark.parametrize(
    "unit",
    ["-", "-x", "http", "INTJ-", "www.", "EX", "---a", "youtube.com", " ", "INTJ'", "INT", "_-"],
)
def test_the_time_grows_with_the_length_alone(unit):
    def seconds(size):
        text = unit * (size // len(unit))
        start = time.process_time()
        clean(text)
        return time.process_time() - start

    clean("warm")
    # Ten times the length: ten times the time, or a hundred times were it quadratic.
    assert seconds(1_000_000) < 40 * max(seconds(100_000), 0.01)
