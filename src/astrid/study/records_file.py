"""The records of a study on disk: results, and the frames that the report is made from.

They are derived from the cells, and made again where these have changed.
"""

import hashlib
import io
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pandas as pd

from astrid.files import locked_together, write_atomic
from astrid.progress import Bar, no_bar
from astrid.study.grid import grid
from astrid.study.records import CellKey, StudyRecords
from astrid.study.store import Store

RESULTS = "results.parquet"
RESULTS_CSV = "results.csv"
RECORDS = "records"
"""Folder of the frames."""

_MADE = "made.json"
_LOCK = ".records"


def up_to_date(store: Store, progress: Bar = no_bar) -> StudyRecords:
    """The study's records, collected anew and written where any cell has changed since."""
    digest = _digest(store)
    found = _read(store, digest)
    if found is not None:
        return found
    # Two who find them old at the same time must not write them at the same time.
    with locked_together(store.folder / _LOCK, alone=True):
        found = _read(store, digest)
        if found is None:
            from astrid.study.collect import collect

            found = collect(store, progress)
            write_records(store.folder, found, digest)
    return found


def write_records(folder: Path, records: StudyRecords, digest: str) -> None:
    """Write `results.parquet`, `results.csv` and the frames; the mark of what they are of, last."""
    write_atomic(folder / RESULTS, _parquet(records.results))
    write_atomic(folder / RESULTS_CSV, records.results.to_csv(index=False))
    for name in _frames():
        if name != "results":
            write_atomic(folder / RECORDS / f"{name}.parquet", _parquet(getattr(records, name)))
    made = {
        "digest": digest,
        "name": records.name,
        "reference": asdict(records.reference),
        "methods": records.methods,
        "encoders": records.encoders,
        "heads": records.heads,
        "made": records.made,
    }
    write_atomic(folder / RECORDS / _MADE, json.dumps(made, indent=1) + "\n")


def read_records(folder: Path) -> StudyRecords:
    """The records that were written to `folder`."""
    made: dict[str, Any] = json.loads((folder / RECORDS / _MADE).read_text(encoding="utf-8"))
    frames = {
        name: _read_parquet(
            folder / (RESULTS if name == "results" else f"{RECORDS}/{name}.parquet")
        )
        for name in _frames()
    }
    return StudyRecords(
        name=made["name"],
        reference=CellKey(**made["reference"]),
        methods=tuple(made["methods"]),
        encoders=tuple(made["encoders"]),
        heads=tuple(made["heads"]),
        made=made["made"],
        **frames,
    )


def _frames() -> list[str]:
    return [field.name for field in fields(StudyRecords) if field.type is pd.DataFrame]


def _read(store: Store, digest: str) -> StudyRecords | None:
    """The records on disk, if they are of the cells as they are now."""
    if not (store.folder / RESULTS_CSV).is_file():
        return None
    try:
        mark = json.loads((store.folder / RECORDS / _MADE).read_text(encoding="utf-8"))
        return read_records(store.folder) if mark["digest"] == digest else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(store: Store) -> str:
    """Changes when any cell, evaluation or failure does."""
    hashed = hashlib.sha256(store.spec.digest().encode())
    cells = grid(store.spec)
    for model in cells.models:
        failure = store.model_failure(model)
        hashed.update(json.dumps([store.read_evaluation(model), str(failure)]).encode())
    for cell in (*cells.cells, *cells.extra):
        failure = store.cell_failure(cell)
        hashed.update(json.dumps([store.read_cell(cell), str(failure)]).encode())
    return hashed.hexdigest()[:16]


def _read_parquet(path: Path) -> pd.DataFrame:
    """The frame in a file; a folder in its place is none, where pandas would read what is in it."""
    return pd.read_parquet(io.BytesIO(path.read_bytes()))


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()
