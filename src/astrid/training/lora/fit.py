"""Fine-tuning a language model with LoRA so that it can be killed at any moment and run again."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from safetensors.torch import load_file

from astrid.models import common
from astrid.models.causal.prompt import Prompt
from astrid.models.loading import quiet
from astrid.progress import bar, silent
from astrid.spec import digest
from astrid.text.document import Corpus
from astrid.training.data import OrderedBatches, ShuffledBatches
from astrid.training.keeper import Keeper, best_weights, last_usable
from astrid.training.lora.adapter import adapted, put_back
from astrid.training.lora.data import PromptTexts, loader
from astrid.training.lora.inputs import check_lesson
from astrid.training.lora.module import LoraModule
from astrid.training.lora.saving import check_adapter, readme, save_adapter
from astrid.training.lora.spec import LoraSpec
from astrid.training.module import DivergedError
from astrid.training.quality import Metrics
from astrid.training.trainer import run_epochs
from astrid.training.workfolder import claim, clear, finished, publish, work_folder


@dataclass(frozen=True, eq=False)
class LoraLesson:
    """What is fine-tuned, and on what.

    Attributes:
        model: a transformers `…ForCausalLM`; after the training it is what it was before.
        tokenizer: its fast tokenizer; batches are padded on the side that it names.
        prompt: what stands around every text.
        label_tokens: of each class the id of the token that says it.
        train: texts to learn from, with one label each.
        validation: texts that decide which epoch's adapter is kept.
        spec: how to train.
    """

    model: Any
    tokenizer: Any
    prompt: Prompt
    label_tokens: Mapping[str, int]
    train: Corpus
    validation: Corpus
    spec: LoraSpec

    @property
    def answers(self) -> list[int]:
        """`K` tokens, in the order of the classes."""
        return [self.label_tokens[name] for name in self.train.classes]


@dataclass(frozen=True)
class LoraResult:
    """A trained adapter.

    Attributes:
        folder: where it is, for `peft.PeftModel.from_pretrained`.
        metrics: on the validation texts, answers constrained to the labels' tokens; the loss is
            that of the label's token among the whole vocabulary.
        epochs: that were trained.
        best_epoch: whose weights were kept, from 1.
        trainable: weights of the adapter.
        truncated: training texts whose end was cut off.
        seconds: time spent training, over all runs.
        resumed: whether an earlier, interrupted run was continued.
        reused: whether the finished adapter was there already.
    """

    folder: Path
    metrics: Metrics
    epochs: int
    best_epoch: int
    trainable: int
    truncated: int
    seconds: float
    resumed: bool = False
    reused: bool = False


def fine_tune(
    lesson: LoraLesson, folder: Path, progress: bool = True, overwrite: bool = False
) -> LoraResult:
    """Train the adapter that `lesson` describes and put it in `folder`.

    Until the adapter is finished it lives in the hidden folder `.{name}.work` beside `folder`. A
    run that was killed goes on from the end of its last whole epoch, and gives the same weights as
    an undisturbed one with the same number of threads. A finished adapter of the same lesson is
    returned at once.

    Args:
        lesson: what to train; its model is used in place, and given back as it was.
        folder: where the adapter appears, complete; usually `lora_adapter`.
        progress: whether a bar on stderr shows the time left.
        overwrite: whether another adapter (or anything else) in `folder` is replaced.

    Raises:
        InputError: unusable settings, texts, labels or model, `folder` holds something else or is
            in use, or the loss is no longer a number.
    """
    folder = Path(folder)
    check_lesson(
        lesson.model,
        lesson.tokenizer,
        lesson.label_tokens,
        lesson.train,
        lesson.validation,
        lesson.spec,
    )
    width = lesson.model.config.get_text_config().hidden_size
    lesson = replace(lesson, spec=lesson.spec.resolved(width))
    identity = _identity(lesson)
    with work_folder(folder) as work:
        found = finished(folder, identity, overwrite, partial(_reused, folder))
        if found is None:
            try:
                found = _train(lesson, folder, work, identity, progress)
            except DivergedError:
                clear(work)
                raise
        clear(work)
        return found


def _train(
    lesson: LoraLesson, folder: Path, work: Path, identity: str, progress: bool
) -> LoraResult:
    claim(work, identity)
    spec = lesson.spec
    learning, checking = _texts(lesson, lesson.train), _texts(lesson, lesson.validation)
    weights_of_base = common.weights_fingerprint(lesson.model)
    with torch.random.fork_rng(), quiet():
        torch.manual_seed(spec.seed)
        with adapted(lesson.model, spec) as wrapped:
            keeper = Keeper(work, spec)
            checkpoint = last_usable(work, keeper)
            if not keeper.finished:
                _learn(lesson, wrapped, keeper, (learning, checking), checkpoint, progress, folder)
            weights = load_file(best_weights(work, keeper.best_epoch))
            put_back(wrapped, weights)
            result = LoraResult(
                folder=folder,
                metrics=_metrics(keeper.rows[keeper.best_epoch - 1]),
                epochs=len(keeper.rows),
                best_epoch=keeper.best_epoch,
                trainable=sum(weight.numel() for weight in weights.values()),
                truncated=learning.truncated,
                seconds=keeper.seconds,
                resumed=checkpoint is not None,
            )
            record = _record(lesson, identity, result)
            record["base_weights"] = weights_of_base
            about = readme(lesson.model.name_or_path, lesson.train.classes)
            files = {"curves.csv": keeper.curves(), "README.md": about}
            save_adapter(work / "model", wrapped, record, files)
    publish(work, folder)
    return result


def _learn(
    lesson: LoraLesson,
    wrapped: Any,
    keeper: Keeper,
    texts: tuple[PromptTexts, PromptTexts],
    checkpoint: Path | None,
    progress: bool,
    folder: Path,
) -> None:
    """Train to the end, from `checkpoint` where there is one."""
    spec, (learning, checking) = lesson.spec, texts
    loaders = (
        loader(learning, ShuffledBatches(learning.lengths, spec.batch_size, spec.seed)),
        loader(checking, OrderedBatches(checking.lengths, 2 * spec.batch_size)),
    )
    batches = len(loaders[0])
    module = LoraModule(
        wrapped, spec, lesson.answers, spec.epochs * -(-batches // spec.accumulate)
    ).train()
    callbacks: list[Callback] = [keeper]
    if spec.patience:
        callbacks.insert(0, EarlyStopping(spec.monitor, patience=spec.patience))
    total = spec.epochs * batches
    shown = bar(f"training {folder.name}", total) if progress else nullcontext(silent)
    with shown as keeper.advance:
        keeper.advance(len(keeper.rows) * batches)
        run_epochs(module, loaders, spec, callbacks, keeper.work, checkpoint)


def _texts(lesson: LoraLesson, corpus: Corpus) -> PromptTexts:
    longest = common.max_length(lesson.model, lesson.tokenizer)
    return PromptTexts(
        corpus.texts, corpus.labels, lesson.answers, lesson.tokenizer, lesson.prompt, longest
    )


def _identity(lesson: LoraLesson) -> str:
    """Changes with any setting, text, label, answer, or weight of the base model."""
    question = f"{lesson.prompt} {lesson.answers} {lesson.tokenizer.padding_side}"
    plain = common.plain_tokenizer(lesson.tokenizer)
    made_of = {
        "spec": lesson.spec.model_dump(mode="json"),
        "train": lesson.train.fingerprint(),
        "validation": lesson.validation.fingerprint(),
        "model": common.fingerprint(lesson.model, plain, question),
    }
    return digest(made_of)


def _record(lesson: LoraLesson, identity: str, result: LoraResult) -> dict[str, Any]:
    """What `astrid.json` says: all that is needed to ask the model again, and how well it does."""
    return {
        "identity": identity,
        "spec": lesson.spec.model_dump(mode="json"),
        "prompt": {"before": lesson.prompt.before, "after": lesson.prompt.after},
        "label_tokens": dict(lesson.label_tokens),
        "classes": list(lesson.train.classes),
        "train_texts": len(lesson.train),
        "validation_texts": len(lesson.validation),
        "metrics": result.metrics,
        "epochs": result.epochs,
        "best_epoch": result.best_epoch,
        "trainable": result.trainable,
        "truncated": result.truncated,
        "seconds": result.seconds,
    }


def _reused(folder: Path, record: Mapping[str, Any]) -> LoraResult:
    """The adapter that is in the folder already."""
    check_adapter(folder)
    names = ("epochs", "best_epoch", "trainable", "truncated", "seconds")
    own = {name: record[name] for name in names}
    return LoraResult(folder, _metrics(record["metrics"]), **own, reused=True)


def _metrics(row: Mapping[str, float]) -> Metrics:
    return Metrics(val_loss=row["val_loss"], accuracy=row["accuracy"], f1_score=row["f1_score"])
