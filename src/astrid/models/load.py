"""Opening a model for predictions and explanations."""

from pathlib import Path
from typing import Any, Literal

import torch

from astrid.errors import InputError
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


def load_model(
    source: str | Path | tuple[Any, Any],
    *,
    name: str | None = None,
    device: str = "cpu",
    precision: Precision = "float32",
) -> TransformerClassifier:
    """A classifier from a folder, from the Hugging Face hub, or from memory.

    Args:
        source: a model folder, an adapter folder of the peft package, a hub id, or a pair of a
            transformers sequence classifier (with or without an adapter) and its tokenizer; that
            model itself is not changed.
        name: for tables and messages; by default the folder's or the hub's name.
        device: where to run, for example `cpu` or `cuda`.
        precision: of the weights, whatever the checkpoint has; a model from memory keeps its own.

    Raises:
        InputError: nothing there, damaged files, or not a text classifier.
    """
    place, dtype = device_named(device), dtype_named(precision)
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


def device_named(name: str) -> torch.device:
    """The device of that name, if it is here."""
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f'device "{name}": known are cpu, cuda, cuda:0, mps') from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f'device "{name}": no CUDA device is available here; use cpu')
    return device
