"""Whether a task is learnt by heart: overfitting."""

import math

import numpy as np

from astrid.training import advice
from astrid.training.advice import Run
from astrid.training.convergence import (
    EPOCHS,
    ERRORS,
    against_guessing,
    beats_guessing,
    is_memorised,
    no_better,
)
from astrid.training.finding import Finding, finding
from astrid.training.task_curves import TaskCurves, end

_RISE = 0.2
"""Smallest rise of the validation loss that counts, as a share of its lowest value …"""

_RISE_OF_GUESS = 0.1
"""… and of the loss of guessing. After a single epoch it must be twice as much."""

_FALL = 0.1
"""Share by which the training loss falls meanwhile, at least, where it is not far below already."""


def not_generalising(curves: TaskCurves, run: Run, task: str | None) -> Finding | None:
    """Overfitting: the validation loss rises, or was never good, while training goes on."""
    message = "overfitting" if task is None else f"overfitting: task {task}"
    if _has_risen(curves):
        return _risen(curves, run, task, message)
    if curves.epochs < EPOCHS or not is_memorised(curves):
        return None
    guesses = not beats_guessing(curves)
    if not guesses and not _is_far_apart(curves):
        return None
    facts, best, last = curves.facts, curves.best, curves.train_loss[-1]
    because = no_better(curves)
    if not guesses:
        because = f"validation loss stays at {curves.val_loss[best]:.2f} (epoch {best + 1})"
    because += f" while training loss fell to {last:.2f} (guessing: {facts.entropy:.2f})"
    numbers = against_guessing(curves)
    numbers |= {"train_loss_last": last, "train_entropy": facts.entropy, "best_epoch": best + 1}
    return finding("overfitting", task, message, because, numbers, advice.when_memorised(run))


def _has_risen(curves: TaskCurves) -> bool:
    """Whether the validation loss rose for good, and training did not turn worse as well."""
    loss, best = curves.val_loss, curves.best
    after = curves.epochs - 1 - best
    if after == 0:
        return False
    least = max(_RISE * loss[best], _RISE_OF_GUESS * curves.facts.guess)
    rise = end(loss, best) - loss[best]
    if rise < least * (2 if after == 1 else 1):
        return False
    if rise < ERRORS * math.hypot(curves.error[best], curves.error[-1]):
        return False
    first, last = curves.train_loss[best], curves.train_loss[-1]
    if not np.isfinite(last):
        return True
    return bool(last <= (1 - _FALL) * first or last < loss[-1] / 2)


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
    return finding("overfitting", task, message, because, numbers, changes)


def _is_far_apart(curves: TaskCurves) -> bool:
    """Whether training texts are known by heart and most about the others is not."""
    low, facts = curves.val_loss[curves.best], curves.facts
    last = curves.train_loss[-1]
    apart = curves.val_loss[-1] - last > (ERRORS + 1) * curves.error[-1]
    return bool(last < 0.25 * facts.entropy and low > 0.6 * facts.guess and apart)
