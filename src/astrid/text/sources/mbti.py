"""Forum posts of people with their personality type: four binary tasks, a document a post.

The layout of Kaggle's "(MBTI) Myers-Briggs Personality Type Dataset": a row a person, columns
`type` (four letters) and `posts`, joined by `|||`.
"""

from collections import Counter
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from astrid.errors import InputError
from astrid.spec import Spec
from astrid.text.cleaning import clean
from astrid.text.document import Corpus, Document
from astrid.text.personality import AXES, axes_of, posts_of
from astrid.text.sources._corpus import Limit, in_row, is_blank, text_of
from astrid.text.sources._table import Table, read_table

NAMES = ("mbti.csv", "mbti_1.csv")


class Params(Spec):
    """Where the file is and what to take out of the posts.

    Attributes:
        path: the file, or the folder with `mbti.csv` or `mbti_1.csv`.
        clean_links: take out links.
        clean_types: take out the names of types, which give the label away.
        limit: at most so many people, the first ones.
    """

    path: Path
    clean_links: bool = True
    clean_types: bool = True
    limit: Limit = None


def load(params: Params) -> Corpus:
    """A document a post, with id `person-post` (numbers from 1) and the person as its group.

    Posts of which cleaning leaves nothing are left out and counted in `facts["skipped"]`, and so
    are people without posts.

    Raises:
        InputError: the file can't be used, a row has no type, or no post is left; the line says
            which and why.
    """
    table = _table(params.path)
    table.require(("type", "posts"))
    documents: list[Document] = []
    skipped: Counter[str] = Counter()
    for number, row in enumerate(islice(table.rows, params.limit), 1):
        axes = in_row(table.where, number, partial(axes_of, row["type"]))
        posts = [_cleaned(post, params) for post in _posts(table.where, number, row["posts"])]
        kept = [
            Document(f"{number}-{place}", post, axes, group=str(number))
            for place, post in enumerate(posts, 1)
            if post
        ]
        documents += kept
        skipped["posts without text"] += len(posts) - len(kept)
        skipped["people without posts"] += not kept
    reasons = {reason: count for reason, count in skipped.items() if count}
    if not documents:
        left_out = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
        raise InputError(f"{table.where}: no post is left to use (left out: {left_out})")
    return Corpus("mbti", tuple(documents), AXES, {"skipped": reasons})


def _table(path: Path) -> Table:
    path = path.expanduser()
    if not path.is_dir():
        return read_table(path)
    there = [name for name in NAMES if (path / name).is_file()]
    if not there:
        raise InputError(f"{path}: neither {' nor '.join(NAMES)} is in this folder; give the file")
    return read_table(path / there[0])


def _posts(where: str, number: int, value: Any) -> tuple[str, ...]:
    return () if is_blank(value) else posts_of(text_of(where, number, value))


def _cleaned(post: str, params: Params) -> str:
    return clean(post, links=params.clean_links, types=params.clean_types)
