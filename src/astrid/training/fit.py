"""Training a classifier so that it can be killed at any moment and run again."""

import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from safetensors.torch import load_model
from torch.utils.data import DataLoader

from astrid.errors import InputError
from astrid.files import write_atomic
from astrid.models.build import build_classifier, build_encoder
from astrid.models.loading import load_classifier
from astrid.models.saving import RECORD, read_record, save_model
from astrid.progress import bar, silent
from astrid.text.document import Corpus
from astrid.training.data import (
    OrderedBatches,
    ShuffledBatches,
    TextBatch,
    TokenisedTexts,
    loader,
)
from astrid.training.inputs import check_inputs, class_weights, identity_of, on_gpu
from astrid.training.keeper import Keeper, best_weights, last_usable
from astrid.training.loggers import build_loggers
from astrid.training.module import DivergedError, Metrics, TrainingModule
from astrid.training.quiet import interruptible, quiet_lightning
from astrid.training.spec import TrainerSpec, TrainSpec
from astrid.training.workfolder import clear, work_folder


@dataclass(frozen=True)
class FitResult:
    """A trained model.

    Attributes:
        folder: where it is.
        metrics: on the validation texts.
        epochs: that were trained.
        best_epoch: whose weights were kept, from 1.
        resumed: whether an earlier, interrupted run was continued.
        reused: whether the finished model was there already.
    """

    folder: Path
    metrics: Metrics
    epochs: int
    best_epoch: int
    resumed: bool = False
    reused: bool = False


def fit(
    spec: TrainSpec,
    train: Corpus,
    validation: Corpus,
    folder: Path,
    progress: bool = True,
    overwrite: bool = False,
) -> FitResult:
    """Train the classifier that `spec` describes and put it in `folder`.

    Until the model is finished it lives in the hidden folder `.{name}.work` beside `folder`. A
    run that was killed goes on from the end of its last whole epoch, and gives the same weights
    as an undisturbed one with the same number of threads. A finished model of the same spec and
    the same texts is returned at once.

    Args:
        spec: what to train.
        train: texts with the task `label`.
        validation: other texts with the same classes.
        folder: where the model appears, complete.
        progress: whether a bar on stderr shows the time left.
        overwrite: whether another model (or anything else) in `folder` is replaced.

    Raises:
        InputError: unusable settings or texts, `folder` holds something else or is in use, or the
            loss is no longer a number.
    """
    folder, spec = Path(folder), spec.resolved()
    check_inputs(spec, train, validation)
    identity = identity_of(spec, train, validation)
    with work_folder(folder) as work:
        found = _finished(folder, identity, overwrite)
        if found is not None:
            clear(work)
            return found
        try:
            result = _train(spec, train, validation, folder, work, identity, progress)
        except DivergedError:
            clear(work)
            raise
        clear(work)
        return result


def _train(
    spec: TrainSpec,
    train: Corpus,
    validation: Corpus,
    folder: Path,
    work: Path,
    identity: str,
    progress: bool,
) -> FitResult:
    _claim(work, identity)
    with torch.random.fork_rng():
        torch.manual_seed(spec.seed)
        built = build_encoder(spec.encoder, train.texts)
        model = build_classifier(built, spec.head, train.classes)
        keeper = Keeper(work, spec.trainer)
        checkpoint = last_usable(work, keeper)
        resumed = checkpoint is not None
        loaders = _loaders(spec, train, validation, built.tokenizer, built.max_length)
        if not keeper.finished:
            steps = len(loaders[0])
            module = _module(spec, model, train, steps)
            description = f"training {folder.name}"
            total = spec.trainer.epochs * steps
            with bar(description, total) if progress else nullcontext(silent) as keeper.advance:
                keeper.advance(len(keeper.rows) * steps)
                _run(spec.trainer, module, keeper, loaders, checkpoint, folder)
        load_model(model, str(best_weights(work, keeper.best_epoch)))
    result = _result(folder, keeper, resumed)
    record = _record(spec, train, validation, identity, result, keeper.seconds)
    save_model(
        work / "model", model.cpu(), built.tokenizer, record, {"curves.csv": keeper.curves()}
    )
    _publish(work, folder)
    return result


def _run(
    settings: TrainerSpec,
    module: TrainingModule,
    keeper: Keeper,
    loaders: tuple[DataLoader[TextBatch], DataLoader[TextBatch]],
    checkpoint: Path | None,
    folder: Path,
) -> None:
    """Train to the end, from `checkpoint` where there is one."""
    callbacks: list[Callback] = [keeper]
    if settings.patience:
        mode = "max" if settings.higher_is_better else "min"
        stopping = EarlyStopping(settings.monitor, patience=settings.patience, mode=mode)
        callbacks.insert(0, stopping)
    with quiet_lightning(), interruptible():
        trainer = pl.Trainer(
            accelerator=settings.accelerator,
            devices=1,
            precision=settings.precision,
            max_epochs=settings.epochs,
            accumulate_grad_batches=settings.accumulate,
            gradient_clip_val=settings.gradient_clip or None,
            callbacks=callbacks,
            logger=build_loggers(settings, folder) or False,
            log_every_n_steps=len(loaders[0]),
            num_sanity_val_steps=0,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            default_root_dir=keeper.work,
        )
        trainer.fit(module, loaders[0], loaders[1], ckpt_path=checkpoint, weights_only=True)


def _module(spec: TrainSpec, model: Any, train: Corpus, batches: int) -> TrainingModule:
    settings = spec.trainer
    steps = settings.epochs * -(-batches // settings.accumulate)
    weights = class_weights(settings, train)
    return TrainingModule(model, settings, spec.seed, steps, weights)


def _loaders(
    spec: TrainSpec, train: Corpus, validation: Corpus, tokenizer: Any, max_length: int
) -> tuple[DataLoader[TextBatch], DataLoader[TextBatch]]:
    size = spec.trainer.batch_size
    learning = TokenisedTexts(train.texts, train.labels, tokenizer, max_length)
    checking = TokenisedTexts(validation.texts, validation.labels, tokenizer, max_length)
    return (
        loader(learning, ShuffledBatches(learning.lengths, size, spec.seed)),
        loader(checking, OrderedBatches(checking.lengths, 2 * size)),
    )


def _finished(folder: Path, identity: str, overwrite: bool) -> FitResult | None:
    """The model in `folder` if it is the one that is asked for."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    if (folder / RECORD).is_file():
        record = read_record(folder)
        if record.get("identity") == identity:
            load_classifier(folder)  # a damaged model is named here rather than used later
            return FitResult(
                folder,
                _metrics(record["metrics"]),
                record["epochs"],
                record["best_epoch"],
                reused=True,
            )
    if overwrite:
        return None
    raise InputError(
        f"{folder}: holds something else already; choose another folder or --overwrite"
    )


def _claim(work: Path, identity: str) -> None:
    """Start anew if the work folder was left by a run with other settings or texts."""
    mark = work / "identity"
    if not mark.is_file() or mark.read_text() != identity:
        clear(work)
        write_atomic(mark, identity)


def _publish(work: Path, folder: Path) -> None:
    """Move the finished model to its place in one step."""
    if folder.exists():
        os.replace(folder, work / "replaced")
    os.replace(work / "model", folder)


def _result(folder: Path, keeper: Keeper, resumed: bool) -> FitResult:
    metrics = _metrics(keeper.rows[keeper.best_epoch - 1])
    return FitResult(folder, metrics, len(keeper.rows), keeper.best_epoch, resumed)


def _metrics(row: Mapping[str, float]) -> Metrics:
    return Metrics(val_loss=row["val_loss"], accuracy=row["accuracy"], f1_score=row["f1_score"])


def _record(
    spec: TrainSpec,
    train: Corpus,
    validation: Corpus,
    identity: str,
    result: FitResult,
    seconds: float,
) -> Mapping[str, Any]:
    return {
        "identity": identity,
        "spec": spec.model_dump(mode="json"),
        "data": {
            "name": train.name,
            "train": {"texts": len(train), "fingerprint": train.fingerprint()},
            "validation": {"texts": len(validation), "fingerprint": validation.fingerprint()},
        },
        "metrics": result.metrics,
        "epochs": result.epochs,
        "best_epoch": result.best_epoch,
        "seconds": round(seconds, 3),
        "device": torch.cuda.get_device_name() if on_gpu(spec.trainer) else "cpu",
    }
