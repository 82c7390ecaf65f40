"""Any csv, tsv, jsonl or parquet file with a column of texts and a column of labels."""

from pathlib import Path

from astrid.spec import Spec
from astrid.text.document import Corpus
from astrid.text.sources._corpus import LabelNames, Limit, Row, make_corpus
from astrid.text.sources._table import read_table


class Params(Spec):
    """Where the file is and what its columns mean.

    Attributes:
        path: a `.csv`, `.tsv`, `.jsonl` or `.parquet` file in UTF-8, with column names.
        text_field: the column of texts.
        label_field: the column of labels: words, numbers or booleans.
        rationale_field: the column of evidence: a part of the text, or a JSON list of parts or
            of `[start, end)` character positions; None where there is none.
        id_field: the column of ids, which must differ; None for the row's number from 1.
        labels: the classes to keep, in the order of their indices; None for all, sorted (numbers
            by value). Rows with other labels are left out and counted.
        limit: at most so many documents, the first ones.
    """

    path: Path
    text_field: str = "text"
    label_field: str = "label"
    rationale_field: str | None = None
    id_field: str | None = None
    labels: LabelNames | None = None
    limit: Limit = None


def load(params: Params) -> Corpus:
    """The file's usable rows as documents.

    Raises:
        InputError: the file or a row can't be used; the line says which and why.
    """
    table = read_table(params.path)
    fields = (params.text_field, params.label_field, params.rationale_field, params.id_field)
    table.require(fields)
    rows = (Row(*(row[field] if field else None for field in fields)) for row in table.rows)
    return make_corpus("file", table.where, rows, labels=params.labels, limit=params.limit)
