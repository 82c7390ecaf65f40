"""How far a study is."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from astrid.files import is_locked
from astrid.study.grid import Grid, cell_folder, grid, model_of
from astrid.study.records import CellKey
from astrid.study.store import Store
from astrid.study.tasks import RUNNING

State = Literal["done", "running", "failed", "to do", "left out"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class CellState:
    """One cell.

    Attributes:
        cell: its name.
        model: its model's name.
        state: `running` where a process is at its model.
        stage: train or explain, what is done or has failed; empty where nothing has begun.
        reason: why it failed, waits or is left out; empty otherwise.
    """

    cell: str
    model: str
    state: State
    stage: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Status:
    """A study's cells, and how long the rest will take.

    Attributes:
        cells: every cell of the grid, then the twin's and those of further students.
        is_running: whether a run is at it now.
        seconds_left: of the cells that are running or to do, from what finished ones took; None
            where nothing is finished yet. For the number of workers of the last run.
        workers: of the last run.
    """

    cells: tuple[CellState, ...]
    is_running: bool
    seconds_left: float | None
    workers: int

    def count(self, state: State) -> int:
        """How many cells are in this state."""
        return sum(cell.state == state for cell in self.cells)

    def to_dict(self) -> dict[str, Any]:
        return {
            "counts": {state: self.count(state) for state in STATES},
            "is_running": self.is_running,
            "seconds_left": self.seconds_left,
            "workers": self.workers,
            "cells": [asdict(cell) for cell in self.cells],
        }


def status_of(store: Store) -> Status:
    """The state of every cell."""
    cells = grid(store.spec)
    under_way = set(running_models(store.folder)) if is_locked(store.folder) else set()
    states = list(_states(store, cells, under_way))
    states += [
        CellState(cell_folder(cell), model_of(cell).folder, "left out", reason=reason)
        for cell, reason in cells.left_out
    ]
    workers = _workers(store.folder)
    return Status(
        tuple(states), is_locked(store.folder), _seconds_left(store, cells, workers), workers
    )


def running_models(folder: Path) -> Iterator[str]:
    """Folders' names of the models that a process was at last."""
    for path in (folder / RUNNING).glob("*.json"):
        yield path.stem


def _states(store: Store, cells: Grid, under_way: set[str]) -> Iterator[CellState]:
    reference_failed = store.model_failure(store.reference) is not None
    for cell in (*cells.cells, *cells.extra):
        yield _state(store, cell, under_way, reference_failed)


def _state(store: Store, cell: CellKey, under_way: set[str], reference_failed: bool) -> CellState:
    model, name = model_of(cell), cell_folder(cell)
    if store.read_cell(cell) is not None:
        return CellState(name, model.folder, "done", "explain")
    failure = store.model_failure(model) or store.cell_failure(cell)
    if failure is not None:
        state: State = "left out" if failure.unfit else "failed"
        return CellState(name, model.folder, state, failure.stage, failure.reason)
    if model.folder in under_way:
        stage = "train" if store.read_evaluation(model) is None else "explain"
        return CellState(name, model.folder, "running", stage)
    why = f"waits for {store.reference.folder}, which failed" if reference_failed else ""
    return CellState(name, model.folder, "to do", reason=why)


def _seconds_left(store: Store, cells: Grid, workers: int) -> float | None:
    """Time of what is left: as long as the same encoder, or else the mean encoder, took."""
    trained = {model: store.read_evaluation(model) for model in cells.models}
    training = _means(
        [(model.encoder, found["seconds"]) for model, found in trained.items() if found]
    )
    explained: list[tuple[tuple[str, str], float]] = []
    todo: list[CellKey] = []
    for cell in (*cells.cells, *cells.extra):
        found = store.read_cell(cell)
        if found is not None:
            explained.append(((cell.encoder, cell.interpretability), found["seconds"]))
        elif store.cell_failure(cell) is None and store.model_failure(model_of(cell)) is None:
            todo.append(cell)
    explaining = _means(explained)
    models = [
        model
        for model, found in trained.items()
        if found is None and store.model_failure(model) is None
    ]
    if not (models or todo):
        return 0.0
    if (models and not training) or (todo and not explaining):
        return None
    left = sum(training.get(model.encoder, _mean(training)) for model in models)
    left += sum(
        explaining.get((cell.encoder, cell.interpretability), _mean(explaining)) for cell in todo
    )
    return left / workers


def _means(pairs: list[tuple[Any, float]]) -> dict[Any, float]:
    groups: dict[Any, list[float]] = {}
    for key, seconds in pairs:
        groups.setdefault(key, []).append(float(seconds))
    return {key: sum(values) / len(values) for key, values in groups.items()}


def _mean(means: dict[Any, float]) -> float:
    return sum(means.values()) / len(means)


def _workers(folder: Path) -> int:
    try:
        values = json.loads((folder / RUNNING / "workers").read_text(encoding="utf-8"))
        return max(int(values["workers"]), 1)
    except (OSError, ValueError, KeyError, TypeError):
        return 1
