"""What training curves show to be wrong: silent where noise could have drawn them as well.

Curves are compared with what always answering the shares of the classes would give: a log loss of
their entropy, and the accuracy of the largest class. A difference counts where it is large, and
beyond two standard errors of the validation loss. Both losses compared are over the same texts, so
that two errors added as if they were independent are more than the difference has.

From one epoch nothing is said, and of convergence nothing from fewer than three.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from astrid.training import advice
from astrid.training.advice import Run
from astrid.training.convergence import is_stuck, of_stuck, still_falling
from astrid.training.finding import Finding, finding
from astrid.training.lesson import Lesson
from astrid.training.overfitting import not_generalising
from astrid.training.spec import TaskSpec, TrainerSpec
from astrid.training.task_curves import TaskCurves, TaskFacts, column, end, task_curves, task_facts

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())  # shown where a program asks for logs; commands say it

_RISE = 0.25
"""Smallest rise of the training loss that counts as diverging: a share of its first value, and of
the largest entropy."""


def diagnose(
    rows: Sequence[Mapping[str, Any]],
    tasks: Sequence[TaskFacts],
    settings: TrainerSpec,
    best_epoch: int,
    texts: int,
    own: Mapping[str, TaskSpec] | None = None,
) -> tuple[Finding, ...]:
    """What went wrong in a training, by its curves; nothing where nothing did.

    Args:
        rows: one an epoch, as `curves.csv` has them. Columns that are missing, or NaN, as that of
            the training loss where a teacher's answers are learnt, are not used.
        tasks: what was trained.
        settings: it was trained with.
        best_epoch: whose weights were kept, from 1.
        texts: that an epoch trains on.
        own: settings of single tasks.

    >>> tasks = [TaskFacts("label", ("no", "yes"), (0.5, 0.5), 900, (0.5, 0.5), 300)]
    >>> losses = [(0.60, 0.55), (0.41, 0.42), (0.30, 0.41), (0.15, 0.50), (0.06, 0.62)]
    >>> rows = [
    ...     {"train_loss": train, "train_log_loss": train, "val_loss": val, "val_loss_error": 0.03,
    ...      "accuracy": 0.82, "f1_score": 0.82}
    ...     for train, val in losses
    ... ]
    >>> (found,) = diagnose(rows, tasks, TrainerSpec(epochs=5), best_epoch=3, texts=900)
    >>> found.lines()[0]  # doctest: +NORMALIZE_WHITESPACE
    'overfitting: validation loss rose from 0.41 in epoch 3 to 0.62 in epoch 5 while training loss
     fell from 0.30 to 0.06'
    """
    if len(rows) < 2:
        return ()
    run = Run(settings, texts, len(rows), best_epoch, _lowest(rows, best_epoch), own or {})
    diverged = _diverging(rows, tasks, run)
    if diverged is not None:
        return (diverged,)
    curves = [of_task for of_task in task_curves(rows, tasks) if _can_be_judged(of_task)]
    alone = len(tasks) == 1
    stuck = [of_task for of_task in curves if is_stuck(of_task, run)]
    found = of_stuck(stuck, run, len(tasks))
    for of_task in curves:
        if of_task not in stuck:
            about = None if alone else of_task.facts.name
            one = not_generalising(of_task, run, about) or still_falling(of_task, run, about)
            found += [one] if one is not None else []
    return tuple(found)


def facts_of(lesson: Lesson) -> tuple[TaskFacts, ...]:
    """Of each task of a training."""
    return task_facts(lesson.train, lesson.validation, lesson.groups)


def examine(
    lesson: Lesson, rows: Sequence[Mapping[str, Any]], best_epoch: int
) -> tuple[Finding, ...]:
    """As `diagnose`, of a training that is over; also in the log."""
    facts, texts = facts_of(lesson), len(lesson.train)
    found = diagnose(rows, facts, lesson.trainer, best_epoch, texts, lesson.tasks)
    for one in found:
        for line in one.lines():
            _LOG.warning(line)
    return found


def _lowest(rows: Sequence[Mapping[str, Any]], best_epoch: int) -> int:
    """The epoch, from 1, that `val_loss` would keep; `best_epoch` where it is not known."""
    losses = column(rows, "val_loss")
    return best_epoch if np.isnan(losses).all() else int(np.nanargmin(losses)) + 1


def _can_be_judged(curves: TaskCurves) -> bool:
    known = (curves.val_loss, curves.error, curves.accuracy, curves.f1_score)
    return curves.facts.can_be_judged and all(np.isfinite(values).all() for values in known)


def _diverging(
    rows: Sequence[Mapping[str, Any]], tasks: Sequence[TaskFacts], run: Run
) -> Finding | None:
    """The loss that is minimised rises, and stays up."""
    losses = column(rows, "train_loss")
    if not np.isfinite(losses).all():
        return None
    lowest = int(np.argmin(losses))
    scale = max((task.entropy for task in tasks), default=0.0)
    if end(losses, lowest) - losses[lowest] < _RISE * max(losses[0], scale):
        return None
    # The noise of a single epoch, or layers that have only just begun to learn, look the same.
    if len(losses) - 1 - lowest < 2:
        return None
    numbers = {
        "lowest_epoch": lowest + 1,
        "last_epoch": len(losses),
        "train_loss_lowest": losses[lowest],
        "train_loss_last": losses[-1],
    }
    because = (
        f"training loss rose from {losses[lowest]:.2f} in epoch {lowest + 1} to "
        f"{losses[-1]:.2f} in epoch {len(losses)}"
    )
    return finding("diverging", None, "diverging", because, numbers, advice.when_diverging(run))
