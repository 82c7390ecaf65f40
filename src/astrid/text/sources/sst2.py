"""Phrases from film reviews, negative or positive: the Stanford Sentiment Treebank of GLUE.

Columns `sentence` and `label` (1 positive, 0 negative).
"""

from pathlib import Path

from astrid.spec import Spec
from astrid.text.document import Corpus
from astrid.text.sources._corpus import Limit, Row, make_corpus
from astrid.text.sources._table import read_table

NAMES = {"0": "negative", "1": "positive"}


class Params(Spec):
    """Where the file is.

    Attributes:
        path: the file, or the folder with `sst2.csv`.
        limit: at most so many documents, the first ones.
    """

    path: Path
    limit: Limit = None


def load(params: Params) -> Corpus:
    """A document a phrase, with the classes `negative` and `positive`.

    Raises:
        InputError: the file or a row can't be used; the line says which and why.
    """
    table = read_table(params.path, "sst2.csv")
    table.require(("sentence", "label"))
    rows = (Row(row["sentence"], row["label"]) for row in table.rows)
    return make_corpus("sst2", table.where, rows, limit=params.limit, rename=NAMES)
