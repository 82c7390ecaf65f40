"""What one training run trains, and on what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from astrid.models.build import BuiltEncoder, build_classifier, build_task_classifier
from astrid.models.classifier import AstridClassifier
from astrid.models.common import plain_tokenizer
from astrid.models.task_heads import TaskHead
from astrid.text.document import Corpus
from astrid.training.joined import group_numbers, joined
from astrid.training.spec import DistilSpec, TaskSpec, TrainerSpec, TrainSpec

Zeros = Sequence[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is trained, and on what.

    Attributes:
        model: with the weights to start from; trained in place.
        tokenizer: the model's.
        max_length: longest text in tokens.
        trainer: how to train, with a learning rate.
        seed: decides dropout and the order of the texts.
        train: texts to learn from.
        validation: texts that decide which epoch's weights are kept.
        distil: the teacher, if there is one.
        zeros: weights, and where they are to stay zero.
        tasks: settings of single tasks, where the texts have several.
        groups: `[N]` the number of each validation text's group; None: each is judged by itself.
    """

    model: AstridClassifier
    tokenizer: Any
    max_length: int
    trainer: TrainerSpec
    seed: int
    train: Corpus
    validation: Corpus
    distil: DistilSpec | None = None
    zeros: Zeros = ()
    tasks: Mapping[str, TaskSpec] = field(default_factory=dict)
    groups: np.ndarray | None = None


def prepared(spec: TrainSpec, built: BuiltEncoder, train: Corpus, validation: Corpus) -> Lesson:
    """The run that `spec` asks for; the heads' first weights come from torch's generator.

    Raises:
        InputError: texts are to be joined whose labels differ.
    """
    groups = None
    if spec.join_groups:
        tokenizer = plain_tokenizer(built.tokenizer)
        train, validation = (
            joined(corpus, tokenizer, built.max_length) for corpus in (train, validation)
        )
        groups = group_numbers(validation)
    if train.several:
        model = build_task_classifier(built, _task_heads(spec, train))
    else:
        model = build_classifier(built, spec.head, train.classes)
    model.config.join_groups = spec.join_groups
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
