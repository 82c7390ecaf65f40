"""Copies of a classifier whose weights are random, more of them with each step.

From the output to the input: the head, the layers from the last to the first, the embeddings, as in
the cascading randomisation of Adebayo et al., Sanity Checks for Saliency Maps, 2018
(arXiv:1810.03292).

Random weights are the model's own numbers in random order, tensor by tensor. Drawing new ones as
the architecture does (`_init_weights`) would change their scale too: pretrained weights are many
times larger than freshly drawn ones, outputs of drawn weights are nearly constant, and scores would
differ for that alone. A permutation keeps each tensor's values to the last bit, takes from them all
that training put into their places, and needs to know nothing about the architecture. What holds
one value everywhere (a bias of zeros, a scale of ones) stays as it is: nothing was learnt there.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from astrid.errors import InputError
from astrid.models.quantised import is_packed
from astrid.models.text_model import TransformerClassifier

ORIGINAL = "nothing"
"""Name of the step at which no weight is random yet."""


def parts_of(module: Any) -> dict[str, tuple[str, ...]]:
    """Names of the weights of each part, from the output to the input.

    The parts are `head`, `layer N` … `layer 1` and `embeddings`. The layers are those of the
    body's outermost module lists, in their order: an encoder's before a decoder's. Of the rest,
    tables of embeddings and what is registered before the layers count as embeddings; what stands
    outside the body or behind the layers (poolers, last norms) counts as head. A weight that two
    parts share belongs to the first part that has it from the input on; parts without weights of
    their own are left out.

    Args:
        module: a transformers classifier.

    Raises:
        InputError: it has no list of layers.
    """
    body = module.base_model
    layers = _layers(body)
    if not layers:
        raise InputError(
            f"randomisation: no list of layers is to be found in {type(module).__name__}; "
            "it can't be randomised layer by layer"
        )
    parts: dict[str, list[nn.Module]] = {"embeddings": [], "head": []}
    numbered = {f"layer {number}": [layer] for number, layer in enumerate(layers, 1)}
    owner = {id(part): name for name, (layer,) in numbered.items() for part in layer.modules()}
    inside = {id(part) for part in body.modules()}
    reached = False
    for part in module.modules():
        reached = reached or id(part) in owner
        if id(part) not in owner:
            table = isinstance(part, nn.Embedding) or not reached
            parts["embeddings" if id(part) in inside and table else "head"].append(part)
    order = {"embeddings": parts["embeddings"], **_whole(numbered), "head": parts["head"]}
    return _names(module, order)


def _layers(body: nn.Module) -> list[nn.Module]:
    """Elements of the outermost module lists with weights, in their order."""
    found: list[nn.Module] = []
    for child in body.children():
        if isinstance(child, nn.ModuleList):
            found += [layer for layer in child if next(layer.parameters(), None) is not None]
        else:
            found += _layers(child)
    return found


def _whole(layers: Mapping[str, list[nn.Module]]) -> dict[str, list[nn.Module]]:
    return {name: list(layer.modules()) for name, (layer,) in layers.items()}


def _names(module: nn.Module, order: Mapping[str, list[nn.Module]]) -> dict[str, tuple[str, ...]]:
    """Names of each part's own weights, each weight once; the order is turned round."""
    names = {id(weight): name for name, weight in module.named_parameters()}
    found: dict[str, tuple[str, ...]] = {}
    for part, modules in order.items():
        own = [weight for each in modules for weight in each.parameters(recurse=False)]
        taken = tuple(names.pop(id(weight)) for weight in own if id(weight) in names)
        if taken:
            found[part] = taken
    return dict(reversed(found.items()))


def randomised(
    model: TransformerClassifier, steps: int | None = None, seed: int = 0
) -> Iterator[tuple[str, TransformerClassifier]]:
    """(what is now random, copy of the model): first `nothing`, then cumulatively part by part.

    The name is that of the last part that became random; all parts nearer to the output are
    random too. Each copy is a model of its own, and the same seed permutes a weight in the same
    way at every step. The given model, and whatever shares memory with it, is never written.

    Args:
        model: any classifier of transformers with plain weights.
        steps: how many randomised copies to give: neighbouring parts are taken together, the
            last copy is always random throughout. None: one a part.
        seed: of the permutations.

    Raises:
        InputError: quantised weights, no list of layers, or fewer than one step.
    """
    _check_plain(model)
    if steps is not None and steps < 1:
        raise InputError(f"randomisation: {steps} steps; give at least 1, or None for all")
    parts = list(parts_of(model.module).items())
    count = len(parts) if steps is None else min(steps, len(parts))
    yield ORIGINAL, copy.deepcopy(model)
    for group in np.array_split(np.arange(1, len(parts) + 1), count):
        done = int(group[-1])
        own = copy.deepcopy(model)
        for _, names in parts[:done]:
            _permute(own.module, names, seed)
        yield parts[done - 1][0], own


def _check_plain(model: TransformerClassifier) -> None:
    weights = tuple(model.module.parameters())
    packed = any(map(is_packed, model.module.modules()))
    own_class = any(type(weight) is not nn.Parameter for weight in weights)
    if packed or own_class or not all(weight.is_floating_point() for weight in weights):
        raise InputError(
            f"{model.name}: quantised weights can't be randomised; open the model in float32"
        )


def _permute(module: nn.Module, names: tuple[str, ...], seed: int) -> None:
    """Put the values of each named weight in random order, in place."""
    with torch.no_grad():
        for name in names:
            weight = module.get_parameter(name)
            generator = np.random.default_rng([seed, *name.encode()])
            order = torch.from_numpy(generator.permutation(weight.numel())).to(weight.device)
            weight.copy_(weight.flatten()[order].view_as(weight))
