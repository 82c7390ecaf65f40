"""Taking out of texts what gives their label away: links, and names such as those of types."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from re import escape

import regex

from astrid.text.personality import AXES

# A quote or a bracket ends a link, so that [url=…]words[/url] keeps its words.
_LINK = regex.compile(
    r"""
    https?:// [^\s<>"\[\]]*
    | (?<!\p{Latin}) www\. [^\s<>"\[\]]+
    | (?<!\p{Latin}) (?:(?:m|music)\.)? (?:youtube\.com|youtu\.be) / [^\s<>"\[\]]*
    """,
    regex.VERBOSE | regex.IGNORECASE,
)

# Between any two places no character is gone through twice: possessive runs that begin only where
# no such run is under way keep the time linear.
_NAME = r"(?:%s)[\p{Latin}\p{Nd}]*+(?:['’]s(?!\p{Latin}))?+"
_NAMES = r"(?:(?<![\-_])[\-_]++|(?<![\p{Latin}\-_]))%(name)s(?:[\-_]++%(name)s)*+[\-_]*+"

TYPE_NAMES: tuple[str, ...] = tuple(
    name
    for name in ("".join(letters) for letters in product(*(("X", *AXES[axis]) for axis in AXES)))
    if name != "XXXX"
)
"""The sixteen types, also with an X for letters left open (`XNTP`, `INXJ`)."""


def without_links(text: str) -> str:
    """`text` with a space in the place of each link.

    Links begin with `http://`, `https://` or `www.`, or are YouTube's without them.

    >>> without_links("see https://a.org/b?c and youtu.be/x")
    'see   and  '
    """
    return _LINK.sub(" ", text)


def without_names(text: str, names: Iterable[str]) -> str:
    """`text` with a space in the place of each of `names`, whatever its case.

    A name is a whole word, or the beginning of one (plurals, `-ness` and the like), with an
    `'s` after it and with the hyphens and underscores that join it to others. Within a word a
    name stays: "tallest".

    >>> without_names("Anna's and non-Anna, ANNAS, Joanna", ["anna"])
    '  and non ,  , Joanna'
    """
    return _pattern(tuple(names)).sub(" ", text)


def clean(text: str, links: bool = True, types: bool = True) -> str:
    """`text` without links and names of personality types, its lines without needless white space.

    Nothing but spaces takes the place of what is left out; a text without links and names
    stays as it is but for white space. Cleaning twice is cleaning once.

    Args:
        text: a post.
        links: whether to take out links.
        types: whether to take out `TYPE_NAMES`, which give the label away.

    >>> clean("INTJs like  www.a.org, says an xNTP-ENFJ7")
    'like says an'
    """
    if links:
        text = without_links(text)
    if types:
        text = without_names(text, TYPE_NAMES)
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


@lru_cache(maxsize=64)
def _pattern(names: tuple[str, ...]) -> "regex.Pattern[str]":
    if not names or not all(names):
        raise ValueError("give at least one name, and no blank ones")
    # Longer names first: of two that fit, the longer one is meant.
    choices = "|".join(escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    return regex.compile(_NAMES % {"name": _NAME % choices}, regex.IGNORECASE)
