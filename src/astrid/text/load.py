"""Corpora by the name of their source."""

from pathlib import Path
from typing import Any

from pydantic import Field

from astrid import plugins
from astrid.errors import InputError
from astrid.spec import Spec, checked, nearest
from astrid.text.document import Corpus, Document
from astrid.text.rows import FileRows
from astrid.text.sources import file
from astrid.text.sources._table import read_table
from astrid.text.splits import Fractions, Splits, split

SOURCES = "astrid.text.sources"


class DataSpec(Spec):
    """Which corpus, and how to divide it.

    Attributes:
        source: the name of a file in `astrid/text/sources/`.
        params: settings of that source.
        fractions: of the train, validation and test split; above 0, sum 1.
        seed: of the division.
    """

    source: str
    params: dict[str, Any] = Field(default_factory=dict)
    fractions: Fractions = (0.8, 0.1, 0.1)
    seed: int = Field(default=0, ge=0, lt=2**32)


def load_corpus(spec: DataSpec) -> Corpus:
    """The corpus of `spec`'s source.

    Raises:
        InputError: no such source, a wrong setting, or data that can't be used.
    """
    source = plugins.load(SOURCES, spec.source)
    corpus: Corpus = source.load(checked(source.Params, spec.params, "data.params"))
    return corpus


def file_rows(spec: DataSpec) -> FileRows:
    """The texts of a file, read one by one; `spec` is of the source `file`.

    Its limit and its rationale field don't count here.

    Raises:
        InputError: a wrong setting.
    """
    params = checked(file.Params, spec.params, "data.params")
    return FileRows(
        params.path, params.text_field, params.id_field, params.label_field, params.labels
    )


def load_unlabelled(spec: DataSpec) -> Corpus:
    """The texts of a file as documents without labels; `spec` is of the source `file`.

    Rows without a text are left out and counted in `facts["skipped"]`.

    Raises:
        InputError: the file can't be read, or no row has a text.
    """
    rows = list(file_rows(spec))
    documents = tuple(Document(row.id, row.text) for row in rows if row.text is not None)
    if not documents:
        raise InputError(f"{spec.params['path']}: no row is left to use (none has a text)")
    skipped = len(rows) - len(documents)
    return Corpus("file", documents, {}, {"skipped": {"without text": skipped} if skipped else {}})


def has_labels(spec: DataSpec) -> bool:
    """Whether the source knows labels: a file by its columns, every other source by itself.

    Raises:
        InputError: the file can't be read.
    """
    if spec.source != "file":
        return True
    params = checked(file.Params, spec.params, "data.params")
    columns = read_table(params.path).columns
    return any(column in columns for column in params.label_columns)


def load_splits(spec: DataSpec) -> Splits:
    """The corpus of `spec`, divided.

    Raises:
        InputError: as for `load_corpus`, or the corpus can't be divided.
    """
    return split(load_corpus(spec), spec.fractions, spec.seed)


def data_spec_for(
    path_or_name: str,
    text_field: str = "text",
    label_field: str = "label",
    rationale_field: str | None = None,
) -> DataSpec:
    """What `--data` of the command line means: the name of a source, or a file's path.

    The fields are those of a file; a source knows its own. Several columns of labels, separated by
    commas, are several tasks.

    Raises:
        InputError: neither a source nor a file.

    >>> data_spec_for("verdicts").source
    'verdicts'
    """
    known = plugins.names(SOURCES)
    if path_or_name in known:
        return DataSpec(source=path_or_name)
    if not Path(path_or_name).expanduser().exists():
        hint = nearest(path_or_name, known)
        raise InputError(f'data "{path_or_name}": neither a file nor a source of data; {hint}')
    columns = [column.strip() for column in label_field.split(",")]
    fields: dict[str, Any] = {"text_field": text_field}
    fields |= {"label_fields": columns} if len(columns) > 1 else {"label_field": label_field}
    optional = {} if rationale_field is None else {"rationale_field": rationale_field}
    return DataSpec(source="file", params={"path": path_or_name} | fields | optional)
