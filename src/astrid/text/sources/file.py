"""Any csv, tsv, jsonl or parquet file with a column of texts and one or more of labels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import model_validator

from astrid.spec import Spec
from astrid.text.document import Corpus
from astrid.text.sources._corpus import LabelNames, Limit, Row, TaskNames, make_corpus
from astrid.text.sources._numbered import label_words, named, names_of, with_numbers
from astrid.text.sources._table import read_table


class Params(Spec):
    """Where the file is and what its columns mean.

    Attributes:
        path: a `.csv`, `.tsv`, `.jsonl` or `.parquet` file in UTF-8, with column names.
        text_field: the column of texts.
        label_field: the column of labels: words, numbers or booleans. Numbers that a column
            `<label_field>_text` names, one word each, get those words as names.
        label_fields: instead of it, the columns of several tasks, each named like its column; or
            a mapping from column to the classes to keep, in the order of their indices, None for
            all. A row may lack the labels of some tasks.
        rationale_field: the column of evidence: a part of the text, or a JSON list of parts or
            of `[start, end)` character positions; None where there is none.
        id_field: the column of ids, which must differ; None for the row's number from 1.
        group_field: the column of what a text belongs to, such as the person who wrote it:
            one group's texts never fall in two splits. None where there is none.
        labels: the classes of `label_field` to keep, in the order of their indices; None for all,
            sorted (numbers by value). Rows with other labels are left out and counted.
        limit: at most so many documents, the first ones.
    """

    path: Path
    text_field: str = "text"
    label_field: str = "label"
    label_fields: TaskNames | None = None
    rationale_field: str | None = None
    id_field: str | None = None
    group_field: str | None = None
    labels: LabelNames | None = None
    limit: Limit = None

    @model_validator(mode="after")
    def _labels_of_one_task(self) -> "Params":
        if self.labels is not None and self.label_fields is not None:
            raise ValueError("labels: give the classes of several tasks in label_fields")
        return self

    @property
    def label_columns(self) -> tuple[str, ...]:
        """The columns of labels."""
        return (self.label_field,) if self.label_fields is None else tuple(self.label_fields)


def load(params: Params) -> Corpus:
    """The file's usable rows as documents.

    Raises:
        InputError: the file or a row can't be used; the line says which and why.
    """
    table = read_table(params.path)
    others = (params.rationale_field, params.id_field, params.group_field)
    table.require((params.text_field, *params.label_columns, *others))
    words = {} if params.label_fields else label_words(table.rows, params.label_field)
    rows = (_row(params, row, words) for row in table.rows)
    corpus = make_corpus(
        "file",
        table.where,
        rows,
        labels=names_of(params.labels, words),
        limit=params.limit,
        tasks=params.label_fields,
    )
    return with_numbers(corpus, words)


def _row(params: Params, row: Mapping[str, Any], words: Mapping[str, str]) -> Row:
    several = params.label_fields is not None
    return Row(
        text=row[params.text_field],
        label={task: row[task] for task in params.label_columns}
        if several
        else named(row[params.label_field], words),
        rationale=row[params.rationale_field] if params.rationale_field else None,
        id=row[params.id_field] if params.id_field else None,
        group=row[params.group_field] if params.group_field else None,
    )
