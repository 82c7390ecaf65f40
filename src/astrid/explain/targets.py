"""Which number of the model's output is explained."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch

from astrid.errors import InputError
from astrid.explain.records import Prediction, TargetKind, TargetValue
from astrid.models.outputs import Task, answers, task_of
from astrid.spec import nearest


@dataclass(frozen=True)
class Target:
    """The output `kind` of one class or label.

    Attributes:
        kind: `probability` (softmax of classes, sigmoid of a label that stands alone; a regression
            has none and gives its `value`), `logit`, `logit_difference` (to the class `against`)
            or `value` (a regression's number).
        index: the output's column; None is the class that the model predicts on the plain text.
        against: the other class of a logit difference; None is the next most probable class.
        task: where the model answers several questions, the one that `index` is sought in; None
            is the first, or all labels of a multi-label model.
    """

    kind: TargetKind = "probability"
    index: int | None = None
    against: int | None = None
    task: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(TargetKind):
            raise InputError(f'target "{self.kind}": {nearest(self.kind, get_args(TargetKind))}')


@dataclass(frozen=True)
class Resolved:
    """A target whose columns are known numbers; `task` is the one that `index` belongs to."""

    kind: TargetKind
    index: int
    against: int
    task: Task

    def of(self, logits: torch.Tensor) -> torch.Tensor:
        """The target's value `[...]` from logits `[..., K]`.

        >>> from astrid.models.outputs import classes
        >>> Resolved("logit_difference", 0, 1, classes(2)).of(torch.tensor([[3.0, 1.0]]))
        tensor([2.])
        """
        if self.kind == "logit_difference":
            return logits[..., self.index] - logits[..., self.against]
        if self.kind != "probability":
            return logits[..., self.index]
        if self.task.kind == "binary":
            return logits[..., self.index].sigmoid()
        place = self.task.columns.index(self.index)
        return logits[..., self.task.columns].softmax(-1)[..., place]


def resolve(target: Target, logits: np.ndarray, tasks: tuple[Task, ...]) -> Resolved:
    """Fill in the columns that `target` leaves open, from the plain text's logits `[K]`.

    Raises:
        InputError: a class or task that the model doesn't have, a class compared with itself, or
            a kind that the task doesn't know.
    """
    for index in (target.index, target.against):
        if index is not None and not 0 <= index < len(logits):
            raise InputError(
                f"target class {index}: the model's classes are 0 to {len(logits) - 1}"
            )
    index = _largest(logits, _asked(target, tasks)) if target.index is None else target.index
    task = task_of(tasks, index)
    if target.task not in (None, task.name):
        raise InputError(f'target: class {index} belongs to the task "{task.name}"')
    kind = _kind(target, task)
    against = target.against
    if against is not None and task.kind == "classes" and against not in task.columns:
        raise InputError(f'target class {against}: the task "{task.name}" has no such class')
    if against is None:
        others = [column for column in task.choices if column != index]
        others = others or [column for column in task.columns if column != index]
        against = _largest(logits, others) if others else index
    if kind == "logit_difference" and against == index:
        other = (
            "can't be compared with itself"
            if target.against == index
            else ("has no other class to be compared with")
        )
        raise InputError(f"target: class {index} {other}")
    return Resolved(kind, index, against, task)


def _asked(target: Target, tasks: tuple[Task, ...]) -> list[int]:
    """The columns among which the predicted one is sought."""
    if target.task is not None:
        found = [task for task in tasks if task.name == target.task]
        if not found:
            names = [task.name for task in tasks]
            raise InputError(f'task "{target.task}": {nearest(target.task, names)}')
        return list(found[0].choices)
    if all(task.kind == "binary" for task in tasks):
        return [task.columns[0] for task in tasks]
    return list(tasks[0].choices)


def _kind(target: Target, task: Task) -> TargetKind:
    if task.kind == "number":
        return "value" if target.kind == "probability" else target.kind
    if target.kind == "value":
        raise InputError("target: only a regression has a value; use probability or logit")
    return target.kind


def _largest(logits: np.ndarray, columns: list[int]) -> int:
    return columns[int(np.argmax(logits[columns]))]


def predicted(
    logits: np.ndarray, labels: tuple[str, ...], tasks: tuple[Task, ...], target: Resolved
) -> Prediction:
    """The model's answer to the target's question from its logits `[K]`."""
    found = tuple(map(float, answers(torch.as_tensor(logits), tasks)))
    several = target.task.kind == "classes"
    index = _largest(logits, list(target.task.choices)) if several else target.index
    probability = None if target.task.kind == "number" else found[index]
    if target.task.kind == "binary" and target.task.answers:
        assert probability is not None
        yes = probability > target.task.threshold
        name = target.task.answers[int(yes)]
        return Prediction(index, name, probability if yes else 1 - probability, found)
    return Prediction(index, labels[index], probability, found)


def value_of(target: Resolved, logits: np.ndarray, labels: tuple[str, ...]) -> TargetValue:
    """The explained number itself."""
    value = float(target.of(torch.as_tensor(logits)))
    return TargetValue(target.index, labels[target.index], value, target.kind)
