"""The one way in which Lightning is run here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import Logger
from torch.utils.data import DataLoader

from astrid.training.kept import KeptModule
from astrid.training.quiet import interruptible, quiet_lightning


class Run(Protocol):
    """The settings of a run that decide how it is run; see `TrainerSpec`."""

    @property
    def epochs(self) -> int: ...
    @property
    def accumulate(self) -> int: ...
    @property
    def precision(self) -> str: ...
    @property
    def gradient_clip(self) -> float: ...
    @property
    def accelerator(self) -> str: ...


def run_epochs(
    module: KeptModule,
    loaders: tuple[DataLoader[Any], DataLoader[Any]],
    settings: Run,
    callbacks: Sequence[Callback],
    work: Path,
    checkpoint: Path | None = None,
    loggers: Sequence[Logger] = (),
) -> None:
    """Train `module` to the end, from `checkpoint` where there is one.

    Args:
        module: trained in place.
        loaders: what it learns from and what it is checked with.
        settings: of the run.
        callbacks: one of them keeps checkpoints.
        work: where Lightning may write.
        checkpoint: of an interrupted run.
        loggers: where curves go besides.
    """
    with quiet_lightning(), interruptible():
        trainer = pl.Trainer(
            accelerator=settings.accelerator,
            devices=1,
            precision=settings.precision,
            max_epochs=settings.epochs,
            accumulate_grad_batches=settings.accumulate,
            gradient_clip_val=settings.gradient_clip or None,
            callbacks=list(callbacks),
            logger=list(loggers) or False,
            log_every_n_steps=len(loaders[0]),
            num_sanity_val_steps=0,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            default_root_dir=work,
        )
        trainer.fit(module, *loaders, ckpt_path=checkpoint, weights_only=True)
