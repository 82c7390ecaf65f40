"""The smallest weights of the encoder's linear layers become zero (magnitude pruning).

The threshold is one for all layers: the `share` of weights with the smallest |w| goes, wherever
they are. Han et al., "Learning both Weights and Connections for Efficient Neural Networks",
NeurIPS 2015. Zeros among other numbers make neither the file nor the computation smaller: what
shrinks is the number of weights that are not zero.
"""

import copy
from typing import Any

import torch
from pydantic import Field
from torch import nn
from torch.nn.utils import prune as torch_prune

from astrid.errors import InputError
from astrid.models.compression import Calibration
from astrid.models.quantised import has_gradients
from astrid.spec import Spec

NUMBER = ("share", 100)


class Params(Spec):
    """Settings; `share` of the weights becomes zero."""

    share: float = Field(default=0.3, gt=0, lt=1)


def compress(model: Any, params: Params, calibration: Calibration | None = None) -> Any:
    """A copy with zeros; works on any classifier of transformers.

    Raises:
        InputError: its weights are quantised, or its encoder has no linear layers.
    """
    if not has_gradients(model):
        raise InputError("prune: the model's weights are quantised; prune first, then quantise")
    own = copy.deepcopy(model)
    layers = linear_layers(own)
    if not layers:
        raise InputError("prune: the model's encoder has no linear layers to prune")
    places = [(layer, "weight") for layer in layers]
    torch_prune.global_unstructured(places, torch_prune.L1Unstructured, amount=params.share)
    for layer, name in places:
        torch_prune.remove(layer, name)
    return own


def linear_layers(model: Any) -> list[nn.Linear]:
    """The linear layers of the encoder, without the head, in order."""
    return [part for part in model.base_model.modules() if type(part) is nn.Linear]


def zeros(model: Any) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Each weight of the encoder's linear layers that has zeros, and where they are."""
    found = [(layer.weight, layer.weight.detach() == 0) for layer in linear_layers(model)]
    return [(weight, zero) for weight, zero in found if zero.any()]
