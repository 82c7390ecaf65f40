"""Training a classifier so that it can be killed at any moment and run again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from astrid.models.build import build_encoder
from astrid.models.checkpoints import SUFFIX, save_checkpoint
from astrid.models.loading import load_classifier
from astrid.models.saving import save_model
from astrid.text.document import Corpus
from astrid.training.diagnosis import examine, facts_of
from astrid.training.distillation import check_teacher
from astrid.training.finding import Finding, findings_of
from astrid.training.inputs import check_inputs, identity_of, on_gpu
from astrid.training.keeper import Keeper
from astrid.training.lesson import prepared
from astrid.training.loop import learn
from astrid.training.module import DivergedError
from astrid.training.quality import Metrics
from astrid.training.spec import TrainSpec
from astrid.training.thresholds import tune
from astrid.training.workfolder import claim, clear, finished, publish, work_folder


@dataclass(frozen=True)
class FitResult:
    """A trained model.

    Attributes:
        folder: where it is.
        metrics: on the validation texts; with several tasks, means over them.
        epochs: that were trained.
        best_epoch: whose weights were kept, from 1.
        resumed: whether an earlier, interrupted run was continued.
        reused: whether the finished model was there already.
        tasks: with several tasks, `acc_{task}`, `f1_{task}` and `acc_total` (all of them right).
        diagnosis: what the curves show to be wrong; empty where nothing is.
    """

    folder: Path
    metrics: Metrics
    epochs: int
    best_epoch: int
    resumed: bool = False
    reused: bool = False
    tasks: Mapping[str, float] = field(default_factory=dict)
    diagnosis: tuple[Finding, ...] = ()


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
        train: texts with the task `label`, or with several tasks.
        validation: other texts with the same tasks and classes.
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
        lesson = prepared(spec, built, train, validation)
        keeper, resumed = learn(lesson, work, folder, progress)
    model, tokenizer = lesson.model.cpu(), built.tokenizer
    result = _result(folder, keeper, resumed)
    if any(task.threshold == "tuned" for task in spec.tasks.values()):
        quality = tune(lesson)
        result = replace(result, metrics=quality.metrics, tasks=quality.tasks)
    result = replace(result, diagnosis=examine(lesson, keeper.rows, keeper.best_epoch))
    record = {
        **_record(spec, train, validation, identity, result, keeper.seconds),
        "task_facts": [asdict(facts) for facts in facts_of(lesson)],
    }
    save_model(work / "model", model, tokenizer, record, {"curves.csv": keeper.curves()})
    if spec.trainer.checkpoint:
        path = work / "model" / f"model{SUFFIX}"
        save_checkpoint(path, model, tokenizer, result.best_epoch)
    publish(work, folder)
    return result


def _reused(folder: Path, record: Mapping[str, Any]) -> FitResult:
    """The model that is in the folder already."""
    load_classifier(folder)
    metrics = _metrics(record["metrics"])
    return FitResult(
        folder,
        metrics,
        record["epochs"],
        record["best_epoch"],
        reused=True,
        tasks=_of_tasks(record["metrics"]),
        diagnosis=findings_of(record),
    )


def _result(folder: Path, keeper: Keeper, resumed: bool) -> FitResult:
    row = keeper.rows[keeper.best_epoch - 1]
    return FitResult(
        folder, _metrics(row), len(keeper.rows), keeper.best_epoch, resumed, tasks=_of_tasks(row)
    )


def _metrics(row: Mapping[str, float]) -> Metrics:
    return Metrics(val_loss=row["val_loss"], accuracy=row["accuracy"], f1_score=row["f1_score"])


def _of_tasks(row: Mapping[str, float]) -> dict[str, float]:
    return {
        name: value
        for name, value in row.items()
        if name.startswith(("acc_", "f1_")) and name != "f1_score"
    }


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
        "metrics": {**result.metrics, **result.tasks},
        "epochs": result.epochs,
        "best_epoch": result.best_epoch,
        "diagnosis": [found.to_dict() for found in result.diagnosis],
        "seconds": round(seconds, 3),
        "device": torch.cuda.get_device_name() if on_gpu(spec.trainer) else "cpu",
    }
