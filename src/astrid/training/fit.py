"""Training a classifier so that it can be killed at any moment and run again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from astrid.models.build import (
    BuiltEncoder,
    build_classifier,
    build_encoder,
    build_task_classifier,
)
from astrid.models.checkpoints import SUFFIX, save_checkpoint
from astrid.models.loading import load_classifier
from astrid.models.outputs import tasks_of
from astrid.models.saving import save_model
from astrid.models.task_heads import TaskHead
from astrid.models.text_model import TransformerClassifier
from astrid.text.document import Corpus
from astrid.training.answers import logits_of
from astrid.training.distillation import check_teacher
from astrid.training.inputs import check_inputs, identity_of, label_array, on_gpu
from astrid.training.joined import group_numbers, joined
from astrid.training.keeper import Keeper
from astrid.training.loop import Lesson, learn
from astrid.training.module import DivergedError
from astrid.training.quality import Metrics, judged
from astrid.training.spec import TaskSpec, TrainSpec
from astrid.training.thresholds import tuned_thresholds
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
    """

    folder: Path
    metrics: Metrics
    epochs: int
    best_epoch: int
    resumed: bool = False
    reused: bool = False
    tasks: Mapping[str, float] = field(default_factory=dict)


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
        lesson = _lesson(spec, built, train, validation)
        keeper, resumed = learn(lesson, work, folder, progress)
    model, tokenizer = lesson.model.cpu(), built.tokenizer
    result = _result(folder, keeper, resumed)
    if any(task.threshold == "tuned" for task in spec.tasks.values()):
        result = replace(result, **_tuned(spec, lesson))
    record = _record(spec, train, validation, identity, result, keeper.seconds)
    save_model(work / "model", model, tokenizer, record, {"curves.csv": keeper.curves()})
    if spec.trainer.checkpoint:
        path = work / "model" / f"model{SUFFIX}"
        save_checkpoint(path, model, tokenizer, result.best_epoch)
    publish(work, folder)
    return result


def _lesson(spec: TrainSpec, built: BuiltEncoder, train: Corpus, validation: Corpus) -> Lesson:
    groups = None
    if spec.join_groups:
        train, validation = (
            joined(corpus, built.tokenizer, built.max_length) for corpus in (train, validation)
        )
        groups = group_numbers(validation)
    if train.several:
        model = build_task_classifier(built, _task_heads(spec, train))
    else:
        model = build_classifier(built, spec.head, train.classes)
    return Lesson(
        model,
        built.tokenizer,
        built.max_length,
        spec.trainer,
        spec.seed,
        train,
        validation,
        spec.distil,
        tasks=spec.tasks,
        groups=groups,
    )


def _task_heads(spec: TrainSpec, train: Corpus) -> list[TaskHead]:
    heads = []
    for name, names in train.label_names.items():
        own = spec.tasks.get(name, TaskSpec())
        threshold = 0.5 if own.threshold == "tuned" else own.threshold
        heads.append(TaskHead(name, tuple(names), own.head or spec.head, threshold))
    return heads


def _tuned(spec: TrainSpec, lesson: Lesson) -> dict[str, Any]:
    """Set the thresholds that are to be found, and say how well the model does with them."""
    model = lesson.model.eval()
    reader = TransformerClassifier(model, lesson.tokenizer)
    logits = logits_of(reader, lesson.tokenizer, lesson.validation.texts)
    labels = torch.from_numpy(label_array(lesson.validation))
    groups = None if lesson.groups is None else torch.from_numpy(lesson.groups)
    wanted = [name for name, task in spec.tasks.items() if task.threshold == "tuned"]
    found = tuned_thresholds(logits, labels, reader.tasks, wanted, groups)
    for task in model.config.tasks:
        task["threshold"] = found.get(task["name"], task["threshold"])
    tasks = tasks_of(model.config, reader.labels)
    quality = judged(logits, labels, tasks, groups)
    return {"metrics": quality.metrics, "tasks": quality.tasks}


def _reused(folder: Path, record: Mapping[str, Any]) -> FitResult:
    """The model that is in the folder already."""
    load_classifier(folder)
    metrics = _metrics(record["metrics"])
    tasks = _of_tasks(record["metrics"])
    return FitResult(
        folder, metrics, record["epochs"], record["best_epoch"], reused=True, tasks=tasks
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
        "seconds": round(seconds, 3),
        "device": torch.cuda.get_device_name() if on_gpu(spec.trainer) else "cpu",
    }
