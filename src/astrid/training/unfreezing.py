"""Which parts of a model learn in which epoch."""

from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback

from astrid.models.layers import layers_of
from astrid.training.spec import TrainerSpec

HEAD, LAST_LAYER, ALL = range(3)
"""How far down the model learns."""


def depth(settings: TrainerSpec, epoch: int) -> int:
    """How far down the model learns in `epoch`, from 1.

    >>> gradual = TrainerSpec(strategy="gradual", unfreeze=(2, 4))
    >>> [depth(gradual, epoch) for epoch in (1, 2, 3, 4)]
    [0, 1, 1, 2]
    """
    if settings.strategy == "full":
        return ALL
    if settings.strategy == "frozen":
        return HEAD
    return sum(epoch >= start for start in settings.unfreeze)


def freeze(model: Any, down_to: int) -> None:
    """Let `model`, a classifier with an encoder and a head, learn as far down as `down_to`.

    Raises:
        InputError: its last layer can't be found.
    """
    model.requires_grad_(down_to == ALL)
    model.head.requires_grad_(True)
    if down_to == LAST_LAYER:
        place = layers_of(model.encoder, "trainer.strategy")
        model.encoder.get_submodule(place)[-1].requires_grad_(True)


class Unfreezing(Callback):
    """Sets at the beginning of each epoch what learns in it; at the end, everything is free."""

    def __init__(self, settings: TrainerSpec) -> None:
        self.settings = settings

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        freeze(pl_module.model, depth(self.settings, trainer.current_epoch + 1))

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        freeze(pl_module.model, ALL)
