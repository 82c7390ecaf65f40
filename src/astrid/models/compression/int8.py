"""Weights of all linear layers in 8 bits; inputs are rounded while it runs (dynamic int8).

A weight w of a row with scale s is kept as round(w / s), s being the row's largest |w| / 127.5.
The integers are multiplied by torch, whose layers know no gradients: methods that need gradients
can't explain the model. Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", CVPR 2018.
"""

import copy
from typing import Any

import torch
from torch import nn

from astrid.errors import InputError
from astrid.models.compression import Calibration
from astrid.models.int8_layers import Int8Embedding, quiet_torch
from astrid.models.quantised import has_gradients
from astrid.spec import Spec

NUMBER = None


class Params(Spec):
    """Settings.

    Attributes:
        by_row: one scale a row of each weight, which is more exact; otherwise one a layer.
        embeddings: whether the table of word embeddings is int8 too: about a quarter of a
            BERT-base, and most of a small encoder. Its sums stay float32.
    """

    by_row: bool = True
    embeddings: bool = False


def compress(model: Any, params: Params, calibration: Calibration | None = None) -> Any:
    """A copy with int8 layers, for the CPU; works on any classifier of transformers.

    Raises:
        InputError: its weights are held in fewer bits already, or are not float32.
    """
    if not has_gradients(model):
        raise InputError("int8: the model's weights are quantised already; give the original")
    if next(model.parameters()).dtype != torch.float32:
        raise InputError("int8: the model's weights are not float32; load it in float32")
    quantization = torch.ao.quantization
    settings = (
        quantization.per_channel_dynamic_qconfig
        if params.by_row
        else quantization.default_dynamic_qconfig
    )
    with quiet_torch():
        own = quantization.quantize_dynamic(
            copy.deepcopy(model).cpu().eval(), {nn.Linear: settings}, inplace=True
        )
    if params.embeddings:
        own.set_input_embeddings(Int8Embedding.of(own.get_input_embeddings()))
    own.config.int8 = "linear+embeddings" if params.embeddings else "linear"
    own.config.int8_by_row = params.by_row
    return own
