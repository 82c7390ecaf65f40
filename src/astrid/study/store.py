"""A study on disk: where everything is, what is done, and what it was done from.

```
study.json                    the spec
models/MODEL/                 trained models
evaluations/MODEL/            answers.parquet, then evaluation.json
cells/CELL/                   shard-00000.parquet, then cell.json
```

A model is evaluated, and a cell done, exactly when its JSON file is there, bears the digest of what
it should have been made from, and the Parquet file beside it is as it was written. `error.json`
says why something failed. Everything else in the folder is derived from these and can be deleted.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from astrid._version import __version__
from astrid.errors import InputError
from astrid.files import write_atomic
from astrid.models.compression import UNCOMPRESSED
from astrid.models.encoders import load_preset
from astrid.spec import checked, digest
from astrid.study.grid import ModelKey, cell_folder, grid, model_of
from astrid.study.records import CellKey
from astrid.study.spec import Rung, StudySpec

STUDY = "study.json"
EVALUATION = "evaluation.json"
ANSWERS = "answers.parquet"
CELL = "cell.json"
ERROR = "error.json"


@dataclass(frozen=True)
class Failure:
    """Why a model or a cell failed.

    Attributes:
        stage: train, evaluate or explain.
        reason: one line.
        unfit: whether it can't be done at all, rather than having gone wrong.
    """

    stage: str
    reason: str
    unfit: bool = False


@dataclass(frozen=True)
class Store:
    """The folder of a study.

    Attributes:
        folder: its place.
        spec: what the study is.
        data: fingerprints of the documents by what they are for, `train`, `evaluation` and, where
            they are others, `validation`.
    """

    folder: Path
    spec: StudySpec
    data: Mapping[str, str]

    @cached_property
    def reference(self) -> ModelKey:
        return model_of(grid(self.spec).reference)

    def model(self, model: ModelKey) -> Path:
        """The folder of a trained model."""
        return self.folder / "models" / model.folder

    def evaluation(self, model: ModelKey) -> Path:
        return self.folder / "evaluations" / model.folder

    def cell(self, cell: CellKey) -> Path:
        return self.folder / "cells" / cell_folder(cell)

    def rung(self, model: ModelKey) -> Rung:
        return {**self.spec.encoders, **self.spec.students}[model.encoder]

    def model_digest(self, model: ModelKey) -> str:
        """Changes with all that a model and its evaluation are made from.

        Those of other models that it is made from count too: of the teacher whose layers or
        answers it learns from, and of what it was before it was compressed.
        """
        rung = self.rung(model)
        made_from, recover = [], None
        if model.compression != UNCOMPRESSED:
            made_from += [model.uncompressed, self.reference]
            recover = self.spec.recover and self.spec.recover.model_dump(mode="json")
        elif rung.encoder.init == "teacher" and rung.encoder.teacher is None:
            made_from.append(self.reference)
        preset = rung.encoder.preset
        return digest(
            {
                "encoder": rung.encoder.model_dump(mode="json"),
                "architecture": preset and load_preset(preset).architecture.model_dump(mode="json"),
                "weights": _weights(rung.encoder.source or rung.encoder.teacher),
                "head": self.spec.heads[model.classifier].model_dump(mode="json"),
                "trainer": (rung.trainer or self.spec.trainer).model_dump(mode="json"),
                "seed": model.seed,
                "compression": model.compression,
                "recover": recover,
                "made_from": [self.model_digest(one) for one in made_from if one != model],
                "data": dict(self.data),
                "astrid": __version__,
            }
        )

    def cell_digest(self, cell: CellKey) -> str:
        """Changes with all that a cell is made from."""
        model = model_of(cell)
        return digest(
            {
                "model": self.model_digest(model),
                "reference": self.model_digest(self.reference),
                "method": cell.interpretability,
                "params": dict(self.spec.methods[cell.interpretability]),
                "explaining": self.spec.explaining.model_dump(mode="json"),
            }
        )

    def read_evaluation(self, model: ModelKey) -> dict[str, Any] | None:
        """What evaluating the model gave; None where that is not done (or has to be done again)."""
        return _finished(self.evaluation(model), EVALUATION, self.model_digest(model))

    def read_cell(self, cell: CellKey) -> dict[str, Any] | None:
        """What explaining gave; None where the cell is not done (or has to be done again)."""
        return _finished(self.cell(cell), CELL, self.cell_digest(cell))

    def is_stale(self, model: ModelKey) -> bool:
        """Whether the model was evaluated, but made from something else than it would be now."""
        return _is_stale(self.evaluation(model) / EVALUATION, self.model_digest(model))

    def is_stale_cell(self, cell: CellKey) -> bool:
        """Whether the cell was finished, but from something else than it would be made from now."""
        return _is_stale(self.cell(cell) / CELL, self.cell_digest(cell))

    def forget_evaluation(self, model: ModelKey) -> None:
        """To be done before another model may take the evaluated one's place."""
        (self.evaluation(model) / EVALUATION).unlink(missing_ok=True)

    def write_evaluation(self, model: ModelKey, answers: bytes, found: Mapping[str, Any]) -> None:
        stamp = self.model_digest(model)
        _finish(self.evaluation(model), EVALUATION, stamp, {ANSWERS: answers}, found)

    def write_cell(
        self, cell: CellKey, name: str, explanations: bytes, found: Mapping[str, Any]
    ) -> None:
        _finish(self.cell(cell), CELL, self.cell_digest(cell), {name: explanations}, found)

    def model_failure(self, model: ModelKey) -> Failure | None:
        """Why the model could not be trained or evaluated; None where it has not failed."""
        return _failure(self.evaluation(model), self.model_digest(model))

    def cell_failure(self, cell: CellKey) -> Failure | None:
        """Why the cell itself failed; None where it has not."""
        return _failure(self.cell(cell), self.cell_digest(cell))

    def write_model_failure(self, model: ModelKey, failure: Failure) -> None:
        _write_failure(self.evaluation(model), self.model_digest(model), failure)

    def write_cell_failure(self, cell: CellKey, failure: Failure) -> None:
        _write_failure(self.cell(cell), self.cell_digest(cell), failure)

    def clear_failures(self) -> None:
        """Forget all failures, so that what failed is tried again."""
        for path in (*self.folder.glob("evaluations/*/" + ERROR), *self._cell_errors()):
            path.unlink(missing_ok=True)

    def _cell_errors(self) -> list[Path]:
        return list(self.folder.glob("cells/*/" + ERROR))

    def lost_models(self) -> list[ModelKey]:
        """Models that are evaluated, but whose folder is gone."""
        return [
            model
            for model in grid(self.spec).models
            if self.read_evaluation(model) is not None
            and not (self.model(model) / "config.json").is_file()
        ]

    def damaged(self) -> list[Path]:
        """Folders whose Parquet file is not as it was written; what is in them is made again."""
        folders = [(self.evaluation(model), EVALUATION) for model in grid(self.spec).models]
        found = grid(self.spec)
        folders += [(self.cell(cell), CELL) for cell in (*found.cells, *found.extra)]
        return [
            folder
            for folder, name in folders
            if (record := _read(folder / name)) is not None and not _is_whole(folder, record)
        ]


@cache
def _weights(source: str | None) -> str | None:
    """Digest of the weights in a local folder; None for the hub's, and where there are none."""
    if source is None or not Path(source).is_dir():
        return None
    from astrid.training.inputs import weights_digest

    return weights_digest(Path(source))


def head_of(store: Store) -> str:
    """What `study.json` says: the version, the data's fingerprints and the spec."""
    spec = store.spec.model_dump(mode="json")
    head = {"astrid": __version__, "data": dict(store.data), "spec": spec}
    return json.dumps(head, indent=2) + "\n"


def write_head(store: Store) -> None:
    """Write `study.json`, unless it says the same already."""
    path, content = store.folder / STUDY, head_of(store).encode()
    if not path.is_file() or path.read_bytes() != content:
        write_atomic(path, content)


def read_head(folder: Path) -> dict[str, Any]:
    """What `study.json` says.

    Raises:
        InputError: there is no study, or its file is damaged.
    """
    path = folder / STUDY
    if not path.is_file():
        raise InputError(
            f"{folder}: no study is there ({STUDY} is missing); astrid study run makes one"
        )
    values = _read(path)
    if values is None or not isinstance(values.get("spec"), dict):
        raise InputError(f"{path}: damaged; run the study again with its settings")
    return values


def read_spec(folder: Path) -> StudySpec:
    """The spec of the study in `folder`.

    Raises:
        InputError: there is no study, or its file is damaged.
    """
    return checked(StudySpec, read_head(folder)["spec"], str(folder / STUDY))


def _finish(
    folder: Path, name: str, stamp: str, files: Mapping[str, bytes], found: Mapping[str, Any]
) -> None:
    """Write the files, then the record that says that they are there.

    An old failure goes before: killed between the two, what is done would count as failed.
    """
    for file, content in files.items():
        write_atomic(folder / file, content)
    record = {
        "digest": stamp,
        "files": {file: hashlib.sha256(content).hexdigest() for file, content in files.items()},
        "finished": _now(),
        **found,
    }
    (folder / ERROR).unlink(missing_ok=True)
    write_atomic(folder / name, json.dumps(record, indent=1, allow_nan=False) + "\n")


def _finished(folder: Path, name: str, stamp: str) -> dict[str, Any] | None:
    record = _read(folder / name)
    if record is None or record.get("digest") != stamp or not _is_whole(folder, record):
        return None
    return record


def _is_stale(path: Path, stamp: str) -> bool:
    record = _read(path)
    return record is not None and record.get("digest") != stamp


def _is_whole(folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether every file of the record has the bytes that it was written with."""
    files = record.get("files")
    if not isinstance(files, dict):
        return False
    return all(_sha256(folder / str(file)) == expected for file, expected in files.items())


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _failure(folder: Path, stamp: str) -> Failure | None:
    values = _read(folder / ERROR)
    if values is None or values.get("digest") != stamp:
        return None
    stage, reason = values.get("stage", ""), values.get("reason", "unknown")
    return Failure(str(stage), str(reason), bool(values.get("unfit")))


def _write_failure(folder: Path, stamp: str, failure: Failure) -> None:
    record = {"digest": stamp, "finished": _now(), **vars(failure)}
    write_atomic(folder / ERROR, json.dumps(record, indent=1) + "\n")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
