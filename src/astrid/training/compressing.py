"""Compressing a trained model's folder: compress, train on if asked, measure, put in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from astrid.errors import InputError
from astrid.models.classifier import AstridClassifier
from astrid.models.compression import Calibration, CompressionSpec, compress
from astrid.models.compression.prune import zeros
from astrid.models.loading import LoadedModel, load_classifier
from astrid.models.quantised import has_gradients
from astrid.models.saving import RECORD, read_record, save_model
from astrid.models.sizes import Size, size_of
from astrid.models.text_model import TransformerClassifier
from astrid.spec import digest
from astrid.text.document import Corpus
from astrid.training.answers import metrics_of
from astrid.training.diagnosis import examine
from astrid.training.finding import Finding, findings_of
from astrid.training.inputs import check_labelled, check_trainer, settings_of, weights_digest
from astrid.training.lesson import Lesson
from astrid.training.loop import learn
from astrid.training.module import DivergedError
from astrid.training.quality import Metrics
from astrid.training.spec import TrainerSpec
from astrid.training.workfolder import claim, clear, finished, publish, work_folder

_RATE = 2e-5
"""Learning rate after compression, as for other weights that are already good."""


@dataclass(frozen=True, eq=False)
class Order:
    """What is to be done to a trained model.

    Attributes:
        source: folder of the trained model.
        spec: the compression.
        train: texts to weigh attention heads by, and to train on.
        validation: other texts, for the metrics, and to choose an epoch by.
        recover: how the compressed model is trained on; None: it isn't. Pruned weights stay zero.
        seed: of that training.
    """

    source: Path
    spec: CompressionSpec
    train: Corpus | None = None
    validation: Corpus | None = None
    recover: TrainerSpec | None = None
    seed: int = 0


@dataclass(frozen=True)
class CompressResult:
    """A compressed model.

    Attributes:
        folder: where it is.
        before: size of the model that it was made from.
        after: its own size.
        metrics: on the validation texts, where there are any.
        reused: whether it was there already.
        diagnosis: what the curves of training on show to be wrong; empty where nothing is.
    """

    folder: Path
    before: Size
    after: Size
    metrics: Metrics | None
    reused: bool = False
    diagnosis: tuple[Finding, ...] = ()


def compress_folder(
    order: Order, folder: Path, progress: bool = True, overwrite: bool = False
) -> CompressResult:
    """Compress a model and put it in `folder`, a model folder like any other.

    Training after compression goes on where it stopped when it was killed, as `fit` does. The
    same order for a finished model returns it at once. `astrid.json` says what was done to which
    model.

    Args:
        order: what is to be done.
        folder: where the model appears, complete.
        progress: whether a bar on stderr shows the time left of training.
        overwrite: whether another model (or anything else) in `folder` is replaced.

    Raises:
        InputError: unusable settings or texts, a model that can't be compressed so, or `folder`
            holds something else or is in use.
    """
    folder, source = Path(folder), Path(order.source)
    if folder.resolve() == source.resolve():
        raise InputError(f"{folder}: the compressed model needs a folder of its own")
    loaded = load_classifier(source)
    _check(order, loaded)
    identity = _identity(order)
    with work_folder(folder) as work:
        found = finished(folder, identity, overwrite, partial(_reused, folder))
        if found is None:
            try:
                found = _compress(order, loaded, identity, work, folder, progress)
            except DivergedError:
                clear(work)
                raise
        clear(work)
        return found


def _compress(
    order: Order, loaded: LoadedModel, identity: str, work: Path, folder: Path, progress: bool
) -> CompressResult:
    claim(work, identity)
    calibration = None
    if order.train is not None:
        calibration = Calibration(loaded.tokenizer, order.train.texts, order.train.labels)
    small = compress(order.spec, loaded.model, calibration)
    diagnosis: tuple[Finding, ...] = ()
    if order.recover is not None:
        small, diagnosis = _recovered(order, small, loaded.tokenizer, work, folder, progress)
    before = size_of(order.source, loaded.model)
    metrics = _metrics(order, small, loaded.tokenizer)
    record = _record(order, identity, before, metrics, diagnosis)
    save_model(work / "model", small, loaded.tokenizer, record)
    after = size_of(work / "model", small)
    publish(work, folder)
    return CompressResult(folder, before, after, metrics, diagnosis=diagnosis)


def _recovered(
    order: Order, small: Any, tokenizer: Any, work: Path, folder: Path, progress: bool
) -> tuple[Any, tuple[Finding, ...]]:
    """`small`, trained on, and what went wrong; what pruning left at zero stays there."""
    assert order.recover is not None
    assert order.train is not None
    assert order.validation is not None
    settings = order.recover
    if settings.learning_rate is None:
        settings = settings.model_copy(update={"learning_rate": _RATE})
    with torch.random.fork_rng():
        torch.manual_seed(order.seed)
        lesson = Lesson(
            model=small,
            tokenizer=tokenizer,
            max_length=small.config.max_sequence_length,
            trainer=settings,
            seed=order.seed,
            train=order.train,
            validation=order.validation,
            zeros=zeros(small),
        )
        keeper, _ = learn(lesson, work, folder, progress)
    return small.cpu().eval(), examine(lesson, keeper.rows, keeper.best_epoch)


def _metrics(order: Order, small: Any, tokenizer: Any) -> Metrics | None:
    if order.validation is None:
        return None
    model = TransformerClassifier(small, tokenizer, order.spec.name)
    return metrics_of(model, tokenizer, order.validation)


def _check(order: Order, loaded: LoadedModel) -> None:
    """Raise `InputError` where the order can't be carried out."""
    own = isinstance(loaded.model, AstridClassifier)
    if not own and order.spec.name in ("int8", "prune_heads"):
        raise InputError(
            f"{order.source}: only models that astrid train made can be written as "
            f"{order.spec.name}; prune and drop_layers work on others"
        )
    labels = tuple(loaded.model.config.id2label.values())
    _check_one_task(order, getattr(loaded.model.config, "tasks", None) if own else None)
    for part, corpus in (("training", order.train), ("validation", order.validation)):
        if corpus is None:
            continue
        check_labelled(corpus, part)
        if tuple(corpus.classes) != labels:
            raise InputError(
                f"data: {corpus.name} has the classes {', '.join(corpus.classes)}, and the model "
                f"knows {', '.join(labels)}"
            )
    if order.recover is not None:
        _check_recovery(order, own and has_gradients(loaded.model))


def _check_one_task(order: Order, tasks: Sequence[Mapping[str, Any]] | None) -> None:
    corpora = [corpus for corpus in (order.train, order.validation) if corpus is not None]
    if corpora and (tasks is not None or any(corpus.several for corpus in corpora)):
        names = [task["name"] for task in tasks] if tasks else list(corpora[0].label_names)
        raise InputError(
            f"{order.source}: training on, measuring and weighing heads by texts work with one "
            f"task, not with {', '.join(names)}; leave out the texts, and see astrid evaluate"
        )


def _check_recovery(order: Order, trainable: bool) -> None:
    if order.spec.name == "int8" or not trainable:
        raise InputError("recover: int8 and foreign models can't be trained on; leave it out")
    if order.train is None or order.validation is None:
        raise InputError("recover: training after compression needs texts; give --data")
    assert order.recover is not None
    check_trainer(order.recover, order.train)


def _reused(folder: Path, record: Mapping[str, Any]) -> CompressResult:
    """The model that is in the folder already."""
    after = size_of(folder, load_classifier(folder).model)
    before = Size(**record["compression"]["source"]["size"])
    return CompressResult(
        folder, before, after, record["metrics"], reused=True, diagnosis=findings_of(record)
    )


def _identity(order: Order) -> str:
    """Changes when the compression, the source's weights, or any text that is used does."""
    asked = _asked(order)
    if order.recover is not None:
        asked["recover"] = settings_of(order.recover)
    return digest({"source": weights_digest(Path(order.source)), **asked})


def _asked(order: Order) -> dict[str, Any]:
    return {
        "name": order.spec.name,
        "params": dict(order.spec.params),
        "recover": order.recover.model_dump(mode="json") if order.recover else None,
        "seed": order.seed,
        "train": order.train.fingerprint() if order.train else None,
        "validation": order.validation.fingerprint() if order.validation else None,
    }


def _record(
    order: Order,
    identity: str,
    before: Size,
    metrics: Metrics | None,
    diagnosis: tuple[Finding, ...],
) -> Mapping[str, Any]:
    """What `astrid.json` says: how the source came about, and what was done to it."""
    source = Path(order.source)
    known = read_record(source) if (source / RECORD).is_file() else {}
    kept: dict[str, Any] = {name: known[name] for name in ("spec", "data") if name in known}
    return {
        **kept,
        "identity": identity,
        "metrics": metrics,
        "diagnosis": [found.to_dict() for found in diagnosis],
        "compression": {
            **_asked(order),
            "source": {
                "name": source.name,
                "identity": known.get("identity"),
                "weights": weights_digest(source),
                "size": before.to_dict(),
                "compression": known.get("compression"),
            },
        },
    }
