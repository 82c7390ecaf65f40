"""The frame that the plot of one training reads."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from astrid.training.finding import Finding
from astrid.training.task_curves import TaskCurves, TaskFacts, column, task_curves

_WIDE = 1.96
"""Standard errors on each side that 95 % of a normal distribution are within."""


def training_frame(
    rows: Sequence[Mapping[str, Any]],
    tasks: Sequence[TaskFacts],
    best_epoch: int,
    findings: Sequence[Finding] = (),
) -> pd.DataFrame:
    """One row a task and epoch; the findings are its notes.

    Args:
        rows: one an epoch, as `curves.csv` has them; what is not known is NaN.
        tasks: what was trained.
        best_epoch: whose weights were kept, from 1.
        findings: of the diagnosis.
    """
    epochs = column(rows, "epoch")
    # With several tasks the accuracy over the training texts is known of all together only.
    seen = column(rows, "train_accuracy") if len(tasks) == 1 else np.full(len(rows), np.nan)
    parts = [_part(curves, epochs, seen, best_epoch) for curves in task_curves(rows, tasks)]
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs["notes"] = [f"{found.message}: {found.because}." for found in findings]
    return frame


def _part(
    curves: TaskCurves, epochs: np.ndarray, seen: np.ndarray, best_epoch: int
) -> pd.DataFrame:
    half = _WIDE * curves.error
    return pd.DataFrame(
        {
            "task": curves.facts.name,
            "epoch": epochs,
            "train_loss": curves.train_loss,
            "val_loss": curves.val_loss,
            "val_loss_low": curves.val_loss - half,
            "val_loss_high": curves.val_loss + half,
            "train_accuracy": seen,
            "val_accuracy": curves.accuracy,
            "guess_loss": curves.facts.guess,
            "majority": curves.facts.majority,
            "best": epochs == best_epoch,
        }
    )
