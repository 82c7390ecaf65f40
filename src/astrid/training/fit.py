"""Training a classifier so that it can be killed at any moment and run again."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from astrid.models.build import build_classifier, build_encoder
from astrid.models.loading import load_classifier
from astrid.models.saving import save_model
from astrid.text.document import Corpus
from astrid.training.distillation import check_teacher
from astrid.training.inputs import check_inputs, identity_of, on_gpu
from astrid.training.keeper import Keeper
from astrid.training.loop import Lesson, learn
from astrid.training.module import DivergedError, Metrics
from astrid.training.spec import TrainSpec
from astrid.training.workfolder import claim, clear, finished, publish, work_folder


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
    if spec.distil is not None:
        check_teacher(spec.distil, train.classes)
    identity = identity_of(spec, train, validation)
    with work_folder(folder) as work:
        found = finished(folder, identity, overwrite, partial(_reused, folder))
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
    claim(work, identity)
    with torch.random.fork_rng():
        torch.manual_seed(spec.seed)
        built = build_encoder(spec.encoder, train.texts)
        model = build_classifier(built, spec.head, train.classes)
        lesson = Lesson(
            model,
            built.tokenizer,
            built.max_length,
            spec.trainer,
            spec.seed,
            train,
            validation,
            spec.distil,
        )
        keeper, resumed = learn(lesson, work, folder, progress)
    result = _result(folder, keeper, resumed)
    record = _record(spec, train, validation, identity, result, keeper.seconds)
    save_model(
        work / "model", model.cpu(), built.tokenizer, record, {"curves.csv": keeper.curves()}
    )
    publish(work, folder)
    return result


def _reused(folder: Path, record: Mapping[str, Any]) -> FitResult:
    """The model that is in the folder already."""
    load_classifier(folder)
    metrics = _metrics(record["metrics"])
    return FitResult(folder, metrics, record["epochs"], record["best_epoch"], reused=True)


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
