"""Running a study: everything that is not done yet, on this machine or on a cluster."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from astrid.errors import InputError
from astrid.files import locked, require_writable, write_atomic
from astrid.progress import Bar, no_bar
from astrid.study.grid import Grid, ModelKey, grid
from astrid.study.schedule import Executor, Plan, Told, carry_out, plan
from astrid.study.sizing import crew
from astrid.study.spec import StudySpec
from astrid.study.store import STUDY, Failure, Store, head_of, read_head, write_head
from astrid.study.tasks import RUNNING, Ended, Place, Task, fingerprints
from astrid.text.load import load_splits

EngineName = Literal["local", "ray"]


@dataclass(frozen=True)
class Engine:
    """Where the work is done.

    Attributes:
        name: `local` (processes of this machine) or `ray`.
        address: of a Ray cluster; None starts one on this machine.
        workers: processes of this machine; None: as many as it has cores and memory for; 0: none
            but this one.
        threads: of each process; None: its part of the cores, and 1 on a cluster.
        device: that models run on.
    """

    name: EngineName = "local"
    address: str | None = None
    workers: int | None = None
    threads: int | None = None
    device: str = "cpu"


@dataclass(frozen=True)
class RunResult:
    """What came of a run.

    Attributes:
        store: the study.
        grid: its cells.
        made: models and cells that this run made.
        failures: what went wrong in this run, by the name of the model or cell.
        damaged: folders whose files were not as they had been written, and were made again.
    """

    store: Store
    grid: Grid
    made: int
    failures: tuple[tuple[str, Failure], ...]
    damaged: tuple[Path, ...]


def run_study(
    spec: StudySpec,
    folder: Path,
    engine: Engine | None = None,
    retry_failed: bool = False,
    overwrite: bool = False,
    progress: Bar = no_bar,
    say: Callable[[str], None] = lambda line: None,
) -> RunResult:
    """Do all of `spec` that is not done in `folder` yet.

    Killed at any moment and called again, it goes on: what is finished is never made twice. What
    has failed is left alone unless `retry_failed` is set. Cells may be added to a study by calling
    it with a larger spec.

    Args:
        spec: the study.
        folder: of the study, made where it isn't there; no two runs can be in it at once.
        engine: where the work is done.
        retry_failed: whether to try again what failed before.
        overwrite: whether cells of other settings in the folder may be replaced.
        progress: shows how far it is, for example `astrid.progress.bar`.
        say: told of anything that people should know.

    Raises:
        InputError: settings or data that can't be used, a folder that holds results of other
            settings, is in use or can't be written, or no room on the disk.
    """
    engine = engine or Engine()
    splits = load_splits(spec.data)
    if splits.train.several:
        raise InputError(
            f"data: {splits.train.name} has the tasks {', '.join(splits.train.label_names)}; a "
            "study needs one label a document (of a file, choose it with label_field)"
        )
    store = Store(folder.absolute(), spec, fingerprints(spec, splits))
    cells = grid(spec)
    require_writable(folder / STUDY)
    with locked(folder):
        _check_folder(store, cells, overwrite)
        write_head(store)
        shutil.rmtree(folder / RUNNING, ignore_errors=True)  # of a run that was killed
        if retry_failed:
            store.clear_failures()
        damaged = tuple(store.damaged())
        for path in damaged:
            say(f"{path}: not as it was written; it is made again")
        todo = plan(store, cells)
        tally = _Tally()
        if todo.steps and (lost := store.lost_models()):
            for model in lost:  # explanations that are still to be made need it
                say(f"{store.model(model)}: is gone; it is trained again")
                store.forget_evaluation(model)
            todo = plan(store, cells)
        if todo.steps:
            _check_settings(spec)
            _carry_out(store, todo, engine, progress, tally)
    return RunResult(store, cells, tally.made, tuple(tally.failures), damaged)


def _check_settings(spec: StudySpec) -> None:
    """Refuse settings of encoders, heads and methods that are wrong, before there is any work."""
    # They bring torch and more, which a study that is finished does without.
    from astrid.explain import methods
    from astrid.models import build, heads

    for name, rung in {**spec.encoders, **spec.students}.items():
        encoder = rung.encoder
        if encoder.init == "teacher" and encoder.teacher is None:
            encoder = encoder.model_copy(update={"teacher": "the reference"})
        try:
            build.check_settings(encoder)
        except InputError as error:
            raise InputError(f"encoders.{name}: {error}") from None
    for method, params in spec.methods.items():
        try:
            methods.params(method, dict(params))
        except InputError as error:
            raise InputError(f"methods.{method}: {error}") from None
    for name, head in spec.heads.items():
        try:
            heads.check(head)
        except InputError as error:
            raise InputError(f"heads.{name}: {error}") from None


class _Tally:
    """What has come of a run so far."""

    def __init__(self) -> None:
        self.made = 0
        self.failures: list[tuple[str, Failure]] = []
        self._told: Counter[Task] = Counter()

    def note(self, event: Told | Ended) -> int:
        """Count what happened; of how many steps it is the end."""
        if isinstance(event, Told):
            self._told[event.task] += 1
            return 1
        task = event.task
        steps = max(len(task.methods), 1) - event.put_back
        self.made += steps - len(event.failures)
        self.failures += [(_name(task.model, method), why) for method, why in event.failures]
        # A cluster's tasks don't tell, nor those of a process that died.
        return steps - self._told.pop(task, 0)


def _carry_out(store: Store, todo: Plan, engine: Engine, progress: Bar, tally: _Tally) -> None:
    with ExitStack() as stack:
        executor = stack.enter_context(_executor(store, engine))
        workers = json.dumps({"workers": max(executor.room(), 1)})
        write_atomic(store.folder / RUNNING / "workers", workers)
        advance = stack.enter_context(progress("study", todo.steps))
        fatal = carry_out(store, todo, executor, lambda event: advance(tally.note(event)))
    if fatal:
        raise InputError(f"{fatal}; then run the study again: what is finished is kept")


def _executor(store: Store, engine: Engine) -> AbstractContextManager[Executor]:
    spec, data = store.spec.model_dump_json(), tuple(store.data.items())
    if engine.name == "ray":
        from astrid.study.cluster import cluster_tasks

        place = Place(str(store.folder), spec, engine.device, engine.threads or 1, data)
        return cluster_tasks(place, engine.address)
    from astrid.study.local import inline, processes

    if engine.address is not None:
        raise InputError("--address: goes with --engine ray")
    chosen = crew(store.spec, engine.workers, engine.threads)
    place = Place(str(store.folder), spec, engine.device, chosen.threads, data)
    return processes(place, chosen.workers) if chosen.workers else inline(place)


def _check_folder(store: Store, cells: Grid, overwrite: bool) -> None:
    """Refuse a folder whose finished models or cells were not made as these would be."""
    if overwrite:
        return
    stale = [*filter(store.is_stale, cells.models)]
    if stale or any(map(store.is_stale_cell, (*cells.cells, *cells.extra))):
        what = "models" if stale else "cells"
        raise InputError(
            f"{store.folder}: holds {what} that were made otherwise ({_difference(store)}); choose "
            "another folder, or --overwrite to make them anew"
        )


def _difference(store: Store) -> str:
    """What is not as it was when the study was run last."""
    before = read_head(store.folder)
    now = json.loads(head_of(store))
    for part, name in (("astrid", "Astrid's version"), ("data", "the data")):
        if before.get(part) != now[part]:
            return f"{name} changed"
    names = [name for name in now["spec"] if before["spec"].get(name) != now["spec"][name]]
    names = [name for name in names if name != "name"]
    return f"{names[0]} changed" if names else "by another study"


def _name(model: ModelKey, method: str) -> str:
    return f"{model.folder}--{method}" if method else model.folder
