"""Shards: explanations of a fixed stretch of rows, as one Parquet file of fixed bytes.

Shard k, from 0, holds the rows k · size + 1 … (k + 1) · size of the source, or what of them has a
text. It is one run of the engine over exactly these texts, so that its bytes depend on nothing
else: not on what was explained before, nor on the process that did it.

A file holds the SHA-256 of its own bytes, taken with zeros in the place of the digest: a shard
counts as done only where every byte is as it was written.
"""

import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrid.errors import InputError
from astrid.explain.records import Explanation
from astrid.text.rows import TextRow

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

NAME = "shard-{:05d}.parquet"
PATTERN = "shard-*.parquet"
_STAMP = b"astrid"
_NO_DIGEST = b"0" * 64
_DIGEST = re.compile(rb'"bytes": "([0-9a-f]{64})"')


@dataclass(frozen=True)
class Shard:
    """The texts of one shard, with their place in the source.

    Attributes:
        number: from 0; the file's number.
        where: the source, for messages.
        rows: those that are explained; each has a text.
    """

    number: int
    where: str
    rows: tuple[TextRow, ...]

    @property
    def file(self) -> str:
        return NAME.format(self.number)

    def digest(self) -> str:
        """16 hex digits that change with any row number, id or text."""
        lines = json.dumps([asdict(row) for row in self.rows])
        return hashlib.sha256(lines.encode()).hexdigest()[:16]


def cut(where: str, rows: Iterable[TextRow], size: int, limit: int | None) -> Iterator[Shard]:
    """The shards of `size` rows each that have a text to explain, one in memory at a time.

    Args:
        where: the source, for messages.
        rows: in the order of their numbers.
        size: rows of the source in a shard.
        limit: stop after so many texts.
    """
    first = rows if limit is None else _first(rows, limit)
    for number, group in groupby(first, key=lambda row: (row.row - 1) // size):
        texts = tuple(row for row in group if row.text is not None)
        if texts:
            yield Shard(number, where, texts)


def _first(rows: Iterable[TextRow], limit: int) -> Iterator[TextRow]:
    """The rows up to the one with the last text wanted."""
    for row in rows:
        yield row
        limit -= row.text is not None
        if limit == 0:
            return


def to_bytes(shard: Shard, found: Iterable[Explanation], run: str) -> bytes:
    """The Parquet file of a shard: a row a text, in the order of the source.

    Args:
        shard: the texts.
        found: their explanations, in the same order.
        run: digest of all that decides the scores; kept in the file with the texts' own.
    """
    import pyarrow
    import pyarrow.parquet

    rows = [
        {"row": text.row, "id": text.id, **explanation.to_dict()}
        for text, explanation in zip(shard.rows, found, strict=True)
    ]
    stamp = json.dumps({"run": run, "texts": shard.digest(), "bytes": _NO_DIGEST.decode()})
    table = pyarrow.Table.from_pylist(rows, schema=schema().with_metadata({_STAMP: stamp}))
    buffer = io.BytesIO()
    # Settings are named, so that another version's defaults don't change the bytes.
    pyarrow.parquet.write_table(table, buffer, compression="zstd", version="2.6")
    return _sealed(buffer.getvalue())


def _sealed(content: bytes) -> bytes:
    """The file with its own digest."""
    place = _digest_place(content)
    digest = hashlib.sha256(content).hexdigest().encode()
    return content[: place.start] + digest + content[place.stop :]


def _is_whole(content: bytes) -> bool:
    """Whether the file's digest is that of its bytes."""
    try:
        place = _digest_place(content)
    except ValueError:
        return False
    bare = content[: place.start] + _NO_DIGEST + content[place.stop :]
    return hashlib.sha256(bare).hexdigest().encode() == content[place]


def _digest_place(content: bytes) -> slice:
    """Where the digest stands in the file's footer.

    Raises:
        ValueError: nowhere.
    """
    *_, last = _DIGEST.finditer(content)
    return slice(*last.span(1))


def schema() -> "pyarrow.Schema":
    """Columns of a shard: those of `Explanation.to_dict`, after the row's number and id."""
    import pyarrow as pa

    scores, names = pa.list_(pa.float64()), pa.list_(pa.string())
    target = {"index": pa.int64(), "label": pa.string(), "value": pa.float64(), "kind": pa.string()}
    answer = {"label": pa.string(), "probability": pa.float64()}
    fields = {
        "row": pa.int64(),
        "id": pa.string(),
        "text": pa.string(),
        "method": pa.string(),
        "target": pa.struct(list(target.items())),
        "prediction": pa.struct(list(answer.items())),
        "tokens": names,
        "token_scores": scores,
        "words": names,
        "word_scores": scores,
        "offsets": pa.list_(pa.list_(pa.int64())),
        "completeness_gap": pa.float64(),
        "converged": pa.bool_(),
        "evaluations": pa.int64(),
        "truncated": pa.bool_(),
        "special_share": pa.float64(),
        "precision": pa.string(),
        "standard_errors": scores,
    }
    return pa.schema(list(fields.items()))


def is_done(folder: Path, shard: Shard, run: str) -> bool:
    """Whether the shard's file is there.

    Raises:
        InputError: any byte of the file is not as it was written, or it holds other texts or
            another run than asked.
    """
    path = folder / shard.file
    if not path.exists():
        return False
    stamp = _stamp(_content(path), path)
    if stamp.get("run") != run:
        raise InputError(f"{path}: comes of another run; choose another folder")
    if stamp.get("texts") != shard.digest():
        first, last = shard.rows[0].row, shard.rows[-1].row
        raise InputError(
            f"{shard.where}: rows {first} to {last} are not those explained in {path}; restore "
            "them, or choose another folder"
        )
    return True


def _content(path: Path) -> bytes:
    """The bytes of a shard's file, all as they were written."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror or error})") from None
    if not _is_whole(content):
        raise _damaged(path)
    return content


def _stamp(content: bytes, path: Path) -> dict[str, Any]:
    import pyarrow
    import pyarrow.parquet

    try:
        metadata = pyarrow.parquet.read_schema(io.BytesIO(content)).metadata or {}
        stamp: dict[str, Any] = json.loads(metadata.get(_STAMP, b"{}"))
    except (pyarrow.ArrowException, OSError, ValueError):
        raise _damaged(path) from None
    return stamp


def _damaged(path: Path) -> InputError:
    return InputError(f"{path}: damaged; delete it, and it is made again")


def read(folder: str | Path) -> "Iterator[pd.DataFrame]":
    """The finished shards of a folder in the order of the texts, one in memory at a time.

    Raises:
        InputError: there is none, or one is damaged.
    """
    import pandas as pd

    paths = sorted(Path(folder).glob(PATTERN), key=lambda path: (len(path.name), path.name))
    if not paths:
        raise InputError(f"{folder}: no shards of explanations ({PATTERN}) are there")
    for path in paths:
        yield pd.read_parquet(io.BytesIO(_content(path)))
