"""Some of the encoder's layers are left out; the others, and the head, stay as they were trained.

By default the last `count` layers go, which costs least of what Sajjad et al. tried ("On the
Effect of Dropping Layers of Pre-trained Transformer Models", 2023, arXiv:2004.03844). The head
then reads a layer that it was not trained on: a few more epochs are part of the method.
"""

import copy
from typing import Any, Literal

from pydantic import Field
from torch import nn

from astrid.errors import InputError
from astrid.models.compression import Calibration
from astrid.models.layers import layers_of, spaced_layers
from astrid.models.quantised import has_gradients
from astrid.spec import Spec

NUMBER = ("count", 1)


class Params(Spec):
    """Settings.

    Attributes:
        count: layers to leave out.
        which: `top`: the last ones; `spaced`: those between evenly spaced ones, of which the
            first and the last are kept.
    """

    count: int = Field(default=1, ge=1)
    which: Literal["top", "spaced"] = "top"


def compress(model: Any, params: Params, calibration: Calibration | None = None) -> Any:
    """A copy with fewer layers; works on any classifier of transformers with a list of layers.

    Raises:
        InputError: no layer would be left, layers that can't be told apart, or quantised weights.
    """
    if not has_gradients(model):
        raise InputError("drop_layers: the model's weights are quantised; drop layers first")
    total = model.base_model.config.num_hidden_layers
    left = total - params.count
    if left < 1:
        raise InputError(f"drop_layers: {params.count} of {total} layers leave none; drop fewer")
    kept = range(left) if params.which == "top" else spaced_layers(left, total)
    own = copy.deepcopy(model)
    encoder = own.base_model
    name = layers_of(encoder, "drop_layers")
    parent, _, last = name.rpartition(".")
    layers = encoder.get_submodule(name)
    setattr(encoder.get_submodule(parent), last, nn.ModuleList(layers[place] for place in kept))
    encoder.config.num_hidden_layers = left
    if hasattr(own.config, "encoder_config"):
        own.config.encoder_config = encoder.config.to_dict()
    return own
