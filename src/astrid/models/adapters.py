"""Reading adapters of the peft package: a folder of small weights beside a base model.

What an adapter's config says is data: names of layers, numbers, the base model's place. Settings
that would import modules or start another computation are refused or left out, and weights come
from safetensors only.
"""

import json
import warnings
from collections.abc import Callable
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from astrid.errors import InputError

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"

_LEFT_OUT = ("auto_mapping", "runtime_config", "peft_version")
_HEADS = ("classifier", "score", "classification_head")
_REFUSED = ("megatron_config", "layer_replication")


class Adapted(NamedTuple):
    """A base model with an adapter merged into it.

    Attributes:
        model: a plain transformers model.
        replaced: names of weights that the adapter brought whole, such as a new classifier's.
        warnings: a line for each thing to beware of.
    """

    model: Any
    replaced: frozenset[str]
    warnings: tuple[str, ...]


LoadBase = Callable[[str, int | None], Any]
"""`(folder or hub id, number of labels or None for its own) -> model`."""

Task = Literal["SEQ_CLS", "CAUSAL_LM"]
"""What adapters are made for, as the peft package names it."""

_OPENED = {"SEQ_CLS": "sequence classifiers", "CAUSAL_LM": "language models"}

_ELSEWHERE = {
    "CAUSAL_LM": "; ask it by astrid llm explain RUN, or astrid.load_language_model",
    "SEQ_CLS": "; open it by astrid.load_model",
}
"""What opens an adapter that was made for this, where another is wanted."""


def is_adapter(source: str) -> bool:
    """Whether `source` is a folder with an adapter."""
    return (Path(source) / CONFIG).is_file()


def base_of(source: str) -> str:
    """The base model that the adapter in the folder `source` was made for: a folder or a hub id.

    Raises:
        InputError: the config can't be read or names none.
    """
    base = _config(source).get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        raise InputError(f"{source}/{CONFIG}: names no base_model_name_or_path; add the base model")
    beside = Path(source) / base
    return str(beside) if not Path(base).is_absolute() and beside.is_dir() else base


def apply_adapter(source: str, load_base: LoadBase, task: Task = "SEQ_CLS") -> Adapted:
    """The base model with the adapter in the folder `source`, made for `task`, merged into it.

    Raises:
        InputError: peft isn't installed, files are missing or damaged, or nothing here fits.
    """
    if find_spec("peft") is None:
        raise InputError(f'{source}: an adapter needs the peft package: pip install "astrid[llm]"')
    values = _config(source)
    _check_task(source, values, task)
    weights = _weights(source)
    settings, unknown = _settings(source, values)
    whole = _whole_layers(values, weights)
    # The last layer of a saved classifier has a row a label; its other layers are wider.
    heads = [key for key in whole if any(f".{name}." in key for name in _HEADS)]
    rows = [len(weights[key]) for key in heads if weights[key].ndim == 2]
    model = load_base(base_of(source), min(rows, default=None))
    merged = _merged(source, model, settings, weights)
    replaced = frozenset(key.removeprefix("base_model.model.") for key in whole)
    warned = f"{source}: the installed peft doesn't know its settings {', '.join(unknown)}"
    return Adapted(merged, replaced, (warned,) if unknown else ())


def wrapped(source: str, model: Any, task: Task) -> Any:
    """`model` with the adapter in the folder `source` put on it, not merged; it is changed itself.

    Raises:
        InputError: as `apply_adapter`.
    """
    values = _config(source)
    _check_task(source, values, task)
    weights = _weights(source)
    return _put_on(source, model, _settings(source, values)[0], weights).eval()


def _config(source: str) -> dict[str, Any]:
    path = Path(source) / CONFIG
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{path}: can't be read; save the adapter again") from None
    if not isinstance(values, dict) or not isinstance(values.get("peft_type"), str):
        raise InputError(f"{path}: names no peft_type; this is not an adapter of the peft package")
    for name in _REFUSED:
        if values.get(name):
            raise InputError(f'{path}: "{name}" is not supported')
    return values


def _check_task(source: str, values: dict[str, Any], task: Task) -> None:
    if values.get("task_type") not in (None, task):
        raise InputError(
            f"{source}/{CONFIG}: made for the task {values['task_type']}; opened here are adapters "
            f"of {_OPENED[task]} ({task}){_ELSEWHERE.get(values['task_type'], '')}"
        )


def _weights(source: str) -> dict[str, torch.Tensor]:
    path = Path(source) / WEIGHTS
    if not path.is_file():
        pickled = (Path(source) / "adapter_model.bin").is_file()
        hint = (
            "only pickled weights (adapter_model.bin), which are not loaded; save the adapter "
            "again as safetensors"
            if pickled
            else f"no {WEIGHTS}; save the adapter again"
        )
        raise InputError(f"{source}: {hint}")
    try:
        weights = load_file(path)
    except (SafetensorError, OSError):
        raise InputError(f"{path}: damaged or cut off; copy the adapter again") from None
    for name, weight in weights.items():
        if not weight.isfinite().all():
            raise InputError(f"{path}: {name} is not finite; train the adapter again")
    return weights


def _whole_layers(values: dict[str, Any], weights: dict[str, torch.Tensor]) -> list[str]:
    """Names of saved weights that replace the base model's: those of a new classifier."""
    names = values.get("modules_to_save")
    names = names if isinstance(names, list) else _HEADS
    return [
        key for key in weights if any(f".{name}." in key for name in names) and ".lora_" not in key
    ]


def _settings(source: str, values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What peft is told, and the names of settings that it doesn't know."""
    from peft import PEFT_TYPE_TO_CONFIG_MAPPING

    kind = PEFT_TYPE_TO_CONFIG_MAPPING.get(values["peft_type"])
    if kind is None:
        raise InputError(
            f"{source}: the installed peft doesn't know the type {values['peft_type']}"
        )
    known = {field.name for field in fields(kind)}
    settings = {
        name: value for name, value in values.items() if name in known and name not in _LEFT_OUT
    }
    settings["inference_mode"] = True
    if "init_lora_weights" in settings:
        # The weights come from the file: no special starting values are worked out for them.
        settings["init_lora_weights"] = True
    return settings, sorted(set(values) - known)


def _merged(
    source: str, model: Any, settings: dict[str, Any], weights: dict[str, torch.Tensor]
) -> Any:
    from astrid.models.private import without_adapter

    return without_adapter(_put_on(source, model, settings, weights), source)


def _put_on(
    source: str, model: Any, settings: dict[str, Any], weights: dict[str, torch.Tensor]
) -> Any:
    import peft

    try:
        config = peft.PeftConfig.from_peft_type(**settings)
        if config.is_prompt_learning:
            raise InputError(f"{source}: prompts can't be merged into a model; LoRA adapters can")
        with warnings.catch_warnings():
            # Of names to come and of the path that the base model was opened by: nothing to act on.
            warnings.simplefilter("ignore", FutureWarning)
            warnings.filterwarnings("ignore", category=UserWarning, module="peft")
            adapted = peft.get_peft_model(model, config)
        left: Any = peft.set_peft_model_state_dict(adapted, weights)
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(f"{source}: the adapter doesn't fit its base model ({reason})") from None
    missing = [key for key in left.missing_keys if ".lora_" in key or ".modules_to_save." in key]
    strange = sorted([*missing, *left.unexpected_keys])
    if strange:
        raise InputError(
            f"{source}: the adapter doesn't fit its base model ({strange[0]} is missing or unknown)"
        )
    return adapted
