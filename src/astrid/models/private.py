"""A model's private copy: own settings, the same weights' memory."""

import copy
from typing import Any

import torch

from astrid.errors import InputError
from astrid.models.modes import plain_modes
from astrid.models.quantised import is_packed


def private_copy(model: Any, name: str) -> Any:
    """The same modules and weights' memory, in evaluation mode and without weight gradients.

    Adapters of the peft package are merged into the copy, and hooks that prepare a model for
    training are left out of it; the given model stays as it is. Weights that were made in
    inference mode are not shared but copied.

    Raises:
        InputError: an adapter that can't be merged.
    """
    shared: dict[int, Any] = {}
    for weight in model.parameters():
        # Quantised weights are of their own classes, which a plain Parameter would lose.
        plain = type(weight) is torch.nn.Parameter
        shared[id(weight)] = (
            torch.nn.Parameter(_with_gradients(weight.detach()), requires_grad=False)
            if plain
            else weight
        )
    for buffer in model.buffers():
        shared[id(buffer)] = _with_gradients(buffer)
    for part in model.modules():
        if is_packed(part):
            # Packed weights live outside tensors. The layer has no state to change: it is shared.
            shared[id(part)] = part
    own = without_adapter(copy.deepcopy(model, shared).eval(), name)
    _drop_training_hooks(own)
    return own


def _with_gradients(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor, or a copy of one made in inference mode, which no gradient can pass."""
    return tensor.clone() if tensor.is_inference() else tensor


def _drop_training_hooks(module: torch.nn.Module) -> None:
    """Take away what `enable_input_require_grads` hooks in: a gradient for every embedding.

    transformers and peft name the function alike, and so do those who write it by hand.
    """
    for part in module.modules():
        for key, hook in list(part._forward_hooks.items()):
            if getattr(hook, "__name__", "").startswith("make_inputs_require_grad"):
                del part._forward_hooks[key]


def without_adapter(model: Any, name: str) -> Any:
    """A plain transformers model from one of the peft package: its adapter merged, in place."""
    if not (hasattr(model, "peft_config") and hasattr(model, "get_base_model")):
        return model
    if getattr(model.get_base_model(), "hf_quantizer", None) is not None:
        return model.get_base_model()  # merging would round: its layers run as they are
    try:
        # Safe merging works on clones of the weights, so that shared memory is never written.
        with plain_modes(model.get_base_model().device):
            return model.merge_and_unload(safe_merge=True)
    except (AttributeError, ValueError, NotImplementedError, TypeError) as error:
        raise InputError(
            f"{name}: its adapter can't be merged into the model ({str(error)[:100]}); "
            "LoRA adapters can"
        ) from None
