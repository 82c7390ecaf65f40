"""United States Supreme Court cases: from the facts, does the first party win?

The layout of Kaggle's "Supreme Court Judgment Prediction": columns `ID`, `facts`,
`first_party_winner` (1 or True where the first party won).
"""

from pathlib import Path

from astrid.spec import Spec
from astrid.text.document import Corpus
from astrid.text.sources._corpus import Limit, Row, make_corpus
from astrid.text.sources._table import read_table

LOST, WON = "second party wins", "first party wins"
NAMES = {"0": LOST, "1": WON, "false": LOST, "true": WON}


class Params(Spec):
    """Where the file is.

    Attributes:
        path: the file, or the folder with `justice.csv`.
        limit: at most so many documents, the first ones.
    """

    path: Path
    limit: Limit = None


def load(params: Params) -> Corpus:
    """A document a case, with the classes `second party wins` and `first party wins`.

    Raises:
        InputError: the file or a row can't be used; the line says which and why.
    """
    table = read_table(params.path, "justice.csv")
    table.require(("ID", "facts", "first_party_winner"))
    rows = (Row(row["facts"], row["first_party_winner"], id=row["ID"]) for row in table.rows)
    return make_corpus("justice", table.where, rows, limit=params.limit, rename=NAMES)
