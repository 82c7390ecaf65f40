"""Posts, toxic or not, with the tokens that people marked as the reason. Offensive content.

HateXplain (Mathew et al., AAAI 2021) in the form of the ERASER benchmark: a JSON object a line
with `post_id`, `official_split`, `tokens`, `label` (toxic or non-toxic) and `rationale` (a 0 or
1 for each token).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from astrid.errors import InputError
from astrid.spec import Spec
from astrid.text.document import Corpus
from astrid.text.sources._corpus import Limit, Row, make_corpus
from astrid.text.sources._rationale import spans_of_flags
from astrid.text.sources._table import read_table

NAMES = {"non-toxic": "non-toxic", "toxic": "toxic"}
SPLITS = {"train": "train", "val": "validation", "test": "test"}


class Params(Spec):
    """Where the file is.

    Attributes:
        path: the file, or the folder with `hatexplain.jsonl`.
        limit: at most so many documents, the first ones.
    """

    path: Path
    limit: Limit = None


def load(params: Params) -> Corpus:
    """A document a post: tokens joined by spaces, marked tokens as spans, in its official split.

    Raises:
        InputError: the file or a row can't be used; the line says which and why.
    """
    table = read_table(params.path, "hatexplain.jsonl")
    table.require(("post_id", "official_split", "tokens", "label", "rationale"))
    rows = [_row(table.where, number, row) for number, row in enumerate(table.rows, 1)]
    return make_corpus("hatexplain", table.where, rows, limit=params.limit, rename=NAMES)


def _row(where: str, number: int, row: Mapping[str, Any]) -> Row:
    tokens, flags = row["tokens"], row["rationale"]
    place = f"{where}: row {number}"
    if not _is_list_of(str, tokens) or not _is_list_of(int, flags):
        raise InputError(f"{place}: tokens must be a list of strings and rationale a list of 0, 1")
    if len(tokens) != len(flags):
        raise InputError(f"{place}: {len(tokens)} tokens but {len(flags)} rationale flags")
    split = SPLITS.get(str(row["official_split"]))
    if split is None:
        raise InputError(f"{place}: official_split is none of {', '.join(SPLITS)}")
    spans = spans_of_flags(tokens, flags)
    return Row(" ".join(tokens), row["label"], spans, row["post_id"], split)


def _is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, kind) for part in value)
