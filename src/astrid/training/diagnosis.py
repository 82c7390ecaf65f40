"""What training curves show to be wrong: silent where noise could have drawn them as well.

Curves are compared with what always answering the shares of the classes would give: a log loss of
their entropy, and the accuracy of the largest class. A difference counts where it is large, and
beyond two standard errors of the validation loss. Both losses compared are over the same texts, so
that two errors added as if they were independent are more than the difference has.

From one epoch nothing is said, and of convergence nothing from fewer than three.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from astrid.training import advice
from astrid.training.advice import Run
from astrid.training.finding import Finding, Kind
from astrid.training.spec import TrainerSpec
from astrid.training.task_curves import TaskCurves, TaskFacts, column, task_curves

_ERRORS = 2.0
"""Standard errors beyond which a difference counts."""

_EPOCHS = 3
"""Fewest epochs from which something is said of convergence."""

_LAST = 3
"""Epochs at the end whose mean says where a curve ended."""

_RISE = 0.2
"""Smallest rise of the validation loss that counts, as a share of its lowest value …"""

_RISE_OF_GUESS = 0.1
"""… and of the loss of guessing. After a single epoch it must be twice as much."""

_LEARNT = 0.2
"""Share of the entropy that the training loss lies below it once texts are known by heart."""

_MOVED = 0.1
"""Share by which a loss falls at least where something is learnt."""


def diagnose(
    rows: Sequence[Mapping[str, Any]],
    tasks: Sequence[TaskFacts],
    settings: TrainerSpec,
    best_epoch: int,
    texts: int,
) -> tuple[Finding, ...]:
    """What went wrong in a training, by its curves; nothing where nothing did.

    Args:
        rows: one an epoch, as `curves.csv` has them. Columns that are missing, or NaN, as that of
            the training loss where a teacher's answers are learnt, are not used.
        tasks: what was trained.
        settings: it was trained with.
        best_epoch: whose weights were kept, from 1.
        texts: that an epoch trains on.

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
    run = Run(settings, texts, len(rows), best_epoch)
    if len(rows) < 2:
        return ()
    diverged = _diverging(rows, tasks, run)
    if diverged is not None:
        return (diverged,)
    curves = [of_task for of_task in task_curves(rows, tasks) if _can_be_judged(of_task)]
    alone = len(tasks) == 1
    stuck = [of_task for of_task in curves if _is_stuck(of_task, run)]
    found = _of_stuck(stuck, run, len(tasks))
    for of_task in curves:
        if of_task not in stuck:
            about = None if alone else of_task.facts.name
            one = _not_generalising(of_task, run, about) or _still_falling(of_task, run, about)
            found += [one] if one is not None else []
    return tuple(found)


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
    if _end(losses, lowest) - losses[lowest] < max(0.25 * losses[0], 0.25 * scale):
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
    return _finding("diverging", None, "diverging", because, numbers, advice.when_diverging(run))


def _is_stuck(curves: TaskCurves, run: Run) -> bool:
    """Whether neither training nor validation texts are answered better than by guessing."""
    if curves.epochs < _EPOCHS or _beats_guessing(curves) or _is_memorised(curves):
        return False
    # With weights, the log loss is not what falls: then the fall is all there is to go by.
    return not (run.is_weighted and _fall(curves.train_loss) >= _MOVED)


def _beats_guessing(curves: TaskCurves) -> bool:
    """Whether loss, accuracy or F1 on the validation texts is better than any guessing's."""
    facts, best = curves.facts, curves.best
    if curves.val_loss[best] < facts.guess - curves.error[best]:
        return True
    error = math.sqrt(facts.majority * (1 - facts.majority) / max(facts.checked, 1))
    if _reached(curves.accuracy, best) > facts.majority + _ERRORS * error:
        return True
    # Guessing without looking has a macro-averaged F1 of at most about 1/K, whatever the shares.
    counts = np.array(facts.checked_shares) * facts.checked
    f1_error = math.sqrt(np.sum(0.25 / (counts + 1))) / len(counts)
    return _reached(curves.f1_score, best) > 1 / len(counts) + _ERRORS * f1_error


def _is_memorised(curves: TaskCurves) -> bool:
    """Whether the training texts are known much better than guessing, and than the others."""
    known = curves.train_loss[-1] < (1 - _LEARNT) * curves.facts.entropy
    apart = curves.val_loss[-1] - curves.train_loss[-1] > _ERRORS * curves.error[-1]
    return bool(known and apart)


def _of_stuck(stuck: Sequence[TaskCurves], run: Run, tasks: int) -> list[Finding]:
    """One finding a task; one for all where no task is learnt: then it's the training's fault."""
    if not stuck:
        return []
    if len(stuck) < tasks:
        return [_stuck(curves, run, curves.facts.name) for curves in stuck]
    facts = tuple(curves.facts for curves in stuck)
    names = ", ".join(f"{task.name} ({task.described()})" for task in facts)
    first = _stuck(stuck[0], run, None)
    what = f"task {names} does" if tasks == 1 else f"the tasks {names} do"
    message = f"underfitting: {what} not converge"
    about = "" if tasks == 1 else f"{facts[0].name}: "
    changes = advice.when_nothing_is_learnt(run, facts)
    because = about + first.because
    return [Finding("underfitting", None, message, because, first.evidence, changes)]


def _stuck(curves: TaskCurves, run: Run, task: str | None) -> Finding:
    facts, best = curves.facts, curves.best
    message = f"task {facts.name} does not converge ({facts.described()})"
    because = _no_better(curves)
    numbers = _against_guessing(curves)
    last = curves.train_loss[-1]
    if np.isfinite(last):
        because += f", and training loss {last:.2f} (guessing: {facts.entropy:.2f})"
        numbers |= {"train_loss_last": last, "train_entropy": facts.entropy}
    numbers["best_epoch"] = best + 1
    changes = advice.when_nothing_is_learnt(run, (facts,))
    return _finding("no_convergence", task, message, because, numbers, changes)


def _no_better(curves: TaskCurves) -> str:
    facts, best = curves.facts, curves.best
    return (
        f"after {curves.epochs} epochs validation loss is no better than guessing by the shares "
        f"({curves.val_loss[best]:.2f} against {facts.guess:.2f}), nor accuracy than the largest "
        f"class ({curves.accuracy[best]:.2f} against {facts.majority:.2f})"
    )


def _against_guessing(curves: TaskCurves) -> dict[str, float]:
    best = curves.best
    return {
        "val_loss_best": curves.val_loss[best],
        "val_loss_error": curves.error[best],
        "val_loss_guessing": curves.facts.guess,
        "accuracy": curves.accuracy[best],
        "accuracy_majority": curves.facts.majority,
        "last_epoch": curves.epochs,
    }


def _not_generalising(curves: TaskCurves, run: Run, task: str | None) -> Finding | None:
    """Overfitting: the validation loss rises, or was never good, while training goes on."""
    message = "overfitting" if task is None else f"overfitting: task {task}"
    if _has_risen(curves):
        return _risen(curves, run, task, message)
    if curves.epochs < _EPOCHS or not _is_memorised(curves):
        return None
    guesses = not _beats_guessing(curves)
    if not guesses and not _is_far_apart(curves):
        return None
    facts, best, last = curves.facts, curves.best, curves.train_loss[-1]
    because = _no_better(curves)
    if not guesses:
        because = f"validation loss stays at {curves.val_loss[best]:.2f} (epoch {best + 1})"
    because += f" while training loss fell to {last:.2f} (guessing: {facts.entropy:.2f})"
    numbers = _against_guessing(curves)
    numbers |= {"train_loss_last": last, "train_entropy": facts.entropy, "best_epoch": best + 1}
    return _finding("overfitting", task, message, because, numbers, advice.when_memorised(run))


def _has_risen(curves: TaskCurves) -> bool:
    """Whether the validation loss rose for good, and training did not turn worse as well."""
    loss, best = curves.val_loss, curves.best
    after = curves.epochs - 1 - best
    if after == 0:
        return False
    least = max(_RISE * loss[best], _RISE_OF_GUESS * curves.facts.guess)
    rise = _end(loss, best) - loss[best]
    if rise < least * (2 if after == 1 else 1):
        return False
    if rise < _ERRORS * math.hypot(curves.error[best], curves.error[-1]):
        return False
    first, last = curves.train_loss[best], curves.train_loss[-1]
    if not np.isfinite(last):
        return True
    return bool(last <= (1 - _MOVED) * first or last < loss[-1] / 2)


def _risen(curves: TaskCurves, run: Run, task: str | None, message: str) -> Finding:
    loss, best = curves.val_loss, curves.best
    numbers = {
        "best_epoch": best + 1,
        "last_epoch": curves.epochs,
        "val_loss_best": loss[best],
        "val_loss_last": loss[-1],
        "val_loss_error": curves.error[best],
    }
    because = (
        f"validation loss rose from {loss[best]:.2f} in epoch {best + 1} to {loss[-1]:.2f} in "
        f"epoch {curves.epochs}"
    )
    first, last = curves.train_loss[best], curves.train_loss[-1]
    if np.isfinite(last) and np.isfinite(first):
        verb = "fell" if last < first else "went"
        because += f" while training loss {verb} from {first:.2f} to {last:.2f}"
        numbers |= {"train_loss_best": first, "train_loss_last": last}
    changes = advice.when_overfitting(run, best + 1)
    return _finding("overfitting", task, message, because, numbers, changes)


def _is_far_apart(curves: TaskCurves) -> bool:
    """Whether training texts are known by heart and most about the others is not."""
    low, facts = curves.val_loss[curves.best], curves.facts
    last = curves.train_loss[-1]
    apart = curves.val_loss[-1] - last > (_ERRORS + 1) * curves.error[-1]
    return bool(last < 0.25 * facts.entropy and low > 0.6 * facts.guess and apart)


def _still_falling(curves: TaskCurves, run: Run, task: str | None) -> Finding | None:
    """Underfitting: training ended while losses were falling as steeply as before."""
    loss, guess = curves.val_loss, curves.facts.guess
    if curves.epochs < _EPOCHS or run.stopped_early or curves.best != curves.epochs - 1:
        return None
    before, last = loss[-3] - loss[-2], loss[-2] - loss[-1]
    steep = last >= _RISE_OF_GUESS * guess and last >= before / 2
    beyond = loss[-3] - loss[-1] > _ERRORS * math.hypot(curves.error[-3], curves.error[-1])
    if not (steep and before > 0 and beyond and loss[-1] > guess / 2):
        return None
    message = "underfitting" if task is None else f"underfitting: task {task}"
    because = (
        f"validation loss was still falling when training ended, from {loss[-3]:.2f} to "
        f"{loss[-1]:.2f} in the last two epochs (guessing: {guess:.2f})"
    )
    numbers = {
        "val_loss_before": loss[-3],
        "val_loss_last": loss[-1],
        "val_loss_error": curves.error[-1],
        "val_loss_guessing": guess,
        "last_epoch": curves.epochs,
    }
    changes = advice.when_still_falling(run)
    return _finding("underfitting", task, message, because, numbers, changes)


def _end(values: np.ndarray, start: int) -> float:
    """Where a curve ended after epoch `start`: mean of the last few, or the last if lower."""
    count = min(_LAST, len(values) - 1 - start)
    if count <= 0:
        return float(values[-1])
    return float(min(values[-count:].mean(), values[-1]))


def _reached(values: np.ndarray, best: int) -> float:
    """The higher of a curve at `best` and its mean over the last third."""
    return float(max(values[best], values[-max(1, len(values) // 3) :].mean()))


def _fall(losses: np.ndarray) -> float:
    """By which share of the first value a curve fell; 0 where it is not known."""
    fall = (losses[0] - losses[-1]) / losses[0] if losses[0] else 0.0
    return float(fall) if np.isfinite(fall) else 0.0


def _finding(
    kind: Kind,
    task: str | None,
    message: str,
    because: str,
    numbers: Mapping[str, float],
    changes: tuple[str, ...],
) -> Finding:
    evidence = {
        name: int(value) if name.endswith("epoch") else round(float(value), 6)
        for name, value in numbers.items()
    }
    return Finding(kind, task, message, because, evidence, changes)
