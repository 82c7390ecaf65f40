"""Opening a model for predictions and explanations."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, overload

import torch

from astrid.errors import InputError
from astrid.models.address import is_address, public_address
from astrid.models.black_box import BlackBox, CallableModel, HttpModel
from astrid.models.black_box.box import Function
from astrid.models.loading import load_classifier
from astrid.models.text_model import TransformerClassifier
from astrid.spec import nearest

Precision = Literal["float32", "float16", "bfloat16", "fp32", "fp16", "bf16"]

_PRECISIONS = {
    "float32": torch.float32,
    "fp32": torch.float32,
    "float16": torch.float16,
    "fp16": torch.float16,
    "bfloat16": torch.bfloat16,
    "bf16": torch.bfloat16,
}


@overload
def load_model(
    source: str | Path | tuple[Any, Any],
    *,
    name: str | None = None,
    device: str = "cpu",
    precision: Precision = "float32",
    labels: None = None,
) -> TransformerClassifier: ...
@overload
def load_model(
    source: str | Function, *, labels: Sequence[str], name: str | None = None
) -> BlackBox: ...
def load_model(
    source: str | Path | tuple[Any, Any] | Function,
    *,
    name: str | None = None,
    device: str = "cpu",
    precision: Precision = "float32",
    labels: Sequence[str] | None = None,
) -> TransformerClassifier | BlackBox:
    """A classifier from a folder, the Hugging Face hub, memory, a function or an address.

    Args:
        source: a model folder, an adapter folder of the peft package, a hub id, or a pair of a
            transformers sequence classifier (with or without an adapter) and its tokenizer; that
            model itself is not changed. With `labels`: a function of a list of strings, or the
            `https://…` address of a server; `astrid.models.black_box` has classes with all their
            settings.
        name: for tables and messages; by default the folder's or the hub's name.
        device: where to run, for example `cpu` or `cuda`.
        precision: of the weights, whatever the checkpoint has; a model from memory keeps its own.
        labels: the classes of a function or address, in the order of its numbers; other models
            know their own.

    Raises:
        InputError: nothing there, damaged files, or not a text classifier.
    """
    place, dtype = device_named(device), dtype_named(precision)
    if not isinstance(source, str | Path | tuple) or is_address(source):
        return _black_box(source, name, labels)
    if labels is not None:
        raise InputError("labels: only functions and http addresses need them")
    if isinstance(source, tuple):
        model, tokenizer = source
        return TransformerClassifier(model, tokenizer, name or "model", place)
    loaded = load_classifier(source, dtype)
    short = name or Path(source).name or str(source)
    return TransformerClassifier(
        loaded.model, loaded.tokenizer, short, place, warnings=loaded.warnings
    )


def dtype_named(name: str) -> torch.dtype:
    """The type of a precision's name."""
    if name not in _PRECISIONS:
        raise InputError(f'precision "{name}": {nearest(name, tuple(_PRECISIONS))}')
    return _PRECISIONS[name]


def _black_box(source: str | Function, name: str | None, labels: Sequence[str] | None) -> BlackBox:
    if isinstance(source, torch.nn.Module):
        raise InputError("a model from memory comes with its tokenizer: (model, tokenizer)")
    if not (isinstance(source, str) or callable(source)):
        raise InputError(
            f"a {type(source).__name__} is no model; give a folder, a hub id, a pair of model and "
            "tokenizer, a function or an http address"
        )
    if labels is None:
        what = public_address(source) if isinstance(source, str) else "a function"
        raise InputError(f'{what}: name its classes in order, such as labels=["neg", "pos"]')
    if isinstance(source, str):
        return HttpModel(source, labels, name=name)
    return CallableModel(source, labels, name=name or str(getattr(source, "__name__", "function")))


def device_named(name: str) -> torch.device:
    """The device of that name, if it is here; `auto` is the first CUDA device, or else the CPU."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f'device "{name}": known are auto, cpu, cuda, cuda:0, mps') from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f'device "{name}": no CUDA device is available here; use cpu')
    return device
