"""What goes into training: checked, weighed, and hashed to tell one model from another."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from astrid.errors import InputError
from astrid.spec import digest, nearest
from astrid.text.document import Corpus
from astrid.training.spec import TaskSpec, TrainerSpec, TrainSpec


def check_inputs(spec: TrainSpec, train: Corpus, validation: Corpus) -> None:
    """Raise `InputError` where texts or settings can't be trained with."""
    check_labelled(train, "training")
    check_labelled(validation, "validation")
    if train.label_names != validation.label_names:
        raise InputError("data: training and validation texts have different classes")
    check_trainer(spec.trainer, train)
    check_tasks(spec, train)
    if spec.join_groups:
        _check_groups(train)
    if train.several:
        check_names(tuple(train.label_names))
        _check_judged(validation)


def _check_groups(train: Corpus) -> None:
    if not train.several:
        # Evaluation and comparison of one label read text by text: they would judge another thing.
        raise InputError(
            "join_groups: only models of named tasks judge groups; give the label as a task "
            "(data.params.label_fields), or leave join_groups out"
        )
    if not any(document.group for document in train):
        raise InputError(
            f"join_groups: the texts of {train.name} belong to no groups; name the column "
            "(data.params.group_field), or leave it out"
        )


def check_labelled(corpus: Corpus, part: str) -> None:
    """Raise `InputError` where there are no texts, or one has no label; `part` names the split."""
    if not len(corpus):
        raise InputError(f"data: {corpus.name} has no {part} texts; split it otherwise")
    for row, document in enumerate(corpus):
        if not document.labels:
            raise InputError(f"data: {corpus.name}, {part} row {row}: the text has no label")


def check_trainer(settings: TrainerSpec, train: Corpus) -> None:
    """Raise `InputError` where settings don't fit the texts or the machine."""
    weights = settings.class_weights
    if isinstance(weights, tuple) and train.several:
        raise InputError("trainer.class_weights: with several tasks, give numbers task by task")
    if isinstance(weights, tuple) and len(weights) != len(train.classes):
        raise InputError(
            f"trainer.class_weights: {len(weights)} weights for {len(train.classes)} classes; "
            "give one a class"
        )
    if settings.precision == "16-mixed" and not on_gpu(settings):
        raise InputError("trainer.precision: 16-mixed needs a GPU; use bf16-mixed or 32")


def check_tasks(spec: TrainSpec, train: Corpus) -> None:
    """Raise `InputError` where settings of tasks don't fit the texts."""
    for name, task in spec.tasks.items():
        if not train.several:
            raise InputError(f"tasks.{name}: {train.name} has one label a text, and no tasks")
        if name not in train.label_names:
            raise InputError(f"tasks.{name}: no such task; {nearest(name, train.label_names)}")
        count = len(train.label_names[name])
        if count == 2 and task.class_weights is not None:
            raise InputError(f"tasks.{name}.class_weights: two classes have a pos_weight instead")
        if count > 2 and task.pos_weight is not None:
            raise InputError(f"tasks.{name}.pos_weight: {count} classes have class_weights instead")
        if count > 2 and task.threshold != 0.5:
            raise InputError(f"tasks.{name}.threshold: only a task of two classes has one")
        if isinstance(task.class_weights, tuple) and len(task.class_weights) != count:
            raise InputError(
                f"tasks.{name}.class_weights: {len(task.class_weights)} weights for {count} "
                "classes; give one a class"
            )
    if train.several:
        _check_both(train)
        if spec.distil is not None:
            raise InputError("distil: learning from a teacher works with one task, not several")


def check_names(tasks: tuple[str, ...]) -> None:
    """Raise `InputError` where a task's columns in the curves would have another column's name."""
    taken = {"val_loss_error", "f1_score", "acc_total"}
    for task in tasks:
        columns = {f"{start}_{task}" for start in ("acc", "f1", "val_loss", "val_loss_error")}
        if columns & taken:
            raise InputError(
                f"data: a task can't be called {task}: {min(columns & taken)} is the name of "
                "another figure; rename it"
            )
        taken |= columns


def _check_judged(validation: Corpus) -> None:
    """Refuse a task that no validation text has a label of: nothing would choose the epoch."""
    for name in validation.label_names:
        if not any(name in document.labels for document in validation):
            raise InputError(
                f"data: {validation.name}, the task {name}: no validation text has a label of it; "
                "split it otherwise"
            )


def _check_both(train: Corpus) -> None:
    """Refuse a task whose training texts are all of one class: there is nothing to learn."""
    for name, classes in train.label_names.items():
        present = {document.labels[name] for document in train if name in document.labels}
        if len(present) < 2:
            have = f'only "{classes[present.pop()]}"' if present else "no label"
            raise InputError(
                f"data: {train.name}, the task {name}: the training texts have {have}; a task "
                "needs texts of two classes"
            )


def identity_of(spec: TrainSpec, train: Corpus, validation: Corpus) -> str:
    """Changes when the spec, any text or label, or the weights that training starts from do."""
    start = spec.encoder.teacher or spec.encoder.source
    settings = settings_of(spec)
    made_of = {
        "spec": settings,
        "train": train.fingerprint(),
        "validation": validation.fingerprint(),
        "weights": weights_digest(Path(start)) if start else None,
    }
    if spec.distil is not None:
        made_of["teacher"] = weights_digest(Path(spec.distil.teacher))
    return digest(made_of)


_LATER = (
    *("distil", "tasks", "join_groups"),
    *("loss", "gamma", "strategy", "unfreeze", "checkpoint"),
)
"""Settings that there were not always: models keep the identity that they had before."""


def settings_of(spec: TrainSpec | TrainerSpec) -> dict[str, Any]:
    """What tells models apart: the settings, without later ones that have their defaults."""
    settings = spec.model_dump(mode="json")
    plain = type(spec).model_fields
    for name in _LATER:
        if name in plain:
            default = plain[name].get_default(call_default_factory=True)
            if getattr(spec, name) == default:
                del settings[name]
    if isinstance(spec, TrainSpec):
        settings["trainer"] = settings_of(spec.trainer)
    return settings


def weights_digest(folder: Path) -> str | None:
    """SHA-256 of a local folder's weights; None for a hub id."""
    hashed = hashlib.sha256()
    files = sorted(folder.glob("*.safetensors"))
    for path in files:
        with path.open("rb") as file:
            hashed.update(hashlib.file_digest(file, "sha256").digest())
    return hashed.hexdigest() if files else None


def label_array(corpus: Corpus) -> np.ndarray:
    """`[N, tasks]` class indices, −1 where a document has none; `[N]` of a single label."""
    if not corpus.several:
        return np.asarray(corpus.labels)
    rows = [[document.labels.get(task, -1) for task in corpus.label_names] for document in corpus]
    return np.asarray(rows, dtype=np.int64)


def weights_of(
    settings: TrainerSpec, tasks: Mapping[str, TaskSpec], train: Corpus
) -> list[torch.Tensor | None]:
    """Of each task the weights of the loss: `[K]`, or `[]` with two classes among several tasks."""
    labels = label_array(train)
    if not train.several:
        return [_class_weights(settings.class_weights, labels, len(train.classes))]
    found: list[torch.Tensor | None] = []
    for place, (name, classes) in enumerate(train.label_names.items()):
        own, known = tasks.get(name, TaskSpec()), labels[labels[:, place] >= 0, place]
        if len(classes) == 2:
            found.append(_pos_weight(own.pos_weight or settings.class_weights, known))
        else:
            wanted = own.class_weights or settings.class_weights
            found.append(_class_weights(wanted, known, len(classes)))
    return found


def balanced_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """`[K]` N / (K · texts of the class), as scikit-learn's `class_weight="balanced"`.

    >>> balanced_weights(np.array([0, 0, 0, 1]), 2)
    array([0.66666667, 2.        ])
    """
    counts = np.bincount(labels, minlength=classes)
    return len(labels) / (classes * np.maximum(counts, 1))


def _class_weights(
    wanted: str | tuple[float, ...], labels: np.ndarray, classes: int
) -> torch.Tensor | None:
    if wanted == "none":
        return None
    weights = balanced_weights(labels, classes) if wanted == "balanced" else wanted
    return torch.tensor(weights, dtype=torch.float32)


def _pos_weight(wanted: str | float | tuple[float, ...], labels: np.ndarray) -> torch.Tensor | None:
    """How much the second class weighs against the first: the ratio of the balanced weights."""
    if wanted == "none":
        return None
    if wanted == "balanced":
        first, second = balanced_weights(labels, 2)
        return torch.tensor(second / first, dtype=torch.float32)
    return torch.tensor(wanted, dtype=torch.float32)


def on_gpu(settings: TrainerSpec) -> bool:
    """Whether training with `settings` runs on an NVIDIA GPU here."""
    return settings.accelerator != "cpu" and torch.cuda.is_available()
