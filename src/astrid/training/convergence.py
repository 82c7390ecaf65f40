"""Whether a task is learnt at all, and whether training ended too soon."""

import math
from collections.abc import Sequence

import numpy as np

from astrid.training import advice
from astrid.training.advice import Run
from astrid.training.finding import Finding, finding
from astrid.training.task_curves import TaskCurves

ERRORS = 2.0
"""Standard errors beyond which a difference counts."""

EPOCHS = 3
"""Fewest epochs from which something is said of convergence."""

_STEEP = 0.1
"""Smallest fall in the last epoch that counts as steep, as a share of the loss of guessing."""

_LEARNT = 0.2
"""Share of the entropy that the training loss lies below it once texts are known by heart."""

_MOVED = 0.1
"""Share by which a loss falls at least where something is learnt."""

_BETTER = 0.02
"""Share by which a loss lies below guessing's at least, however small its standard error: that of
answers that are all alike is next to nothing."""


def is_stuck(curves: TaskCurves, run: Run) -> bool:
    """Whether validation texts aren't answered better than by guessing, nor others by heart."""
    if curves.epochs < EPOCHS or beats_guessing(curves) or is_memorised(curves):
        return False
    # With weights, the log loss is not what falls: then the fall is all there is to go by.
    return not (run.is_weighted(curves.facts) and _fall(curves.train_loss) >= _MOVED)


def of_stuck(stuck: Sequence[TaskCurves], run: Run, tasks: int) -> list[Finding]:
    """One finding a task; one for all where no task is learnt: then it's the training's fault."""
    if not stuck:
        return []
    if len(stuck) < tasks or any(_is_known(curves) for curves in stuck):
        return [_stuck(curves, run, curves.facts.name if tasks > 1 else None) for curves in stuck]
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
    because = no_better(curves)
    numbers = against_guessing(curves)
    last = curves.train_loss[-1]
    if np.isfinite(last):
        but = "although training loss fell to" if _is_known(curves) else "and training loss is"
        because += f", {but} {last:.2f} (guessing: {facts.entropy:.2f})"
        numbers |= {"train_loss_last": last, "train_entropy": facts.entropy}
    numbers["best_epoch"] = best + 1
    if _is_known(curves):
        changes = advice.when_a_task_is_only_known(run, facts)
    else:
        changes = advice.when_a_task_is_not_learnt(run, facts)
    return finding("no_convergence", task, message, because, numbers, changes)


def still_falling(curves: TaskCurves, run: Run, task: str | None) -> Finding | None:
    """Underfitting: training ended while losses were falling as steeply as before."""
    loss, guess = curves.val_loss, curves.facts.guess
    if curves.epochs < EPOCHS or run.stopped_early or curves.best != curves.epochs - 1:
        return None
    before, last = loss[-3] - loss[-2], loss[-2] - loss[-1]
    steep = last >= _STEEP * guess and last >= before / 2
    beyond = loss[-3] - loss[-1] > ERRORS * math.hypot(curves.error[-3], curves.error[-1])
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
    return finding("underfitting", task, message, because, numbers, changes)


def is_memorised(curves: TaskCurves) -> bool:
    """Whether the training texts are known much better than guessing, and than the others."""
    apart = curves.val_loss[-1] - curves.train_loss[-1] > ERRORS * curves.error[-1]
    return bool(_is_known(curves) and apart)


def _is_known(curves: TaskCurves) -> bool:
    """Whether the training texts are answered much better than by guessing."""
    return bool(curves.train_loss[-1] < (1 - _LEARNT) * curves.facts.entropy)


def beats_guessing(curves: TaskCurves) -> bool:
    """Whether loss, accuracy or F1 on the validation texts is better than any guessing's."""
    facts, best = curves.facts, curves.best
    if curves.val_loss[best] < facts.guess - max(curves.error[best], _BETTER * facts.guess):
        return True
    error = math.sqrt(facts.majority * (1 - facts.majority) / max(facts.checked, 1))
    if _reached(curves.accuracy, best) > facts.majority + ERRORS * error:
        return True
    # Guessing without looking has a macro-averaged F1 of at most about 1/K, whatever the shares.
    chance = 1 / len(facts.classes)
    f1_error = chance * math.sqrt(np.sum(0.25 / (facts.counts + 1)))
    return _reached(curves.f1_score, best) > chance + ERRORS * f1_error


def no_better(curves: TaskCurves) -> str:
    facts, best = curves.facts, curves.best
    return (
        f"after {curves.epochs} epochs validation loss is no better than guessing by the shares "
        f"({curves.val_loss[best]:.2f} against {facts.guess:.2f}), nor accuracy than the largest "
        f"class ({curves.accuracy[best]:.2f} against {facts.majority:.2f})"
    )


def against_guessing(curves: TaskCurves) -> dict[str, float]:
    best = curves.best
    return {
        "val_loss_best": curves.val_loss[best],
        "val_loss_error": curves.error[best],
        "val_loss_guessing": curves.facts.guess,
        "accuracy": curves.accuracy[best],
        "accuracy_majority": curves.facts.majority,
        "last_epoch": curves.epochs,
    }


def _reached(values: np.ndarray, best: int) -> float:
    """The higher of a curve at `best` and its mean over the last third."""
    return float(max(values[best], values[-max(1, len(values) // 3) :].mean()))


def _fall(losses: np.ndarray) -> float:
    """By which share of the first value a curve fell; 0 where it is not known."""
    fall = (losses[0] - losses[-1]) / losses[0] if losses[0] else 0.0
    return float(fall) if np.isfinite(fall) else 0.0
