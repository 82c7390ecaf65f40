"""A folder with a file for each split, as data sets of the hub have when they are downloaded."""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from astrid.errors import InputError
from astrid.spec import Spec
from astrid.text.document import Corpus
from astrid.text.sources._corpus import LabelNames, Limit, Row, make_corpus
from astrid.text.sources._numbered import label_words, named, names_of, with_numbers
from astrid.text.sources._parts import SPLITS, chosen
from astrid.text.sources._table import Table, read_table

KINDS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_SHARD = re.compile(r"-\d{5}-of-\d{5}(-[0-9a-f]+)?$")


class Params(Spec):
    """Where the folder is and what its columns mean.

    Attributes:
        path: a folder with `train.csv` and `test.csv`, `data/train-00000-of-00001.parquet`,
            `train/*.jsonl` or the like.
        split: the one split to load; None for train, validation and test, as far as they are
            there, each document keeping its split.
        text_field: the column of texts.
        label_field: the column of labels; numbers that a column `<label_field>_text` names, one
            word each, get those words as names.
        rationale_field: the column of evidence, in the forms that the source `file` takes.
        labels: the classes to keep, in the order of their indices; None for all, sorted.
        limit: at most so many documents, the first ones of each split.
    """

    path: Path
    split: str | None = None
    text_field: str = "text"
    label_field: str = "label"
    rationale_field: str | None = None
    labels: LabelNames | None = None
    limit: Limit = None


def load(params: Params) -> Corpus:
    """The usable rows of the folder's splits as documents.

    Raises:
        InputError: no such folder or split, or a file or row that can't be used.
    """
    files = chosen(str(params.path), split_files(params.path), params.split)
    tables = {split: [_read(params, path) for path in paths] for split, paths in files.items()}
    records = {
        split: [record for table in parts for record in table.rows][: params.limit]
        for split, parts in tables.items()
    }
    words = label_words((row for rows in records.values() for row in rows), params.label_field)
    rows = [
        Row(
            row[params.text_field],
            named(row[params.label_field], words),
            row[params.rationale_field] if params.rationale_field else None,
            f"{split}-{number}",
            SPLITS[split] if params.split is None else None,
        )
        for split, found in records.items()
        for number, row in enumerate(found, 1)
    ]
    where = str(params.path) if params.split is None else f"{params.path} ({params.split})"
    labels = names_of(params.labels, words)
    return with_numbers(make_corpus("folder", where, rows, labels=labels), words)


def split_files(folder: Path) -> Mapping[str, list[Path]]:
    """The files of each split, by its name; those that are read by no name of a split included.

    Raises:
        InputError: no such folder, none of its files is of a known kind, or a split is there twice.
    """
    folder = folder.expanduser()
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    found: dict[str, list[Path]] = defaultdict(list)
    for path in _tables(folder) or _tables(folder / "data"):
        found[_SHARD.sub("", path.stem)].append(path)
    for inner in () if found else sorted(path for path in folder.iterdir() if path.is_dir()):
        if inner.name in SPLITS:
            found[inner.name] += _tables(inner)
    found = {split: paths for split, paths in found.items() if paths}
    if not found:
        raise InputError(_nothing(folder))
    for split, paths in found.items():
        if len({path.suffix for path in paths}) > 1:
            names = ", ".join(path.name for path in paths)
            raise InputError(f"{folder}: the split {split} is there twice ({names}); keep one")
    order = [*SPLITS, *found]
    return {split: found[split] for split in sorted(found, key=order.index)}


def _tables(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS)


def _nothing(folder: Path) -> str:
    if any(folder.rglob("*.arrow")):
        return (
            f"{folder}: made by save_to_disk, whose files are not read; write each split with "
            "its to_parquet, as train.parquet and test.parquet"
        )
    return f"{folder}: no files of splits in it, such as train.csv and test.csv"


def _read(params: Params, path: Path) -> Table:
    table = read_table(path)
    table.require((params.text_field, params.label_field, params.rationale_field))
    return table
