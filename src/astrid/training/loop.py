"""The epochs of one training run, from the last checkpoint to the best weights."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from safetensors.torch import load_model
from torch.utils.data import DataLoader

from astrid.models.checkpoints import files_of
from astrid.models.layers import layers_of
from astrid.models.outputs import labels_of, tasks_of
from astrid.progress import bar, silent
from astrid.training.data import (
    OrderedBatches,
    ShuffledBatches,
    TextBatch,
    TokenisedTexts,
    loader,
)
from astrid.training.distillation import Distillation, build_distillation
from astrid.training.inputs import label_array, on_gpu, weights_of
from astrid.training.keeper import Keeper, best_weights, last_usable
from astrid.training.lesson import Lesson, Zeros
from astrid.training.loggers import build_loggers
from astrid.training.losses import Loss
from astrid.training.module import TrainingModule
from astrid.training.trainer import run_epochs
from astrid.training.unfreezing import Unfreezing

Loaders = tuple[DataLoader[TextBatch], DataLoader[TextBatch]]


class KeepZeros(Callback):
    """Sets pruned weights back to zero after each change of the weights."""

    def __init__(self, zeros: Zeros) -> None:
        self.zeros = zeros

    def on_train_batch_end(self, *event: Any) -> None:
        with torch.no_grad():
            for weight, zero in self.zeros:
                weight.masked_fill_(zero.to(weight.device), 0)


def learn(lesson: Lesson, work: Path, folder: Path, progress: bool) -> tuple[Keeper, bool]:
    """Train `lesson.model`, which ends with the weights of the best epoch.

    Args:
        lesson: what is trained.
        work: folder for checkpoints, in which an interrupted run of the same lesson may be.
        folder: where the model will be; names the bar and the curves.
        progress: whether a bar on stderr shows the time left.

    Returns:
        The curves with the best epoch, and whether an interrupted run was continued.

    Raises:
        InputError: layers are to be unfrozen one by one that can't be told apart, or the loss is
            no longer a number.
    """
    if lesson.trainer.strategy == "gradual":
        layers_of(lesson.model.encoder, "trainer.strategy")  # not found out epochs later
    keeper = Keeper(work, lesson.trainer)
    checkpoint = last_usable(work, keeper)
    loaders, learning = _loaders(lesson)
    if not keeper.finished:
        steps = len(loaders[0])
        module = _module(lesson, steps, _teaching(lesson, learning))
        total = lesson.trainer.epochs * steps
        shown = bar(f"training {folder.name}", total) if progress else nullcontext(silent)
        with shown as keeper.advance:
            keeper.advance(len(keeper.rows) * steps)
            _run(lesson, module, keeper, loaders, checkpoint, folder)
    load_model(lesson.model, str(best_weights(work, keeper.best_epoch)))
    return keeper, checkpoint is not None


def _run(
    lesson: Lesson,
    module: TrainingModule,
    keeper: Keeper,
    loaders: Loaders,
    checkpoint: Path | None,
    folder: Path,
) -> None:
    """Train to the end, from `checkpoint` where there is one."""
    settings = lesson.trainer
    loggers, callbacks = build_loggers(settings, folder), _callbacks(lesson, keeper)
    run_epochs(module, loaders, settings, callbacks, keeper.work, checkpoint, loggers)


def _callbacks(lesson: Lesson, keeper: Keeper) -> list[Callback]:
    callbacks: list[Callback] = [keeper]
    settings = lesson.trainer
    if settings.patience:
        mode = "max" if settings.higher_is_better else "min"
        callbacks.insert(0, EarlyStopping(settings.monitor, patience=settings.patience, mode=mode))
    if settings.strategy != "full":
        callbacks.insert(0, Unfreezing(settings))
    if lesson.zeros:
        callbacks.insert(0, KeepZeros(lesson.zeros))
    return callbacks


def _module(lesson: Lesson, batches: int, teaching: Distillation | None) -> TrainingModule:
    settings = lesson.trainer
    steps = settings.epochs * -(-batches // settings.accumulate)
    model = lesson.model
    tasks = tasks_of(model.config, labels_of(model.config, "model"))
    gamma = settings.gamma if settings.loss == "focal" else 0.0
    return TrainingModule(
        model,
        settings,
        lesson.seed,
        steps,
        Loss(tasks, weights_of(settings, lesson.tasks, lesson.train), gamma),
        groups=None if lesson.groups is None else torch.from_numpy(lesson.groups),
        teaching=teaching,
        files=files_of(model, lesson.tokenizer),
    )


def _teaching(lesson: Lesson, learning: TokenisedTexts) -> Distillation | None:
    if lesson.distil is None:
        return None
    return build_distillation(
        lesson.distil,
        lesson.model,
        learning,
        lesson.tokenizer,
        lesson.train.texts,
        "cuda" if on_gpu(lesson.trainer) else "cpu",
    )


def _loaders(lesson: Lesson) -> tuple[Loaders, TokenisedTexts]:
    """Batches to learn from and to check with, and the texts to learn from."""
    size, tokenizer, longest = lesson.trainer.batch_size, lesson.tokenizer, lesson.max_length
    train, validation = lesson.train, lesson.validation
    learning = TokenisedTexts(train.texts, label_array(train), tokenizer, longest)
    checking = TokenisedTexts(validation.texts, label_array(validation), tokenizer, longest)
    loaders = (
        loader(learning, ShuffledBatches(learning.lengths, size, lesson.seed)),
        loader(checking, OrderedBatches(checking.lengths, 2 * size)),
    )
    return loaders, learning
