"""What is to be done for a study, and in which order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from astrid.models.compression import UNCOMPRESSED
from astrid.study.grid import Grid, ModelKey
from astrid.study.store import Store
from astrid.study.tasks import Ended, Task, keep_failure


@dataclass(frozen=True)
class Told:
    """A task under way has finished one method."""

    task: Task
    method: str


class Executor(Protocol):
    """What does tasks: processes of this machine, or of a cluster."""

    def room(self) -> int:
        """How many further tasks it would take now."""

    def submit(self, task: Task) -> None:
        """Begin a task."""

    def wait(self) -> Iterator[Told | Ended]:
        """What happened since the last call; waits until something has."""


@dataclass(frozen=True)
class Plan:
    """What is left to do.

    Attributes:
        train: models to train and evaluate.
        explain: methods to explain each model by.
    """

    train: tuple[ModelKey, ...]
    explain: dict[ModelKey, tuple[str, ...]]

    @property
    def steps(self) -> int:
        """How many things are to be made: models and cells."""
        return len(self.train) + sum(map(len, self.explain.values()))


def plan(store: Store, grid: Grid) -> Plan:
    """What of `grid` is neither done nor known to fail."""
    train, explain = [], {}
    for model in grid.models:
        if store.model_failure(model) is not None:
            continue
        if store.read_evaluation(model) is None:
            train.append(model)
        todo = tuple(
            method
            for method in grid.methods_of(model)
            if store.read_cell(model.cell(method)) is None
            and store.cell_failure(model.cell(method)) is None
        )
        if todo:
            explain[model] = todo
    return Plan(tuple(train), explain)


def needs(store: Store, task: Task) -> frozenset[ModelKey]:
    """Models that have to be trained and evaluated before `task` can begin."""
    if task.kind == "explain":
        return frozenset((task.model, store.reference))
    found = set()
    if task.model.compression != UNCOMPRESSED:
        found |= {task.model.uncompressed, store.reference}
    encoder = store.rung(task.model).encoder
    if encoder.init == "teacher" and encoder.teacher is None:
        found.add(store.reference)
    return frozenset(found - {task.model})


def carry_out(
    store: Store, plan: Plan, executor: Executor, notice: Callable[[Told | Ended], None]
) -> str:
    """Do all that `plan` holds; what depends on a failed model is left undone.

    Args:
        store: the study.
        plan: what is to be done.
        executor: what does it.
        notice: told of everything that happens.

    Returns:
        Why the study had to stop early; empty where it did not.
    """
    missing = set(plan.train)
    waiting = [Task("train", model) for model in plan.train]
    waiting += [Task("explain", model, methods) for model, methods in plan.explain.items()]
    failed = {
        model for task in waiting for model in needs(store, task) if store.model_failure(model)
    }
    running, fatal = 0, ""
    while True:
        waiting = [task for task in waiting if not needs(store, task) & failed]
        ready = [] if fatal else [task for task in waiting if not needs(store, task) & missing]
        for task in ready[: executor.room()]:
            executor.submit(task)
            waiting.remove(task)
            running += 1
        if not running:
            return fatal
        for event in executor.wait():
            if isinstance(event, Ended):
                running -= 1
                event, rest = _settled(store, event)
                waiting += rest
                fatal = fatal or event.fatal
                if event.task.kind == "train":
                    missing.discard(event.task.model)
                    if event.failures or event.fatal:
                        failed.add(event.task.model)
            notice(event)


def _settled(store: Store, event: Ended) -> tuple[Ended, list[Task]]:
    """How the task really ended, and what of it is still to do.

    Of a process that died, what it had finished has not failed, and neither has what it had not
    begun: another process goes on with that. Failures that it could not write itself are written.
    """
    model, failures = event.task.model, []
    for method, failure in event.failures:
        done = store.read_cell(model.cell(method)) if method else store.read_evaluation(model)
        if done is None:
            failures.append((method, failure))
    rest: list[Task] = []
    if event.died and len(failures) > 1:
        not_begun = tuple(method for method, _ in failures[1:])
        rest, failures = [replace(event.task, methods=not_begun)], failures[:1]
    for method, failure in failures:
        known = store.cell_failure(model.cell(method)) if method else store.model_failure(model)
        if known is None:
            keep_failure(store, event.task, method, failure)
    put_back = sum(len(task.methods) for task in rest)
    return replace(event, failures=tuple(failures), put_back=put_back), rest
