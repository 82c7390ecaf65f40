"""What a model's output columns mean: choices between classes, single labels, plain numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from astrid.errors import InputError

OutputKind = Literal["classes", "binary", "number"]


@dataclass(frozen=True)
class Task:
    """One question that a model answers.

    Attributes:
        name: of the question.
        kind: `classes`: one of its columns is the answer (softmax over them); `binary`: its one
            column is a yes or no (sigmoid); `number`: its one column is the answer itself.
        columns: its places among the K columns of the model's output.
        rest: the column that stands for every answer without a column of its own: it counts in
            the softmax, and is never taken for the answer; None where there is none.
        answers: names of the classes, where the model says them; of a `binary` task what its
            column denies, then what it affirms.
        threshold: a `binary` task's answer is yes where the probability is above this.
    """

    name: str
    kind: OutputKind
    columns: tuple[int, ...]
    rest: int | None = None
    answers: tuple[str, ...] = ()
    threshold: float = 0.5

    @property
    def choices(self) -> tuple[int, ...]:
        """The columns that can be the answer."""
        return tuple(column for column in self.columns if column != self.rest)


def tasks_of(config: Any, labels: tuple[str, ...]) -> tuple[Task, ...]:
    """The tasks of a transformers sequence classifier.

    A model with several heads lists its own. Of others `problem_type` decides; where it is not
    set, one column is a regression and several are classes, as transformers has it.
    """
    if getattr(config, "model_type", None) == "astrid" and config.tasks is not None:
        return several(config.tasks)
    problem = getattr(config, "problem_type", None)
    if problem == "multi_label_classification":
        return tuple(Task(label, "binary", (place,)) for place, label in enumerate(labels))
    if problem == "regression" or len(labels) == 1:
        return tuple(Task(label, "number", (place,)) for place, label in enumerate(labels))
    return (classes(len(labels)),)


def several(tasks: Sequence[Mapping[str, Any]]) -> tuple[Task, ...]:
    """Tasks whose columns stand side by side: one of two classes, K of K > 2.

    Args:
        tasks: of each, `name`, `classes` and `threshold`.

    >>> two = {"name": "sure", "classes": ["no", "yes"], "threshold": 0.5}
    >>> three = {"name": "mood", "classes": ["bad", "calm", "good"], "threshold": 0.5}
    >>> [(task.kind, task.columns) for task in several([two, three])]
    [('binary', (0,)), ('classes', (1, 2, 3))]
    """
    found: list[Task] = []
    start = 0
    for task in tasks:
        answers = tuple(task["classes"])
        width = 1 if len(answers) == 2 else len(answers)
        columns = tuple(range(start, start + width))
        kind: OutputKind = "binary" if width == 1 else "classes"
        found.append(
            Task(task["name"], kind, columns, answers=answers, threshold=task["threshold"])
        )
        start += width
    return tuple(found)


def labels_of(config: Any, name: str) -> tuple[str, ...]:
    """Names of the columns of a transformers sequence classifier, in their order.

    Raises:
        InputError: `id2label` leaves one out.
    """
    try:
        names = {int(index): str(label) for index, label in dict(config.id2label).items()}
    except (TypeError, ValueError):
        names = {}
    if not names or sorted(names) != list(range(len(names))):
        raise InputError(
            f"{name}: id2label in its config must name each class by its number from 0 on, such as "
            '{"0": "no", "1": "yes"}'
        )
    return tuple(names[index] for index in range(len(names)))


def classes(count: int) -> Task:
    """The one task of an ordinary classifier of `count` classes."""
    return Task("label", "classes", tuple(range(count)))


def require_classes(name: str, tasks: tuple[Task, ...]) -> None:
    """Refuse a model whose answer is not one choice between classes.

    Raises:
        InputError: labels that stand alone, several tasks, or a regression.
    """
    if len(tasks) != 1 or tasks[0].kind != "classes":
        kinds = {"binary": "gives each label by itself", "number": "gives numbers"}
        what = kinds.get(tasks[0].kind, "answers several questions")
        if any(task.answers for task in tasks):
            what = f"answers the tasks {', '.join(task.name for task in tasks)}"
        raise InputError(
            f"{name}: {what}; this needs a model that chooses one of several classes (astrid "
            "explain works for any)"
        )


def task_of(tasks: tuple[Task, ...], column: int) -> Task:
    """The task that a column of the output belongs to."""
    return next(task for task in tasks if column in task.columns)


def answers(logits: torch.Tensor, tasks: tuple[Task, ...]) -> torch.Tensor:
    """Probabilities, and the numbers of regressions, `[..., K]` from logits `[..., K]`.

    >>> answers(torch.zeros(3), (Task("a", "classes", (0, 1)), Task("b", "number", (2,))))
    tensor([0.5000, 0.5000, 0.0000])
    """
    found = logits.clone()
    for task in tasks:
        if task.kind == "classes":
            found[..., task.columns] = logits[..., task.columns].softmax(-1)
        elif task.kind == "binary":
            found[..., task.columns] = logits[..., task.columns].sigmoid()
    return found


def log_losses(logits: torch.Tensor, task: Task, labels: torch.Tensor) -> torch.Tensor:
    """−ln of the probability of the right class, `[B]` in nats.

    Args:
        logits: `[B, K]` of all tasks.
        task: `binary`, or of `classes`.
        labels: `[B]` class indices of this task, none of them missing.

    >>> log_losses(torch.zeros(1, 1), Task("sure", "binary", (0,)), torch.tensor([1]))
    tensor([0.6931])
    """
    if task.kind == "binary":
        asked = logits[:, task.columns[0]].float()
        return nn.functional.binary_cross_entropy_with_logits(
            asked, labels.to(asked.dtype), reduction="none"
        )
    return nn.functional.cross_entropy(
        logits[:, list(task.columns)].float(), labels, reduction="none"
    )


def chosen(probabilities: torch.Tensor, task: Task) -> torch.Tensor:
    """The class that is the answer, `[N]`, from the probabilities `[N, K]` of all columns.

    >>> chosen(torch.tensor([[0.5], [0.6]]), Task("sure", "binary", (0,))).tolist()
    [0, 1]
    """
    if task.kind == "binary":
        return (probabilities[:, task.columns[0]] > task.threshold).long()
    return probabilities[:, list(task.columns)].argmax(-1)
