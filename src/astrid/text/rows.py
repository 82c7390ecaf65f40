"""Texts one by one from a file of any size, or from a corpus: never more than a little at once."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from astrid.errors import InputError
from astrid.text.document import Corpus
from astrid.text.sources._corpus import is_blank, label_name, text_of
from astrid.text.sources._table import COMPANION, Table, opened, spell_classes

LONGEST_LINE = 64 * 2**20
"""Bytes of the longest line: a file without line ends must not fill the memory."""

_PARQUET_ROWS = 256
"""Rows of a parquet file that are held at once."""

_PARQUET_BUFFER = 2**16
"""Bytes of a parquet file that are read at once."""


@dataclass(frozen=True)
class TextRow:
    """One row of a source of texts.

    Attributes:
        row: its number, from 1.
        id: its name; the row's number where the source has none.
        text: None where the row is left out: without a text, or with a label not asked for.
    """

    row: int
    id: str
    text: str | None


class TextRows(Protocol):
    """Rows that can be gone through any number of times; `where` names them in messages."""

    where: str

    def __iter__(self) -> Iterator[TextRow]: ...


class CorpusRows:
    """The documents of a corpus in memory."""

    def __init__(self, corpus: Corpus) -> None:
        self.where = corpus.name
        self._corpus = corpus

    def __iter__(self) -> Iterator[TextRow]:
        for row, document in enumerate(self._corpus, 1):
            yield TextRow(row, document.id, document.text)


class FileRows:
    """The texts of a csv, tsv, jsonl (or ndjson) or parquet file in UTF-8, read as they are asked.

    Of a parquet file a few hundred rows are in memory at a time, of the others a line.

    Args:
        path: the file.
        text_field: its column of texts.
        id_field: its column of ids, which nothing checks to differ; None for the row's number.
        label_field: its column of labels, read only where `labels` are given.
        labels: leave out the rows of any other label, by number or by word; None keeps all.
    """

    def __init__(
        self,
        path: str | Path,
        text_field: str = "text",
        id_field: str | None = None,
        label_field: str = "label",
        labels: Sequence[str] | None = None,
    ) -> None:
        self.where = str(path)
        self._path = Path(path).expanduser()
        self._text, self._id, self._label = text_field, id_field, label_field
        self._labels = None if labels is None else frozenset(map(label_name, labels))

    def __iter__(self) -> Iterator[TextRow]:
        """The rows in their order.

        Raises:
            InputError: the file, or a row of it, can't be read; the line says which and why.
        """
        labelled = None if self._labels is None else self._label
        fields = [field for field in (self._text, self._id, labelled) if field is not None]
        with opened(self._path) as file:
            if not file.read(1):
                raise InputError(f"{self.where}: the file is empty")
            file.seek(0)
            for number, values in enumerate(_records(self._path, file, fields), 1):
                yield self._row(number, values)

    def _row(self, number: int, values: Mapping[str, Any]) -> TextRow:
        name = values.get(self._id) if self._id is not None else None
        identity = str(number) if name is None else str(name)
        text = values.get(self._text)
        if is_blank(text) or not self._wanted(number, values):
            return TextRow(number, identity, None)
        return TextRow(number, identity, text_of(self.where, number, text))

    def _wanted(self, number: int, values: Mapping[str, Any]) -> bool:
        if self._labels is None:
            return True
        try:
            said = (values.get(self._label), values.get(self._label + COMPANION))
            return any(label_name(label) in self._labels for label in said)
        except ValueError as error:
            raise InputError(f"{self.where}: row {number}: {error}") from None


def _records(path: Path, file: BinaryIO, fields: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    kind = path.suffix.lower()
    if kind in (".csv", ".tsv"):
        return _csv(str(path), file, fields, "," if kind == ".csv" else "\t")
    if kind in (".jsonl", ".ndjson"):
        return _jsonl(str(path), file, fields)
    if kind == ".parquet":
        return _parquet(str(path), file, fields)
    raise InputError(f"{path}: unknown kind of file; use .csv, .tsv, .jsonl, .ndjson, .parquet")


def _lines(where: str, file: BinaryIO) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            size = LONGEST_LINE // 2**20
            raise InputError(f"{where}: line {number} is longer than {size} MiB; break the lines")
        # UTF-16 is full of NUL bytes, which would pass as UTF-8.
        if b"\0" in line:
            raise InputError(f"{where}: line {number} holds a NUL byte; save the file as UTF-8")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            problem = f"line {number} is not UTF-8; save the file as UTF-8"
            raise InputError(f"{where}: {problem}") from None


def _csv(
    where: str, file: BinaryIO, fields: Sequence[str], separator: str
) -> Iterator[dict[str, Any]]:
    # The limit belongs to the whole process; its default is shorter than a long text.
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(_lines(where, file), delimiter=separator, strict=True)
    rows = _csv_rows(where, reader)
    columns = next(rows, [])
    Table(where, tuple(columns), ()).require(fields)
    for values in rows:
        if len(values) > len(columns):
            problem = f"{len(values)} fields, where the header has {len(columns)}"
            raise InputError(
                f"{where}: line {reader.line_num}: {problem}; check the quotes and the separators"
            )
        yield dict(zip(columns, values, strict=False))


def _csv_rows(where: str, reader: Any) -> Iterator[list[str]]:
    """The rows that are not empty lines."""
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise InputError(
                f"{where}: line {reader.line_num}: {error}; check the quotes and the separators"
            ) from None
        if values is None:
            return
        if values:
            yield values


def _jsonl(where: str, file: BinaryIO, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    missing = set(fields)
    columns: tuple[str, ...] = ()
    for number, line in enumerate(_lines(where, file), 1):
        if line.strip():
            values = _object(where, number, line)
            columns = columns or tuple(values)
            missing -= values.keys()
            yield values
    Table(where, columns, ()).require(sorted(missing))


def _object(where: str, number: int, line: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        problem = error.msg if isinstance(error, json.JSONDecodeError) else "a value is too large"
        raise InputError(f"{where}: line {number} is not JSON ({problem})") from None
    if not isinstance(values, dict):
        raise InputError(f"{where}: line {number} is not a JSON object ({{...}})")
    return values


def _parquet(where: str, file: BinaryIO, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    import pyarrow
    import pyarrow.parquet

    done = 0
    try:
        # By default pyarrow reads all that it will need ahead, which is the whole file.
        table = pyarrow.parquet.ParquetFile(file, pre_buffer=False, buffer_size=_PARQUET_BUFFER)
        Table(where, tuple(table.schema_arrow.names), ()).require(fields)
        wanted = [*fields, *(field + COMPANION for field in fields)]
        columns = [name for name in dict.fromkeys(wanted) if name in table.schema_arrow.names]
        for batch in table.iter_batches(_PARQUET_ROWS, columns=columns):
            yield from spell_classes(_plain(batch), table.schema_arrow)
            done += len(batch)
    except (pyarrow.ArrowException, OSError, ValueError):
        problem = f"damaged after row {done}" if done else "not a parquet file, or a damaged one"
        raise InputError(f"{where}: {problem}; write it again") from None


def _plain(batch: Any) -> Iterable[dict[str, Any]]:
    rows: list[dict[str, Any]] = batch.to_pylist()
    return rows
