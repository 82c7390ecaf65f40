"""The work of a study: training and evaluating one model, and explaining it.

A task is done by any process on any machine that sees the study's folder. What it makes depends on
the spec, the data and the number of threads alone, so that it does not matter who does it.
"""

import errno
import json
import platform
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

from astrid.errors import InputError
from astrid.files import write_atomic
from astrid.spec import checked
from astrid.study.grid import ModelKey
from astrid.study.spec import StudySpec
from astrid.study.store import Failure, Store
from astrid.text.load import load_splits
from astrid.text.splits import Splits

RUNNING = ".running"
"""Folder with a file for each model that a process is at; what a killed run left there says nothing
as long as the study is not locked."""

_FULL = "No space left on device"
"""What an error says that is no OSError; safetensors has its own."""

Kind = Literal["train", "explain"]
Tell = Callable[[str], None]
"""Told of each thing that is finished on the way: the name of a method."""


@dataclass(frozen=True)
class Task:
    """Something to do for one model.

    Attributes:
        kind: `train` (and evaluate), or `explain`.
        model: which.
        methods: that explain it.
    """

    kind: Kind
    model: ModelKey
    methods: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        doing = "training" if self.kind == "train" else "explaining"
        return f"{doing} {self.model.folder}"


@dataclass(frozen=True)
class Place:
    """Where a task is done.

    Attributes:
        folder: the study's, as the process that does it sees it.
        spec: the study's, as JSON.
        device: that models run on.
        threads: that torch computes with.
        data: fingerprints of the documents as the run knows them; empty: whatever is there counts.
    """

    folder: str
    spec: str
    device: str
    threads: int
    data: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Ended:
    """How a task ended.

    Attributes:
        task: which.
        failures: what went wrong, by the method's name, or by "" where it is the model's.
        fatal: what keeps the whole study from going on, such as a full disk; empty if nothing.
        died: whether its process did; then it was at the first of the methods that are not done.
        put_back: how many methods another task goes on with.
    """

    task: Task
    failures: tuple[tuple[str, Failure], ...] = ()
    fatal: str = ""
    died: bool = False
    put_back: int = 0


def perform(task: Task, place: Place, tell: Tell) -> Ended:
    """Do `task`, leaving out what is done already.

    Whatever goes wrong is written into the study's folder and told, never raised.
    """
    import torch

    torch.set_num_threads(place.threads)
    try:
        store, splits = opened(place)
    except InputError as error:  # documents that this process can't read: so for every task
        return Ended(task, fatal=str(error))
    failures: list[tuple[str, Failure]] = []
    mark = store.folder / RUNNING / f"{task.model.folder}.json"
    try:
        write_atomic(mark, json.dumps({"stage": task.kind, "host": platform.node()}))
        if task.kind == "train":
            failures += _train(store, splits, task, place)
        else:
            failures += _explain(store, splits, task, place, tell)
        for method, failure in failures:
            keep_failure(store, task, method, failure)
    except InputError as error:  # no room: no other task could write either
        return Ended(task, tuple(failures), str(error))
    finally:
        mark.unlink(missing_ok=True)
    return Ended(task, tuple(failures))


def _train(store: Store, splits: Splits, task: Task, place: Place) -> list[tuple[str, Failure]]:
    from astrid.study.evaluating import train_and_evaluate

    if store.read_evaluation(task.model) is not None:
        return []
    failure = _attempt("train", lambda: train_and_evaluate(store, splits, task.model, place))
    return [("", failure)] if failure else []


def _explain(
    store: Store, splits: Splits, task: Task, place: Place, tell: Tell
) -> list[tuple[str, Failure]]:
    from astrid.study.explaining import Explainer

    todo = [m for m in task.methods if store.read_cell(task.model.cell(m)) is None]
    if not todo:
        return []
    opened: list[Explainer] = []
    failure = _attempt(
        "explain", lambda: opened.append(Explainer(store, splits, task.model, place))
    )
    if failure:
        return [(method, failure) for method in todo]
    failures = []
    for method in todo:
        failure = _attempt("explain", partial(opened[0].explain, method))
        if failure:
            failures.append((method, failure))
        tell(method)
    return failures


def keep_failure(store: Store, task: Task, method: str, failure: Failure) -> None:
    """Write why something failed, where that is possible: the folder may be what failed."""
    try:
        if method:
            store.write_cell_failure(task.model.cell(method), failure)
        else:
            store.write_model_failure(task.model, failure)
    except InputError as error:
        if _is_full(error):
            raise


@lru_cache(maxsize=2)
def opened(place: Place) -> tuple[Store, Splits]:
    """The study and its documents, read once a process.

    Raises:
        InputError: the documents can't be read, or are not those that the run began with.
    """
    spec = checked(StudySpec, _values(place.spec), "study")
    splits = load_splits(spec.data)
    data = fingerprints(spec, splits)
    if place.data and dict(place.data) != data:
        raise InputError(
            f"data: the documents on {platform.node()} are not those that the run began with; "
            "don't change them meanwhile, and give every machine the same"
        )
    return Store(Path(place.folder), spec, data), splits


def fingerprints(spec: StudySpec, splits: Splits) -> dict[str, str]:
    """What tells one corpus from another, by what its documents are for."""
    evaluation = getattr(splits, spec.explaining.split)
    found = {"train": splits.train.fingerprint(), "evaluation": evaluation.fingerprint()}
    if evaluation is not splits.validation:  # which decides when training is best
        found["validation"] = splits.validation.fingerprint()
    return found


def _values(text: str) -> dict[str, object]:
    values: dict[str, object] = json.loads(text)
    return values


class UnfitError(InputError):
    """A method that can't be given to this kind of model: nothing went wrong."""


def _attempt(stage: str, do: Callable[[], object]) -> Failure | None:
    try:
        do()
    except UnfitError as error:
        return Failure(stage, str(error), unfit=True)
    except Exception as error:  # one cell's fault must not stop the others
        if _is_full(error):
            if isinstance(error, InputError):
                raise
            raise InputError(f"{stage}: there is no room left on the disk; free some") from error
        return Failure(stage, str(error) if isinstance(error, InputError) else _brief(error))
    return None


def _is_full(error: BaseException | None) -> bool:
    """Whether there is no room left, whoever found out: then no other task can write either."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if _FULL in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _brief(error: Exception) -> str:
    """The kind of error and where it arose; not its message, which may hold a text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    # A method's own RuntimeError may hold anything; torch's are about shapes and memory.
    of_torch = isinstance(error, RuntimeError) and "torch" in Path(frames[-1].filename).parts
    known = isinstance(error, OSError | MemoryError) or of_torch
    message = f": {' '.join(str(error).split())[:200]}" if known and str(error) else ""
    return f"{type(error).__name__}{place}{message}"
