"""Personality types in four letters: their axes, and the posts of one person in one field.

The convention of the Myers-Briggs indicator as Kaggle's data set has it: each letter is one of
two, class 1 of its axis is the positive one (probability above 0.5 means E, N, T, J), and the
letters stand in the order of `AXES`.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

AXES: Mapping[str, tuple[str, str]] = {
    "ei": ("I", "E"),
    "sn": ("S", "N"),
    "tf": ("F", "T"),
    "jp": ("P", "J"),
}
"""The two letters of each axis, class 0 first, in the order of the letters of a type."""

TYPES: tuple[str, ...] = tuple("".join(type_) for type_ in product("IE", "SN", "FT", "PJ"))
"""The sixteen types."""

_SEPARATOR = "|||"


def letters(classes: Mapping[str, int]) -> str:
    """The type of a class (0 or 1) on each axis.

    Raises:
        ValueError: an axis is missing, or a class is neither 0 nor 1.

    >>> letters({"ei": 0, "sn": 1, "tf": 1, "jp": 1})
    'INTJ'
    """
    for axis in AXES:
        if classes.get(axis) not in (0, 1):
            raise ValueError(f"{axis}: a class is 0 or 1, not {classes.get(axis)}")
    return "".join(pair[classes[axis]] for axis, pair in AXES.items())


def axes_of(type_: Any) -> dict[str, int]:
    """The class on each axis of a type; case and white space around it don't matter.

    Raises:
        ValueError: not one of the sixteen types.

    >>> axes_of(" intj ")
    {'ei': 0, 'sn': 1, 'tf': 1, 'jp': 1}
    """
    name = type_.strip().upper() if isinstance(type_, str) else None
    if not name:
        raise ValueError("there is no type; give four letters such as INTJ")
    if name not in TYPES:
        shown = type_.strip()[:20]
        raise ValueError(
            f'"{shown}" is no type; give four letters: E or I, S or N, T or F, J or P, such as INTJ'
        )
    return {
        axis: pair.index(letter) for (axis, pair), letter in zip(AXES.items(), name, strict=True)
    }


def posts_of(text: str) -> tuple[str, ...]:
    """The posts that a field joins by `|||`, without white space around them and without blanks.

    The single quotes that Kaggle's file has around the whole field are no part of the posts.

    >>> posts_of("'Hello. ||| |||Still here?'")
    ('Hello.', 'Still here?')
    """
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        text = text[1:-1]
    posts = (post.strip() for post in text.split(_SEPARATOR))
    return tuple(post for post in posts if post)
