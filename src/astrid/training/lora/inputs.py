"""What goes into a LoRA training, checked before anything is made."""

from collections.abc import Mapping
from typing import Any

import torch

from astrid.errors import InputError
from astrid.models import common
from astrid.text.document import Corpus
from astrid.training.inputs import check_labelled
from astrid.training.lora.spec import LoraSpec


def check_lesson(
    model: Any,
    tokenizer: Any,
    label_tokens: Mapping[str, int],
    train: Corpus,
    validation: Corpus,
    spec: LoraSpec,
) -> None:
    """Raise `InputError` where model, labels, texts, settings and machine don't fit each other."""
    _check_machine(spec)
    check_labelled(train, "training")
    check_labelled(validation, "validation")
    if train.classes != validation.classes:
        raise InputError("data: training and validation texts have different classes")
    common.check_vocabulary(model, tokenizer, "model")
    _check_labels(label_tokens, train.classes, model.get_input_embeddings().num_embeddings)


def _check_machine(spec: LoraSpec) -> None:
    if torch.cuda.is_available() and spec.accelerator != "cpu":
        return
    if spec.accelerator == "gpu":
        raise InputError("lora.accelerator: there is no GPU here; use auto or cpu")
    if spec.precision == "16-mixed":
        raise InputError("lora.precision: 16-mixed needs a GPU; use bf16-mixed or 32")


def _check_labels(tokens: Mapping[str, int], classes: tuple[str, ...], vocabulary: int) -> None:
    if len(classes) < 2:
        raise InputError(
            f'labels: the texts have one label, "{classes[0]}"; two are needed to tell them apart'
        )
    if set(tokens) != set(classes):
        odd = sorted(set(tokens) ^ set(classes))[0]
        raise InputError(f'labels: "{odd}" is not both a class and a label; give each class one')
    said: dict[int, str] = {}
    for name, token in tokens.items():
        if not 0 <= token < vocabulary:
            raise InputError(
                f'labels: "{name}" has the token {token}, and the vocabulary {vocabulary} of them'
            )
        if token in said:
            raise InputError(
                f'labels: "{said[token]}" and "{name}" begin with the same token; choose words '
                "that differ in their first token"
            )
        said[token] = name
