"""Putting a LoRA adapter on a language model, and taking it off without a trace."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import torch

from astrid.errors import InputError
from astrid.spec import nearest
from astrid.training.lora.spec import LoraSpec

_EVERY_LINEAR = "all-linear"
"""How peft calls every linear layer but the one that gives the logits."""

_OTHER_LAYERS = ("Conv1D",)
"""Layers besides `nn.Linear` and its kin that peft can adapt: those of GPT-2."""


def require_peft() -> None:
    """Raise `InputError` where the peft package isn't installed."""
    if find_spec("peft") is None:
        raise InputError('lora: needs the peft package: pip install "astrid[llm]"')


def target_modules(model: Any, wanted: tuple[str, ...] = ()) -> list[str] | str:
    """Names of the layers that LoRA adapts, as peft takes them.

    Args:
        model: a transformers `…ForCausalLM`.
        wanted: last parts of layers' names; empty: every linear layer of the architecture but the
            one that gives the logits.

    Raises:
        InputError: a wanted name is none of the model's linear layers.
    """
    known = _adaptable(model)
    for name in wanted:
        if not any(layer == name or layer.endswith(f".{name}") for layer in known):
            short = {layer.rpartition(".")[2] for layer in known}
            raise InputError(
                f'lora.target_modules: the model has no linear layer "{name[:60]}"; '
                f"{nearest(name, short)}"
            )
    return list(wanted) or _EVERY_LINEAR


@contextmanager
def adapted(model: Any, spec: LoraSpec) -> Iterator[Any]:
    """Yield `model` with a new adapter in training mode; afterwards it is as it was before.

    Only the adapter's weights learn: B is 0 at first, and A comes from torch's generator. When the
    block ends, however it does, the adapter is taken off, and the base model has its own layers,
    bytes, modes and device again.

    Args:
        model: a transformers `…ForCausalLM`, changed while the block runs.
        spec: of the adapter.

    Raises:
        InputError: peft isn't installed, the model has an adapter already, its layers can't be
            adapted, or it has no gradient checkpointing where that is asked for.
    """
    require_peft()
    if hasattr(model, "peft_config"):
        raise InputError("lora: the model has an adapter already; give the plain base model")
    learns = {name: weight.requires_grad for name, weight in model.named_parameters()}
    modes = {name: part.training for name, part in model.named_modules()}
    device = model.device
    wrapped = _wrapped(model, spec)
    try:
        if spec.gradient_checkpointing:
            _checkpoint(model)
        wrapped.train()
        yield wrapped
    finally:
        wrapped.unload()
        if spec.gradient_checkpointing:
            with _newer_names():
                model.gradient_checkpointing_disable()
        if model.device != device:
            model.to(device)
        for name, weight in model.named_parameters():
            weight.requires_grad_(learns[name])
            weight.grad = None
        for name, part in model.named_modules():
            part.training = modes[name]
        # peft leaves its settings on the model, and would take them for an adapter next time.
        for left in ("peft_config", "_hf_peft_config_loaded"):
            if left in vars(model):
                delattr(model, left)


def learnt(wrapped: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights that learn, by name: those of the adapter."""
    return {
        name: weight.detach() for name, weight in wrapped.named_parameters() if weight.requires_grad
    }


def put_back(wrapped: torch.nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """Let the adapter have `weights`, as `learnt` gave them."""
    own = dict(wrapped.named_parameters())
    with torch.no_grad():
        for name, weight in weights.items():
            own[name].copy_(weight)


@contextmanager
def _newer_names() -> Iterator[None]:
    """Without word of functions that later versions of transformers call by another name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _checkpoint(model: Any) -> None:
    try:
        with _newer_names():
            model.gradient_checkpointing_enable({"use_reentrant": False})
    except ValueError:
        raise InputError(
            f"lora.gradient_checkpointing: {model.config.model_type} doesn't have it; leave it out"
        ) from None


def _wrapped(model: Any, spec: LoraSpec) -> Any:
    import peft

    config = peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=spec.rank,
        lora_alpha=spec.alpha,
        lora_dropout=spec.dropout,
        target_modules=target_modules(model, spec.target_modules),
        # GPT-2's layers are stored the other way round.
        fan_in_fan_out=any(type(part).__name__ in _OTHER_LAYERS for part in model.modules()),
    )
    try:
        with _newer_names():
            return peft.get_peft_model(model, config)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise InputError(
            f"lora.target_modules: the model can't be adapted ({str(error)[:100]}); name its "
            "linear layers"
        ) from None


def _adaptable(model: Any) -> list[str]:
    head = model.get_output_embeddings()
    return [
        name
        for name, part in model.named_modules()
        if part is not head
        and (isinstance(part, torch.nn.Linear) or type(part).__name__ in _OTHER_LAYERS)
    ]
