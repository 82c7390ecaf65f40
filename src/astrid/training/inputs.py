"""What goes into training: checked, weighed, and hashed to tell one model from another."""

import hashlib
from pathlib import Path

import numpy as np
import torch

from astrid.errors import InputError
from astrid.spec import digest
from astrid.text.document import Corpus
from astrid.training.spec import TrainerSpec, TrainSpec


def check_inputs(spec: TrainSpec, train: Corpus, validation: Corpus) -> None:
    """Raise `InputError` where texts or settings can't be trained with."""
    check_labelled(train, "training")
    check_labelled(validation, "validation")
    if train.classes != validation.classes:
        raise InputError("data: training and validation texts have different classes")
    check_trainer(spec.trainer, train)


def check_labelled(corpus: Corpus, part: str) -> None:
    """Raise `InputError` where there are no texts, or one has no label; `part` names the split."""
    if not len(corpus):
        raise InputError(f"data: {corpus.name} has no {part} texts; split it otherwise")
    for row, document in enumerate(corpus):
        if "label" not in document.labels:
            raise InputError(f"data: {corpus.name}, {part} row {row}: the text has no label")


def check_trainer(settings: TrainerSpec, train: Corpus) -> None:
    """Raise `InputError` where settings don't fit the texts or the machine."""
    weights = settings.class_weights
    if isinstance(weights, tuple) and len(weights) != len(train.classes):
        raise InputError(
            f"trainer.class_weights: {len(weights)} weights for {len(train.classes)} classes; "
            "give one a class"
        )
    if settings.precision == "16-mixed" and not on_gpu(settings):
        raise InputError("trainer.precision: 16-mixed needs a GPU; use bf16-mixed or 32")


def identity_of(spec: TrainSpec, train: Corpus, validation: Corpus) -> str:
    """Changes when the spec, any text or label, or the weights that training starts from do."""
    start = spec.encoder.teacher or spec.encoder.source
    settings = spec.model_dump(mode="json")
    made_of = {
        "spec": settings,
        "train": train.fingerprint(),
        "validation": validation.fingerprint(),
        "weights": weights_digest(Path(start)) if start else None,
    }
    if spec.distil is None:
        # Models keep the identity that they had before there were teachers.
        del settings["distil"]
    else:
        made_of["teacher"] = weights_digest(Path(spec.distil.teacher))
    return digest(made_of)


def weights_digest(folder: Path) -> str | None:
    """SHA-256 of a local folder's weights; None for a hub id."""
    hashed = hashlib.sha256()
    files = sorted(folder.glob("*.safetensors"))
    for path in files:
        with path.open("rb") as file:
            hashed.update(hashlib.file_digest(file, "sha256").digest())
    return hashed.hexdigest() if files else None


def class_weights(settings: TrainerSpec, train: Corpus) -> torch.Tensor | None:
    """`[K]` weights of the loss; `balanced` is N / (K · texts of the class), as scikit-learn's."""
    if settings.class_weights == "none":
        return None
    if settings.class_weights == "balanced":
        counts = np.bincount(train.labels, minlength=len(train.classes))
        balanced = len(train) / (len(counts) * np.maximum(counts, 1))
        return torch.tensor(balanced, dtype=torch.float32)
    return torch.tensor(settings.class_weights, dtype=torch.float32)


def on_gpu(settings: TrainerSpec) -> bool:
    """Whether training with `settings` runs on an NVIDIA GPU here."""
    return settings.accelerator != "cpu" and torch.cuda.is_available()
