"""How well one model answers several tasks, beside what no model is needed for."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from astrid.analysis.evaluation import ClassQuality
from astrid.analysis.task_units import UNKNOWN, Units, choices_of, decided, units_of
from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import Estimate, plain_number, share_with_interval
from astrid.measures.statistics.quality import (
    QualityEstimate,
    QualitySettings,
    quality_with_intervals,
)
from astrid.models.outputs import Task

TOTAL = "total"
"""Stands for all tasks at once: right is a unit with every task right."""

OF_ANSWERS = {"accuracy": "accuracy", "f1": "f1", "balanced_accuracy": "recall"}
"""Measures of what is answered, with each task's threshold: by name here, the measure's file."""

MEASURES = (*OF_ANSWERS, "log_loss")
"""Of one task; `balanced_accuracy` is the macro recall, `f1` the macro F1."""


@dataclass(frozen=True)
class TaskQuality:
    """One task.

    Attributes:
        task: its name.
        classes: names of its classes.
        measures: each of `MEASURES` with its interval over units.
        majority: accuracy of always answering the most frequent class of these units.
        threshold: probability above which the second of two classes is answered; None where
            there are more classes.
        of_classes: precision, recall, F1 and support of each class.
        confusion: rows the right class, columns the answered one.
    """

    task: str
    classes: tuple[str, ...]
    measures: Mapping[str, QualityEstimate]
    majority: float
    threshold: float | None
    of_classes: tuple[ClassQuality, ...]
    confusion: tuple[tuple[int, ...], ...]

    @property
    def units(self) -> int:
        """Units whose label is known."""
        return sum(quality.support for quality in self.of_classes)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "task": self.task,
            "units": self.units,
            "measures": {name: found.to_dict() for name, found in self.measures.items()},
            "majority": plain_number(self.majority),
            "threshold": self.threshold,
            "classes": [vars(quality) for quality in self.of_classes],
            "confusion": [list(row) for row in self.confusion],
        }


@dataclass(frozen=True)
class TaskEvaluation:
    """All tasks of a model on labelled texts.

    Attributes:
        unit: what is judged and drawn again for the intervals: a `group` of texts, whose
            probabilities are averaged, or a `text`.
        units: how many there are.
        texts: how many texts.
        tasks: one entry a task, by name.
        total: share of the units whose labels are all known with every task right; Wilson's
            interval.
        majority_total: share of these units with the most frequent combination of classes.
        settings: of the intervals.
    """

    unit: str
    units: int
    texts: int
    tasks: Mapping[str, TaskQuality]
    total: Estimate
    majority_total: float
    settings: QualitySettings

    def figures(self) -> dict[str, float]:
        """`acc_ei`, `f1_ei`, …, and `acc_total`: the plain numbers of a training log."""
        found: dict[str, float] = {}
        for name, quality in self.tasks.items():
            found[f"acc_{name}"] = quality.measures["accuracy"].value
            found[f"f1_{name}"] = quality.measures["f1"].value
        return {**found, f"acc_{TOTAL}": self.total.value}

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "unit": self.unit,
            "units": self.units,
            "texts": self.texts,
            **{name: plain_number(value) for name, value in self.figures().items()},
            "tasks": [quality.to_dict() for quality in self.tasks.values()],
            "total": self.total.to_dict(),
            "majority_total": plain_number(self.majority_total),
            "settings": self.settings.model_dump(mode="json"),
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a task and measure: `task`, `measure`, `value`, `value_low`, `value_high`, `n`.

        The accuracy of all tasks at once has the task `total`.
        """
        rows = [
            (task, measure, found.value, found.low, found.high, found.n)
            for task, quality in self.tasks.items()
            for measure, found in quality.measures.items()
        ]
        total = self.total
        rows.append((TOTAL, "accuracy", total.value, total.low, total.high, total.n))
        columns = ["task", "measure", "value", "value_low", "value_high", "n"]
        return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True, eq=False)
class TaskAnswers:
    """One model's answers to the units.

    Attributes:
        tasks: T of them.
        units: what is judged.
        choices: of each task the probabilities `[U, C]` of its classes.
        answers: `[U, T]` the class that is answered.
    """

    tasks: tuple[Task, ...]
    units: Units
    choices: tuple[np.ndarray, ...]
    answers: np.ndarray

    def known(self, place: int) -> np.ndarray:
        """`[U]` whether the label in the task at `place` is known."""
        return np.asarray(self.units.labels[:, place] != UNKNOWN)

    def labels(self, place: int) -> np.ndarray:
        """The known labels of the task at `place`."""
        return self.units.labels[self.known(place), place]

    def probabilities(self, place: int) -> np.ndarray:
        """Of the units with a known label: `[n, C]`."""
        return self.choices[place][self.known(place)]

    def certain(self, place: int) -> np.ndarray:
        """What is answered as probabilities 1 and 0 `[n, C]`, for measures of answers."""
        chosen = self.answers[self.known(place), place]
        return np.eye(len(self.tasks[place].answers))[chosen]

    def all_right(self) -> np.ndarray:
        """Of the units whose labels are all known, whether every task is right."""
        complete = (self.units.labels != UNKNOWN).all(axis=1)
        return (self.answers == self.units.labels)[complete].all(axis=1)


def answers_of(
    tasks: Sequence[Task],
    probabilities: np.ndarray,
    labels: np.ndarray,
    groups: Sequence[str | None] | None = None,
) -> TaskAnswers:
    """A model's answers to units, from its probabilities of texts; see `evaluate_tasks`."""
    units = units_of(tasks, labels, groups)
    columns = max(column for task in tasks for column in task.columns) + 1
    probabilities = np.asarray(probabilities, dtype=float)
    if probabilities.ndim != 2 or probabilities.shape[1] < columns:
        raise InputError(
            f"tasks: probabilities must be [texts, {columns} columns or more], but have the shape "
            f"{probabilities.shape}"
        )
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise InputError("tasks: probabilities must lie in [0, 1]")
    means = units.mean(probabilities)
    choices = tuple(choices_of(task, means) for task in tasks)
    answers = [decided(task, chosen) for task, chosen in zip(tasks, choices, strict=True)]
    return TaskAnswers(tuple(tasks), units, choices, np.stack(answers, axis=1))


def evaluate_tasks(
    tasks: Sequence[Task],
    probabilities: np.ndarray,
    labels: np.ndarray,
    groups: Sequence[str | None] | None = None,
    settings: QualitySettings | None = None,
) -> TaskEvaluation:
    """Quality of a model's answers to each task, and to all at once.

    Texts of a group are judged as one: their probabilities are averaged first, each text counting
    alike, and the intervals draw groups again, not texts. Texts of one person are alike; drawn one
    by one they would make intervals far too narrow. A threshold that was tuned on these very texts
    flatters.

    Args:
        tasks: T of them, with the names of their classes and, of two classes, a threshold.
        probabilities: `[N, K]` of each text, in [0, 1], K the model's columns.
        labels: `[N, T]` right classes, −1 where one is not known.
        groups: `[N]` the group of each text; texts alone by default.
        settings: of the intervals; defaults as in `QualitySettings`.

    Raises:
        InputError: shapes that don't fit, values that are no probabilities or no classes, groups
            with two labels in a task, or a task for which no label is known.

    >>> tasks = (Task("ei", "binary", (0,), answers=("I", "E")),)
    >>> labels = np.array([[1], [1], [0]])
    >>> found = evaluate_tasks(tasks, np.array([[0.9], [0.3], [0.2]]), labels, ["a", "a", "b"])
    >>> found.units, found.figures()["acc_ei"]
    (2, 1.0)
    """
    return evaluate_answers(answers_of(tasks, probabilities, labels, groups), settings)


def evaluate_answers(given: TaskAnswers, settings: QualitySettings | None = None) -> TaskEvaluation:
    """As `evaluate_tasks`, of answers to units."""
    settings = settings or QualitySettings()
    right = given.all_right()
    return TaskEvaluation(
        unit=given.units.kind,
        units=len(given.units),
        texts=len(given.units.of_texts),
        tasks={
            task.name: _task_quality(given, place, settings)
            for place, task in enumerate(given.tasks)
        },
        total=share_with_interval([bool(flag) for flag in right], settings.confidence),
        majority_total=_commonest(given.units.labels),
        settings=settings,
    )


def _task_quality(given: TaskAnswers, place: int, settings: QualitySettings) -> TaskQuality:
    task, gold = given.tasks[place], given.labels(place)
    if not len(gold):
        raise InputError(f"tasks: no label of {task.name} is known; leave the task out")
    certain = given.certain(place)
    of_answers = quality_with_intervals(gold, certain, list(OF_ANSWERS.values()), settings)
    of_chances = quality_with_intervals(gold, given.probabilities(place), ["log_loss"], settings)
    numbers, answered = list(range(len(task.answers))), certain.argmax(axis=1)
    parts = precision_recall_fscore_support(gold, answered, labels=numbers, zero_division=0)
    return TaskQuality(
        task=task.name,
        classes=task.answers,
        measures={name: of_answers[file] for name, file in OF_ANSWERS.items()} | of_chances,
        majority=float(np.bincount(gold).max() / len(gold)),
        threshold=task.threshold if task.kind == "binary" else None,
        of_classes=tuple(
            ClassQuality(label, float(precision), float(recall), float(f1), int(support))
            for label, precision, recall, f1, support in zip(task.answers, *parts, strict=True)
        ),
        confusion=tuple(
            tuple(map(int, row)) for row in confusion_matrix(gold, answered, labels=numbers)
        ),
    )


def _commonest(labels: np.ndarray) -> float:
    """Share of the units with all labels known that have the most frequent combination."""
    complete = labels[(labels != UNKNOWN).all(axis=1)]
    if not len(complete):
        return math.nan
    return max(Counter(map(tuple, complete.tolist())).values()) / len(complete)
