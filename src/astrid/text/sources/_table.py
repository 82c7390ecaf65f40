"""Reading rows from a csv, tsv, jsonl or parquet file, with one clear line when it is broken."""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from astrid.errors import InputError
from astrid.spec import nearest

COMPANION = "_text"
"""What the column of a label's words adds to the name of the column of labels."""


@dataclass(frozen=True)
class Table:
    """Rows as they stand in a file.

    Attributes:
        where: the file, for messages.
        columns: names in the file's order.
        rows: from column name to value; strings from csv and tsv, plain values otherwise;
            every row has every column.
    """

    where: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]

    def require(self, columns: Iterable[str | None]) -> None:
        """Check that the columns are there; None is passed over.

        Raises:
            InputError: a column is missing; the line names those there are and the nearest.
        """
        for column in columns:
            if column is not None and column not in self.columns:
                hint = nearest(column, self.columns)
                there = "" if hint.startswith("known") else f" (known: {', '.join(self.columns)})"
                raise InputError(f'{self.where}: no column "{column}"; {hint}{there}')


def read_table(path: Path, name: str | None = None) -> Table:
    """The rows of a `.csv`, `.tsv`, `.jsonl` (also `.ndjson`) or `.parquet` file in UTF-8.

    Args:
        path: the file, or its folder where `name` is given.
        name: the file's usual name inside a folder.

    Raises:
        InputError: the file is missing, empty, of another kind, or not what its ending says.
    """
    path = path.expanduser()
    if name is not None and path.is_dir():
        path = path / name
    readers: dict[str, Callable[[str, bytes], Table]] = {
        ".csv": _read_csv,
        ".tsv": _read_tsv,
        ".jsonl": _read_jsonl,
        ".ndjson": _read_jsonl,
        ".parquet": _read_parquet,
    }
    content = _read_bytes(path)
    if path.suffix.lower() not in readers:
        raise InputError(f"{path}: unknown kind of file; use {', '.join(readers)}")
    table = readers[path.suffix.lower()](str(path), content)
    if not table.rows:
        raise InputError(f"{path}: there are no rows in this file")
    return table


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file for reading.

    Raises:
        InputError: it isn't there, or it can't be read.
    """
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: this is a folder; give the file in it") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: can't be read ({error})") from None


def _read_bytes(path: Path) -> bytes:
    with opened(path) as file:
        content = file.read()
    if not content.strip():
        raise InputError(f"{path}: the file is empty")
    return content


def _decode(where: str, content: bytes) -> str:
    # UTF-16 is full of NUL bytes, which would pass as UTF-8.
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise InputError(f"{where}: line {line} holds a NUL byte; save the file as UTF-8 text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{where}: line {line} is not UTF-8; save the file as UTF-8") from None


def _read_csv(where: str, content: bytes, separator: str = ",") -> Table:
    import pandas

    text = io.StringIO(_decode(where, content))
    try:
        frame = pandas.read_csv(text, sep=separator, dtype=str, keep_default_na=False)
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError) as error:
        problem = str(error).split("C error: ")[-1]
        raise InputError(f"{where}: {problem}; check the quotes and the separators") from None
    # pandas takes surplus fields at the start of every row for an index.
    if not isinstance(frame.index, pandas.RangeIndex):
        raise InputError(f"{where}: the rows have more fields than the header")
    columns = tuple(str(column) for column in frame.columns)
    return Table(where, columns, tuple(_as_records(columns, frame.itertuples(index=False))))


def _read_tsv(where: str, content: bytes) -> Table:
    return _read_csv(where, content, "\t")


def _as_records(
    columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> Iterable[dict[str, Any]]:
    return (dict(zip(columns, row, strict=True)) for row in rows)


def _read_jsonl(where: str, content: bytes) -> Table:
    rows: list[Mapping[str, Any]] = []
    for number, line in enumerate(_decode(where, content).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            problem = (
                error.msg if isinstance(error, json.JSONDecodeError) else "a value is too large"
            )
            raise InputError(f"{where}: line {number} is not JSON ({problem})") from None
        if not isinstance(row, dict):
            raise InputError(f"{where}: line {number} is not a JSON object ({{...}})")
        rows.append(row)
    columns = tuple(dict.fromkeys(key for row in rows for key in row))
    return Table(where, columns, tuple({key: row.get(key) for key in columns} for row in rows))


def _read_parquet(where: str, content: bytes) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(content))
        rows = tuple(table.to_pylist())
    except (pyarrow.ArrowException, OSError, ValueError):
        raise InputError(f"{where}: not a parquet file, or a damaged one") from None
    spelled = spell_classes(rows, table.schema)
    return Table(where, tuple(table.column_names), tuple(spelled))


def spell_classes(rows: Iterable[dict[str, Any]], schema: Any) -> Iterable[dict[str, Any]]:
    """The rows with a companion to each column whose numbers the file's own notes have words for.

    That is what `datasets` writes into parquet files; -1 is a label that is not told.
    """
    names = _class_names(schema)
    for row in rows:
        for column, words in names.items():
            if column in row:
                number = row[column]
                told = isinstance(number, int) and 0 <= number < len(words)
                row[column] = number if told else None
                row[column + COMPANION] = words[number] if told else None
        yield row


def _class_names(schema: Any) -> dict[str, tuple[str, ...]]:
    try:
        notes = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        return {
            column: tuple(feature["names"])
            for column, feature in notes["info"]["features"].items()
            if feature.get("_type") == "ClassLabel"
            and column in schema.names
            and column + COMPANION not in schema.names
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
