"""The last layer, for the one token that the classifier reads.

Most encoders are read at their first token alone. What the last layer computes for the other
tokens, beyond their keys and values, is then thrown away: leaving it out saves a seventh of a
six-layer model's work, forwards and backwards, and changes no answer. Which models are read so is
not guessed from their class: a probe decides, and a model that answers it otherwise is left whole.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from astrid.models.private import sharing_copy

PROBE = (2, 7)
"""Rows and tokens of the probe."""


def read_first(module: Any, run: Callable[[Any, torch.Tensor, torch.Tensor], torch.Tensor]) -> Any:
    """`module` with its last layer computed for the first token alone, or `module` itself.

    Args:
        module: a classifier in evaluation mode whose weights need no gradient.
        run: logits `[B, K]` of a module from embeddings `[B, T, D]` and their mask `[B, T]`.
    """
    shorter = _shorter(module)
    if shorter is None:
        return module
    weight = module.get_input_embeddings().weight
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn((*PROBE, weight.shape[1]), generator=generator)
    embeds_BTD = (drawn * weight.std().cpu().float()).to(weight.device, weight.dtype)
    mask_BT = torch.ones(PROBE, dtype=torch.long, device=weight.device)
    mask_BT[1, PROBE[1] // 2 :] = 0
    try:
        with torch.inference_mode():
            expected, found = run(module, embeds_BTD, mask_BT), run(shorter, embeds_BTD, mask_BT)
    except (RuntimeError, ValueError, TypeError, IndexError, AttributeError):
        return module
    # The same sums in another order, in the weights' own precision.
    allowed = 50 * torch.finfo(weight.dtype).eps * expected.abs().max().clamp(min=1)
    same = found.shape == expected.shape and bool((found - expected).abs().max() <= allowed)
    return shorter if same else module


def _shorter(module: Any) -> Any:
    """A copy of the module tree, sharing all weights, with another last layer; None if unknown."""
    layers = _layers(module)
    if not layers:
        return None
    wrapper = _wrapper(layers[-1])
    if wrapper is None:
        return None
    own = sharing_copy(module)
    _layers(own)[-1] = wrapper(_layers(own)[-1])
    return own


def _layers(module: Any) -> Any:
    """The stack of layers of a BERT-like encoder or of DistilBERT."""
    body = module.base_model
    body = getattr(body, "encoder", body) if hasattr(body, "config") else body
    while hasattr(body, "encoder"):
        body = body.encoder
    body = getattr(body, "transformer", body)
    layers = getattr(body, "layer", None)
    return layers if isinstance(layers, nn.ModuleList) else None


def _wrapper(layer: nn.Module) -> type[nn.Module] | None:
    attention = getattr(layer, "attention", None)
    if hasattr(attention, "self") and hasattr(layer, "feed_forward_chunk"):
        return BertFirst
    if hasattr(attention, "q_lin") and hasattr(layer, "ffn"):
        return DistilBertFirst
    return None


class BertFirst(nn.Module):
    """A layer of BERT, RoBERTa, ELECTRA and their like: `[B, T, D]` in, `[B, 1, D]` out."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(
        self,
        hidden_BTD: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        *_: Any,
        **__: Any,
    ) -> torch.Tensor:
        part = self.layer.attention.self
        first_B1D = hidden_BTD[:, :1]
        context_B1D = _attend(
            part,
            part.query(first_B1D),
            part.key(hidden_BTD),
            part.value(hidden_BTD),
            attention_mask,
        )
        attended_B1D = self.layer.attention.output(context_B1D, first_B1D)
        return self.layer.feed_forward_chunk(attended_B1D)


class DistilBertFirst(nn.Module):
    """A layer of DistilBERT: `[B, T, D]` in, `[B, 1, D]` out."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(
        self,
        hidden_BTD: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        *_: Any,
        **__: Any,
    ) -> torch.Tensor:
        part = self.layer.attention
        first_B1D = hidden_BTD[:, :1]
        context_B1D = _attend(
            part,
            part.q_lin(first_B1D),
            part.k_lin(hidden_BTD),
            part.v_lin(hidden_BTD),
            attention_mask,
        )
        attended_B1D = self.layer.sa_layer_norm(part.out_lin(context_B1D) + first_B1D)
        return self.layer.output_layer_norm(self.layer.ffn(attended_B1D) + attended_B1D)


def _attend(
    part: Any,
    query_B1D: torch.Tensor,
    key_BTD: torch.Tensor,
    value_BTD: torch.Tensor,
    mask: torch.Tensor | None,
) -> torch.Tensor:
    """What the first token gathers, `[B, 1, D]`."""
    size = part.attention_head_size
    query, key, value = (
        states.view(*states.shape[:2], -1, size).transpose(1, 2)
        for states in (query_B1D, key_BTD, value_BTD)
    )
    allowed = None if mask is None else mask[..., :1, : key.shape[-2]]
    context = nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=allowed, scale=part.scaling
    )
    return context.transpose(1, 2).reshape(query_B1D.shape)
