"""Training a study's model, and finding out how well and how fast it answers."""

import io
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from astrid.explain.run import plain_logits
from astrid.measures.statistics.bootstrap import Estimate, mean_with_interval
from astrid.measures.statistics.quality import quality_with_intervals
from astrid.models.classifier import AstridClassifier
from astrid.models.compression import DISTILLED, UNCOMPRESSED, parse_compression
from astrid.models.encoders import EncoderSpec
from astrid.models.load import load_model
from astrid.models.outputs import answers
from astrid.models.sizes import size_of
from astrid.models.text_model import TransformerClassifier
from astrid.study.grid import NO_GRADIENTS, ModelKey
from astrid.study.store import Store
from astrid.study.tasks import Place
from astrid.text.document import Corpus
from astrid.text.splits import Splits
from astrid.training.compressing import Order, compress_folder
from astrid.training.fit import fit
from astrid.training.spec import DistilSpec, TrainSpec

TIMED = 100
"""Documents whose prediction is timed, one by one."""

_WARM_UP = 5


def train_and_evaluate(store: Store, splits: Splits, model: ModelKey, place: Place) -> None:
    """Train `model`, predict all evaluation documents, and write what came of it."""
    started = time.perf_counter()
    store.forget_evaluation(model)
    _train(store, splits, model, place)
    trained = time.perf_counter()
    opened = load_model(store.model(model), device=place.device)
    corpus: Corpus = getattr(splits, store.spec.explaining.split)
    gold = labels_of(opened, corpus)
    logits = plain_logits(opened, corpus.texts)
    probabilities = np.asarray(_probabilities(opened, logits))
    quality = quality_with_intervals(gold, probabilities, ["accuracy", "f1"])
    inner = opened.module
    assert isinstance(inner, AstridClassifier)
    size = size_of(store.model(model), inner)
    encoder, total = _parameters(inner.encoder), size.parameters
    found = {
        "train_seconds": trained - started,
        "seconds": time.perf_counter() - started,
        "threads": place.threads,
        "device": place.device,
        "accuracy": _ends(quality["accuracy"]),
        "f1_score": _ends(quality["f1"]),
        "prediction_confidence": _ends(mean_with_interval(probabilities.max(axis=1))),
        "inference_time": _ends(mean_with_interval(seconds_a_text(opened, corpus.texts[:TIMED]))),
        "encoder_params": encoder,
        "classifier_params": total - encoder,
        "total_params": total,
        "nonzero_params": size.nonzero_parameters,
        "disk_bytes": size.disk_bytes,
    }
    store.write_evaluation(model, _answers(opened, corpus, gold, logits, probabilities), found)


def training_spec(store: Store, model: ModelKey) -> TrainSpec:
    """What `model` is trained by, before any compression but distillation."""
    rung = store.rung(model)
    encoder: EncoderSpec = rung.encoder
    if encoder.init == "teacher" and encoder.teacher is None:
        encoder = encoder.model_copy(update={"teacher": str(store.model(store.reference))})
    distil = None
    if parse_compression(model.compression).name == DISTILLED:
        distil = DistilSpec(teacher=str(store.model(store.reference)))
    return TrainSpec(
        data=store.spec.data.model_dump(mode="json"),
        encoder=encoder,
        head=store.spec.heads[model.classifier],
        trainer=rung.trainer or store.spec.trainer,
        distil=distil,
        seed=model.seed,
    )


def _train(store: Store, splits: Splits, model: ModelKey, place: Place) -> None:
    """Train the model, or compress the trained one; what is in its place already is kept."""
    folder = store.model(model)
    compression = parse_compression(model.compression)
    if compression.name in (UNCOMPRESSED, DISTILLED):
        spec = training_spec(store, model)
        accelerator = "cpu" if place.device == "cpu" else "auto"
        trainer = spec.trainer.model_copy(update={"accelerator": accelerator})
        spec = spec.model_copy(update={"trainer": trainer})
        fit(spec, splits.train, splits.validation, folder, progress=False, overwrite=True)
        return
    order = Order(
        store.model(model.uncompressed),
        compression,
        splits.train,
        splits.validation,
        recover=None if compression.name in NO_GRADIENTS else store.spec.recover,
        seed=model.seed,
    )
    compress_folder(order, folder, progress=False, overwrite=True)


def labels_of(model: TransformerClassifier, corpus: Corpus) -> np.ndarray:
    """Each document's class `[N]`, as the model numbers them."""
    return np.array([model.labels.index(corpus.classes[label]) for label in corpus.labels])


def seconds_a_text(model: TransformerClassifier, texts: Sequence[str]) -> np.ndarray:
    """Seconds of one prediction `[N]`: a text alone, from the string to the logits."""
    for text in texts[:_WARM_UP]:
        plain_logits(model, [text])
    seconds = np.zeros(len(texts))
    for number, text in enumerate(texts):
        started = time.perf_counter()
        plain_logits(model, [text])
        seconds[number] = time.perf_counter() - started
    return seconds


def _answers(
    model: TransformerClassifier,
    corpus: Corpus,
    gold: np.ndarray,
    logits: np.ndarray,
    probabilities: np.ndarray,
) -> bytes:
    predicted = probabilities.argmax(axis=1)
    frame = pd.DataFrame(
        {
            "document": np.arange(len(corpus)),
            "label": [model.labels[label] for label in gold],
            "predicted": [model.labels[label] for label in predicted],
            "confidence": probabilities.max(axis=1),
            "correct": predicted == gold,
            "logits": list(logits),
        }
    )
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def _probabilities(model: TransformerClassifier, logits: np.ndarray) -> np.ndarray:
    import torch

    return np.asarray(answers(torch.as_tensor(logits), model.tasks).numpy())


def _parameters(module: Any) -> int:
    from astrid.models.quantised import parameters

    return parameters(module)


def _ends(estimate: Estimate) -> dict[str, float | int | None]:
    return estimate.to_dict()
