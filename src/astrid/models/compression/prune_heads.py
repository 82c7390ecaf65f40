r"""The attention heads that matter least are taken out, as many in each layer.

A head's importance is how much the loss reacts to a mask ξ of its output,

$$I_h = \frac1N \sum_x \left| \frac{\partial \mathcal L(x)}{\partial \xi_h} \right|$$

(Michel, Levy & Neubig, "Are Sixteen Heads Really Better than One?", NeurIPS 2019), or, without
texts to ask, the product of the Frobenius norms of its value and output matrices. The matrices
become smaller, and so do file and computation. Each layer loses equally many, so that attention
weights stay one array of layers and heads.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from pydantic import Field

from astrid.errors import InputError
from astrid.models.attention_heads import Attention, attentions
from astrid.models.calls import Calls
from astrid.models.compression import Calibration
from astrid.models.protocol import Batch
from astrid.models.quantised import has_gradients
from astrid.spec import Spec

NUMBER = ("share", 100)

_BATCH = 16


class Params(Spec):
    """Settings.

    Attributes:
        share: of each layer's heads that goes, rounded to whole heads; one at least stays.
        texts: most texts that importance is worked out from, evenly spaced in what is given.
    """

    share: float = Field(default=0.25, gt=0, lt=1)
    texts: int = Field(default=256, ge=1)


def compress(model: Any, params: Params, calibration: Calibration | None = None) -> Any:
    """A copy with fewer heads, of BERT, RoBERTa, DistilBERT and their like.

    Raises:
        InputError: another architecture, quantised weights, or a share of less than half a head.
    """
    if not has_gradients(model):
        raise InputError("prune_heads: the model's weights are quantised; prune heads first")
    own = copy.deepcopy(model).eval()
    layers = attentions(own.base_model)
    heads = layers[0].heads
    gone = min(round(params.share * heads), heads - 1)
    if gone < 1:
        raise InputError(f"prune_heads: {params.share:g} of {heads} heads is none; take more")
    if calibration is None:
        importance_LH = torch.stack([_norms(layer) for layer in layers])
    else:
        importance_LH = head_importance(own, calibration, params.texts)
    for layer, scores_H in zip(layers, importance_LH, strict=True):
        order = scores_H.argsort(stable=True)
        layer.keep(sorted(order[gone:].tolist()))
    own.config.heads_left = heads - gone
    return own


def head_importance(model: Any, calibration: Calibration, most: int) -> torch.Tensor:
    """`[L, H]` mean over at most `most` texts of |∂ loss / ∂ mask|, as float32.

    Args:
        model: in evaluation mode; its weights' gradients stay as they were.
        calibration: texts with their classes.
        most: texts to use.
    """
    step = max(len(calibration.texts) / most, 1)
    count = min(len(calibration.texts), most)
    rows = [int(place * step) for place in range(count)]
    totals: list[torch.Tensor] = []
    for start in range(0, count, _BATCH):
        chosen = rows[start : start + _BATCH]
        found = _reaction(model, calibration, chosen)
        totals.append(found.sum(dim=0))
    return torch.stack(totals).sum(dim=0) / count


def _reaction(model: Any, calibration: Calibration, rows: list[int]) -> torch.Tensor:
    """`[B, L, H]` |∂ loss / ∂ mask| of each text by itself."""
    limit = getattr(model.config, "max_sequence_length", calibration.tokenizer.model_max_length)
    encoded = calibration.tokenizer(
        [calibration.texts[row] for row in rows],
        padding="longest",
        truncation=True,
        max_length=min(limit, 512),
        return_token_type_ids=True,
        return_tensors="pt",
    )
    batch = Batch(
        mask=encoded["attention_mask"],
        type_ids=encoded["token_type_ids"],
        ids=encoded["input_ids"],
    )
    labels = torch.tensor([calibration.labels[row] for row in rows])
    layers = attentions(model.base_model)
    masks = [torch.ones(len(rows), layer.heads, requires_grad=True) for layer in layers]
    with torch.enable_grad(), _masked(layers, masks):
        logits = Calls(model).run(model, batch).logits
        # A sum over texts: a text's own mask reaches its own loss alone.
        loss = torch.nn.functional.cross_entropy(logits.float(), labels, reduction="sum")
        found = torch.autograd.grad(loss, masks)
    return torch.stack([gradient.abs() for gradient in found], dim=1)


@contextmanager
def _masked(layers: list[Attention], masks: list[torch.Tensor]) -> Iterator[None]:
    """Each head's output times its mask `[B, H]`, while the block runs."""

    def multiplied(mask_BH: torch.Tensor, size: int) -> Any:
        wide_B1D = mask_BH.repeat_interleave(size, dim=1)[:, None]
        return lambda layer, inputs: (inputs[0] * wide_B1D,)

    hooks = [
        layer.matrix(3).register_forward_pre_hook(multiplied(mask, layer.size))
        for layer, mask in zip(layers, masks, strict=True)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _norms(layer: Attention) -> torch.Tensor:
    """`[H]` norm of each head's value matrix times that of its output matrix."""
    values = layer.matrix(2).weight.detach().unflatten(0, (layer.heads, layer.size))
    outputs = layer.matrix(3).weight.detach().unflatten(1, (layer.heads, layer.size))
    return values.norm(dim=(1, 2)) * outputs.norm(dim=(0, 2))
