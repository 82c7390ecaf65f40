"""The curves of one task, beside what guessing by the shares of its classes would give."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from astrid.text.document import Corpus

_LAST = 3
"""Epochs at the end whose mean says where a curve ended."""


@dataclass(frozen=True)
class TaskFacts:
    """What is known of a task before it is trained.

    Attributes:
        name: of the task.
        classes: their names, in order; at least two.
        shares: `[K]` of each class in the training texts.
        texts: training texts that have the task's label.
        checked_shares: `[K]` of each class in the validation texts.
        checked: validation texts that have the task's label, or groups of them where these are
            judged together.
        judged_shares: `[K]` of each class among these groups; None: texts are judged.
    """

    name: str
    classes: tuple[str, ...]
    shares: tuple[float, ...]
    texts: int
    checked_shares: tuple[float, ...]
    checked: int
    judged_shares: tuple[float, ...] | None = None

    @property
    def entropy(self) -> float:
        """Training loss of always answering the shares of the training texts, in nats."""
        return -sum(share * math.log(share) for share in self.shares if share > 0)

    @property
    def guess(self) -> float:
        """Validation loss of the same answer, in nats.

        A class that no training text has counts as half a text.
        """
        least = 0.5 / max(self.texts, 1)
        pairs = zip(self.checked_shares, self.shares, strict=True)
        return -sum(found * math.log(max(share, least)) for found, share in pairs if found > 0)

    @property
    def majority(self) -> float:
        """Validation accuracy of always answering the largest class."""
        return max(self.judged_shares or self.checked_shares)

    @property
    def counts(self) -> np.ndarray:
        """`[K]` how many of each class are judged."""
        return np.array(self.judged_shares or self.checked_shares) * self.checked

    @property
    def can_be_judged(self) -> bool:
        """Whether both parts have texts of two classes: else nothing can be learnt, or seen."""
        parts = (self.shares, self.checked_shares)
        return all(sum(share > 0 for share in shares) > 1 for shares in parts)

    @property
    def smallest(self) -> float:
        """Share of the smallest class in the training texts."""
        return min(self.shares)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TaskFacts":
        """What `dataclasses.asdict` gave, from JSON."""
        own: dict[str, Any] = dict(values)
        for name, value in own.items():
            own[name] = tuple(value) if isinstance(value, list) else value
        return cls(**own)

    def described(self) -> str:
        """The shares in a few words: of class 1 of two, of the largest of more.

        >>> TaskFacts("sn", ("S", "N"), (0.86, 0.14), 200, (0.9, 0.1), 50).described()
        '14 % positive'
        >>> TaskFacts("t", ("a", "b", "c"), (0.2, 0.5, 0.3), 200, (0.3, 0.3, 0.4), 50).described()
        '50 % b'
        """
        if len(self.classes) == 2:
            return f"{_percent(self.shares[1])} positive"
        largest = max(range(len(self.shares)), key=self.shares.__getitem__)
        return f"{_percent(self.shares[largest])} {self.classes[largest]}"


def task_facts(
    train: Corpus, validation: Corpus, groups: np.ndarray | None = None
) -> tuple[TaskFacts, ...]:
    """Facts of each task of `train`, which `validation` shares.

    Args:
        train: texts to learn from.
        validation: other texts.
        groups: `[N]` the number of each validation text's group, where groups are judged together
            (each with one label); None: texts are.
    """
    return tuple(_facts(name, train, validation, groups) for name in train.label_names)


@dataclass(frozen=True, eq=False)
class TaskCurves:
    """Curves `[E]` of a task over the epochs; NaN where a value is not known.

    Attributes:
        facts: of the task.
        train_loss: mean log loss over the training texts, in nats, with dropout; of a teacher's
            loss it is not known.
        val_loss: mean log loss over the validation texts, in nats.
        error: its standard error.
        accuracy: over the validation texts.
        f1_score: likewise, macro-averaged.
    """

    facts: TaskFacts
    train_loss: np.ndarray
    val_loss: np.ndarray
    error: np.ndarray
    accuracy: np.ndarray
    f1_score: np.ndarray

    @property
    def epochs(self) -> int:
        return len(self.val_loss)

    @property
    def best(self) -> int:
        """The epoch of the lowest validation loss, from 0."""
        return int(np.argmin(self.val_loss))


def task_curves(
    rows: Sequence[Mapping[str, Any]], tasks: Sequence[TaskFacts]
) -> tuple[TaskCurves, ...]:
    """The curves of each task.

    Args:
        rows: one an epoch, as `curves.csv` has them: with several tasks, columns end in `_{task}`.
        tasks: all of them.
    """
    if len(tasks) == 1:
        names = ("train_log_loss", "val_loss", "val_loss_error", "accuracy", "f1_score")
        return (TaskCurves(tasks[0], *(column(rows, name) for name in names)),)
    starts = ("train_log_loss", "val_loss", "val_loss_error", "acc", "f1")
    return tuple(
        TaskCurves(task, *(column(rows, f"{start}_{task.name}") for start in starts))
        for task in tasks
    )


def column(rows: Sequence[Mapping[str, Any]], name: str) -> np.ndarray:
    """`[E]` values of a column; NaN where a row lacks it."""
    return np.array([float(row.get(name, math.nan)) for row in rows])


def end(values: np.ndarray, start: int) -> float:
    """Where a curve ended after epoch `start`: mean of the last few, or the last if lower."""
    count = min(_LAST, len(values) - 1 - start)
    if count <= 0:
        return float(values[-1])
    return float(min(values[-count:].mean(), values[-1]))


def _facts(name: str, train: Corpus, validation: Corpus, groups: np.ndarray | None) -> TaskFacts:
    classes = tuple(train.label_names[name])
    learnt, checked = ([d.labels.get(name, -1) for d in corpus] for corpus in (train, validation))
    shares, texts = _counted(learnt, len(classes))
    checked_shares, count = _counted(checked, len(classes))
    judged_shares = None
    if groups is not None:
        of_groups = dict(zip(groups.tolist(), checked, strict=True))
        judged_shares, count = _counted(of_groups.values(), len(classes))
    return TaskFacts(name, classes, shares, texts, checked_shares, count, judged_shares)


def _counted(labels: Iterable[int], classes: int) -> tuple[tuple[float, ...], int]:
    """Share of each class among the labels that are known (−1: not), and how many these are."""
    known = [label for label in labels if label >= 0]
    counts = np.bincount(np.array(known, dtype=int), minlength=classes)
    return tuple(float(share) for share in counts / max(len(known), 1)), len(known)


def _percent(share: float) -> str:
    """
    >>> _percent(0.143), _percent(0.0042)
    ('14 %', '0.4 %')
    """
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else f"{100 * share:.1g} %"
