"""Types, axes and posts as the convention has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrid.text.personality import AXES, TYPES, axes_of, letters, posts_of


def test_there_are_sixteen_types_and_each_comes_back_from_its_axes():
    assert len(set(TYPES)) == 16
    assert [letters(axes_of(type_)) for type_ in TYPES] == list(TYPES)


def test_class_1_is_e_n_t_j():
    assert letters(dict.fromkeys(AXES, 1)) == "ENTJ"
    assert letters(dict.fromkeys(AXES, 0)) == "ISFP"
    assert list(axes_of("ESFP")) == ["ei", "sn", "tf", "jp"]


@pytest.mark.parametrize("type_", ["intj", " InTj\n", "INTJ\t"])
def test_case_and_white_space_do_not_matter(type_):
    assert letters(axes_of(type_)) == "INTJ"


@pytest.mark.parametrize("type_", ["XXXX", "INT", "INTJX", "NITJ", "IN TJ", "INTJ-A"])
def test_what_is_no_type_is_refused(type_):
    with pytest.raises(ValueError, match="is no type; give four letters"):
        axes_of(type_)


@pytest.mark.parametrize("type_", ["", "  ", None, float("nan"), 4])
def test_no_type_is_refused(type_):
    with pytest.raises(ValueError, match="there is no type"):
        axes_of(type_)


@pytest.mark.parametrize("classes", [{}, {"ei": 0, "sn": 1, "tf": 1}, dict.fromkeys(AXES, 2)])
def test_letters_need_a_class_on_every_axis(classes):
    with pytest.raises(ValueError, match="a class is 0 or 1"):
        letters(classes)


@pytest.mark.parametrize(
    ("text", "posts"),
    [
        ("'a|||b'", ("a", "b")),
        ("a|||b", ("a", "b")),
        ("'a' said he|||b", ("'a' said he", "b")),
        ("'tis|||a", ("'tis", "a")),
        ("||| \n|||a||||||", ("a",)),
        ("", ()),
        ("'", ("'",)),
        ("''", ()),
        ("a||b", ("a||b",)),
    ],
)
def test_posts(text, posts):
    assert posts_of(text) == posts


@given(st.text(st.sampled_from("a' |\n\u00a0"), max_size=40))
def test_no_post_is_blank_or_holds_the_separator(text):
    assert all(post == post.strip() != "" and "|||" not in post for post in posts_of(text))
