"""A model's private copy: own settings, the same weights' memory."""

import copy
from typing import Any

import torch

from astrid.errors import InputError


def private_copy(model: Any, name: str) -> Any:
    """The same modules and weights' memory, in evaluation mode and without weight gradients.

    Adapters of the peft package are merged into the copy; the given model stays as it is.

    Raises:
        InputError: an adapter that can't be merged.
    """
    shared: dict[int, Any] = {}
    for weight in model.parameters():
        # Quantised weights are of their own classes, which a plain Parameter would lose.
        plain = type(weight) is torch.nn.Parameter
        shared[id(weight)] = (
            torch.nn.Parameter(weight.detach(), requires_grad=False) if plain else weight
        )
    for buffer in model.buffers():
        shared[id(buffer)] = buffer
    for part in model.modules():
        if is_packed(part):
            # Packed weights live outside tensors. The layer has no state to change: it is shared.
            shared[id(part)] = part
    return without_adapter(copy.deepcopy(model, shared).eval(), name)


def is_packed(part: torch.nn.Module) -> bool:
    """Whether a layer is one of torch's int8 ones, which know no gradients."""
    return type(part).__module__.startswith("torch.ao.nn.quantized")


def has_gradients(module: Any) -> bool:
    """Whether derivatives pass through all layers."""
    if any(is_packed(part) for part in module.modules()):
        return False
    quantizer = getattr(module, "hf_quantizer", None)
    return quantizer is None or bool(quantizer.is_trainable)


def precision(module: Any) -> str:
    """What its weights are held in, for example `float32`, `bfloat16`, `int8`."""
    if any(is_packed(part) for part in module.modules()):
        return "int8"
    quantizer = getattr(module, "hf_quantizer", None)
    if quantizer is not None:
        method = quantizer.quantization_config.quant_method
        return str(getattr(method, "value", method))
    return str(module.dtype).removeprefix("torch.")


def parameters(module: torch.nn.Module) -> int:
    """Number of weights, those of packed layers too."""
    packed = 0
    for part in module.modules():
        if is_packed(part) and hasattr(part, "in_features"):
            bias = part.bias()  # type: ignore[operator]
            packed += int(part.in_features) * int(part.out_features)  # type: ignore[arg-type]
            packed += 0 if bias is None else bias.numel()
    return packed + sum(weight.numel() for weight in module.parameters())


def without_adapter(model: Any, name: str) -> Any:
    """A plain transformers model from one of the peft package: its adapter merged, in place."""
    if not (hasattr(model, "peft_config") and hasattr(model, "get_base_model")):
        return model
    if getattr(model.get_base_model(), "hf_quantizer", None) is not None:
        return model.get_base_model()  # merging would round: its layers run as they are
    try:
        # Safe merging works on clones of the weights, so that shared memory is never written.
        return model.merge_and_unload(safe_merge=True)
    except (AttributeError, ValueError, NotImplementedError, TypeError) as error:
        raise InputError(
            f"{name}: its adapter can't be merged into the model ({str(error)[:100]}); "
            "LoRA adapters can"
        ) from None
