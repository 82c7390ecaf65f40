"""A model's private copy: own settings, the same weights' memory."""

import copy
from collections.abc import Callable
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
    own = without_adapter(sharing_copy(model, _without_gradient).eval(), name)
    _drop_training_hooks(own)
    return own


def sharing_copy(
    module: Any, replace: Callable[[torch.Tensor], torch.Tensor] = lambda tensor: tensor
) -> Any:
    """A copy of the module tree over the same weights, or over what `replace` makes of them."""
    shared: dict[int, Any] = {
        id(tensor): replace(tensor) for tensor in (*module.parameters(), *module.buffers())
    }
    # Packed weights live outside tensors. Such layers have no state to change: they are shared.
    shared.update((id(part), part) for part in module.modules() if is_packed(part))
    return copy.deepcopy(module, shared)


def _without_gradient(tensor: torch.Tensor) -> torch.Tensor:
    """The same memory, which no gradient is worked out for, but one may pass."""
    weight = isinstance(tensor, torch.nn.Parameter)
    if weight and type(tensor) is not torch.nn.Parameter:
        return tensor  # quantised weights are of their own classes, which a plain one would lose
    own = tensor.clone() if tensor.is_inference() else tensor
    return torch.nn.Parameter(own.detach(), requires_grad=False) if weight else own


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
