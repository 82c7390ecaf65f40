"""Tweets with their sentiment and the words that a person chose as the reason for it.

The layout of Kaggle's "Tweet Sentiment Extraction": columns `textID`, `text`, `selected_text`,
`sentiment`. For neutral tweets the chosen words are mostly the whole tweet, and so no evidence;
`labels=[negative,positive]` leaves them out.
"""

from pathlib import Path

from astrid.spec import Spec
from astrid.text.document import Corpus
from astrid.text.sources._corpus import LabelNames, Limit, Row, make_corpus
from astrid.text.sources._table import read_table

SENTIMENTS = ("negative", "neutral", "positive")


class Params(Spec):
    """Where the file is and which sentiments to keep.

    Attributes:
        path: the file, or the folder with `tweets.csv`.
        labels: the classes to keep, in the order of their indices.
        limit: at most so many documents, the first ones.
    """

    path: Path
    labels: LabelNames = SENTIMENTS
    limit: Limit = None


def load(params: Params) -> Corpus:
    """A document a tweet, with the chosen words as its rationale.

    Raises:
        InputError: the file or a row can't be used; the line says which and why.
    """
    table = read_table(params.path, "tweets.csv")
    table.require(("textID", "text", "selected_text", "sentiment"))
    rows = (
        Row(row["text"], row["sentiment"], row["selected_text"], row["textID"])
        for row in table.rows
    )
    names = {name: name for name in SENTIMENTS}
    return make_corpus(
        "tweets", table.where, rows, labels=params.labels, limit=params.limit, rename=names
    )
