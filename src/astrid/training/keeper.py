"""What is kept on disk while training: curves, the best weights, checkpoints to go on from."""

import csv
import io
import math
import os
import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Checkpoint

from astrid.models.saving import writing
from astrid.progress import Advance, silent
from astrid.training.kept import KeptModule, Monitor


class Keeper(Checkpoint):
    """At the end of each epoch, writes the weights if they are the best, then a checkpoint.

    A checkpoint is written whole and then renamed. The last two are kept, so that a damaged one
    costs one epoch; the best weights that either of them refers to are kept too.

    Attributes:
        rows: one dictionary an epoch: its number, what `KeptModule.curve` says, and the
            learning rate at its end.
        best_epoch: whose weights are the best so far, from 1; 0 before the first.
        finished: whether training has nothing left to do.
        seconds: time spent training, over all runs.
    """

    def __init__(self, work: Path, settings: Monitor, advance: Advance = silent) -> None:
        self.work = work
        self.settings = settings
        self.advance = advance
        self.rows: list[dict[str, float]] = []
        self.best_epoch = 0
        self.finished = False
        self.seconds = 0.0
        self._previous_best = 0
        self._clock = time.perf_counter()

    def state_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "best_epoch": self.best_epoch,
            "finished": self.finished,
            "seconds": self.seconds,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = state_dict["rows"]
        self.best_epoch = self._previous_best = state_dict["best_epoch"]
        self.finished = state_dict["finished"]
        self.seconds = state_dict["seconds"]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._clock = time.perf_counter()

    def on_train_batch_end(self, *event: Any) -> None:
        self.advance(1)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, KeptModule)
        epoch = trainer.current_epoch + 1
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        self.rows.append({"epoch": epoch, **pl_module.curve, "learning_rate": rate})
        if self._improved():
            self._previous_best, self.best_epoch = self.best_epoch, epoch
            _write_weights(pl_module, best_weights(self.work, epoch))
        self.finished = trainer.should_stop or epoch == self.settings.epochs
        now = time.perf_counter()
        self.seconds, self._clock = self.seconds + now - self._clock, now
        path = self.work / f"epoch-{epoch:06d}.ckpt"
        with _whole(path) as part:
            trainer.save_checkpoint(part)
        self._tidy()

    def curves(self) -> str:
        """The rows as CSV."""
        names = dict.fromkeys(name for row in self.rows for name in row)
        written = io.StringIO()
        table = csv.writer(written, lineterminator="\n")
        table.writerow(names)  # tasks may be called anything, with commas
        for row in self.rows:
            table.writerow([f"{row.get(name, math.nan):.8g}" for name in names])
        return written.getvalue()

    def _improved(self) -> bool:
        monitor = self.settings.monitor
        if self.best_epoch == 0:
            return True
        best, last = self.rows[self.best_epoch - 1][monitor], self.rows[-1][monitor]
        return last > best if self.settings.higher_is_better else last < best

    def _tidy(self) -> None:
        for path in checkpoints(self.work)[2:]:
            path.unlink()
        wanted = {best_weights(self.work, n) for n in (self.best_epoch, self._previous_best)}
        for path in self.work.glob("best-*.safetensors"):
            if path not in wanted:
                path.unlink()


def best_weights(work: Path, epoch: int) -> Path:
    """Where the weights of `epoch` are kept while they are the best."""
    return work / f"best-{epoch:06d}.safetensors"


def checkpoints(work: Path) -> list[Path]:
    """Checkpoints, the newest first."""
    return sorted(work.glob("epoch-*.ckpt"), reverse=True)


def last_usable(work: Path, keeper: Keeper) -> Path | None:
    """The newest checkpoint that is whole, its state put into `keeper`; None to start anew."""
    for path in checkpoints(work):
        try:
            saved = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
            state = saved["callbacks"][keeper.state_key]
        except (OSError, RuntimeError, EOFError, KeyError, ValueError, pickle.UnpicklingError):
            path.unlink()
            continue
        if best_weights(work, state["best_epoch"]).is_file():
            keeper.load_state_dict(state)
            return path
    return None


def _write_weights(module: KeptModule, path: Path) -> None:
    with _whole(path) as part:
        module.write_weights(part)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Yield the name under which `path` is written until it is complete."""
    part = path.with_suffix(".part")
    try:
        with writing(path):
            yield part
            os.replace(part, path)
    finally:
        # What is left of a full disk would keep it full.
        part.unlink(missing_ok=True)
