"""What is judged in several tasks: groups of texts, such as the posts of one person, or texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from astrid.errors import InputError
from astrid.models.outputs import Task

UNKNOWN = -1
"""The label of a text that has none in a task."""


@dataclass(frozen=True, eq=False)
class Units:
    """Texts gathered into what is judged together.

    Attributes:
        kind: `group` where any text has one, otherwise `text`.
        of_texts: `[N]` the unit of each text, numbered in the order of their first texts.
        labels: `[U, T]` the class of each unit in each task, −1 where it is not known.
    """

    kind: Literal["group", "text"]
    of_texts: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def mean(self, rows: np.ndarray) -> np.ndarray:
        """Plain mean `[U, …]` over each unit's texts of `[N, …]`."""
        rows = np.asarray(rows, dtype=float)
        if len(rows) != len(self.of_texts):
            raise InputError(
                f"tasks: {len(rows)} rows of probabilities for {len(self.of_texts)} texts; "
                "give one a text"
            )
        sums = np.zeros((len(self), *rows.shape[1:]))
        np.add.at(sums, self.of_texts, rows)
        counts = np.bincount(self.of_texts, minlength=len(self))
        return np.asarray(sums / counts.reshape(-1, *[1] * (rows.ndim - 1)))

    def joined(self, texts: Sequence[str]) -> list[str]:
        """Each unit's texts as one, a line break between them."""
        parts: list[list[str]] = [[] for _ in range(len(self))]
        for unit, text in zip(self.of_texts, texts, strict=True):
            parts[unit].append(text)
        return ["\n".join(part) for part in parts]


def units_of(
    tasks: Sequence[Task], labels: np.ndarray, groups: Sequence[str | None] | None = None
) -> Units:
    """Gather texts into units.

    Args:
        tasks: T of them.
        labels: `[N, T]` class of each text in each task, −1 where it is not known; a group takes
            the label of those of its texts that have one.
        groups: `[N]` the group of each text; a text without one (None) stands alone.

    Raises:
        InputError: no texts, shapes that don't fit, labels that are no classes, or a group with
            two labels in one task.

    >>> tasks = (Task("ei", "binary", (0,), answers=("I", "E")),)
    >>> units = units_of(tasks, np.array([[1], [-1], [0]]), ["a", "a", "b"])
    >>> units.of_texts.tolist(), units.labels.tolist()
    ([0, 0, 1], [[1], [0]])
    """
    labels = _checked_labels(tasks, labels)
    if groups is not None and len(groups) != len(labels):
        raise InputError(f"tasks: {len(groups)} groups for {len(labels)} texts; give one a text")
    names = [None] * len(labels) if groups is None else list(groups)
    of_texts = np.empty(len(labels), dtype=np.int64)
    numbers: dict[tuple[str, str | int], int] = {}
    for place, name in enumerate(names):
        key: tuple[str, str | int] = ("text", place) if name is None else ("group", str(name))
        of_texts[place] = numbers.setdefault(key, len(numbers))
    found = np.full((len(numbers), len(tasks)), UNKNOWN)
    np.maximum.at(found, of_texts, labels)
    _refuse_two_labels(tasks, labels, found[of_texts])
    kind: Literal["group", "text"] = "text" if all(name is None for name in names) else "group"
    return Units(kind, of_texts, found)


def choices_of(task: Task, probabilities: np.ndarray) -> np.ndarray:
    """`[N, C]` probabilities of the task's classes, from all columns `[N, K]` of the model."""
    own = np.asarray(probabilities, dtype=float)[:, list(task.columns)]
    return np.concatenate([1 - own, own], axis=1) if task.kind == "binary" else own


def decided(task: Task, choices: np.ndarray) -> np.ndarray:
    """`[N]` the class that is answered, from `choices` `[N, C]`.

    Of two classes it is the second where its probability is above the task's threshold; of more
    it is the likeliest, the first of several equal ones.
    """
    if task.kind == "binary":
        return np.asarray(choices[:, 1] > task.threshold, dtype=np.int64)
    return np.asarray(choices.argmax(axis=1))


def _checked_labels(tasks: Sequence[Task], labels: np.ndarray) -> np.ndarray:
    labels = np.asarray(labels)
    for task in tasks:
        if task.kind == "number" or task.rest is not None or len(task.answers) < 2:
            raise InputError(f"tasks: {task.name} is no choice between named classes; leave it out")
    if labels.ndim != 2 or not tasks or labels.shape[1] != len(tasks) or not len(labels):
        raise InputError(
            f"tasks: labels must be [texts, {len(tasks)} tasks], at least one of each, but have "
            f"the shape {labels.shape}"
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"tasks: labels must be whole numbers, not {labels.dtype}")
    for task, column in zip(tasks, labels.T, strict=True):
        wrong = np.flatnonzero((column < UNKNOWN) | (column >= len(task.answers)))
        if wrong.size:
            raise InputError(
                f"tasks: label {column[wrong[0]]} of text {wrong[0]} in {task.name} is no class; "
                f"classes are 0 to {len(task.answers) - 1}, −1 stands for unknown"
            )
    return labels.astype(np.int64)


def _refuse_two_labels(tasks: Sequence[Task], labels: np.ndarray, of_group: np.ndarray) -> None:
    wrong = np.argwhere((labels != UNKNOWN) & (labels != of_group))
    if wrong.size:
        place, task = wrong[0]
        raise InputError(
            f"tasks: text {place} has another label in {tasks[task].name} than its group; all "
            "texts of a group are judged as one and need the same label"
        )
