"""Reading attention weights of one call, without slowing other calls or other threads.

Fast attention kernels return no weights. transformers lets a model name its attention function;
models wrapped by Astrid name the function below. It runs the fast kernel, unless the current
context records: then it computes the weights in the open and keeps them. The switch is a context
variable, so two threads that share a model don't see each other's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "astrid"

_recorded: ContextVar[list[torch.Tensor] | None] = ContextVar("recorded", default=None)


@contextmanager
def recording() -> Iterator[list[torch.Tensor]]:
    """Within the block, every layer's weights `[B, H, T, T]` are appended to the yielded list."""
    weights: list[torch.Tensor] = []
    token = _recorded.set(weights)
    try:
        yield weights
    finally:
        _recorded.reset(token)


def _attention(
    module: torch.nn.Module,
    query_BHTE: torch.Tensor,
    key_BGTE: torch.Tensor,
    value_BGTE: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    is_causal: bool | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """transformers' attention signature; E is the size of a head, G the number of key heads."""
    recorded = _recorded.get()
    softcap, bias = kwargs.get("softcap"), kwargs.get("position_bias")
    if recorded is None and softcap is None:
        return sdpa_attention_forward(
            module,
            query_BHTE,
            key_BGTE,
            value_BGTE,
            attention_mask,
            dropout=dropout,
            scaling=scaling,
            is_causal=is_causal,
            **kwargs,
        )
    repeats = query_BHTE.shape[1] // key_BGTE.shape[1]
    key_BHTE = key_BGTE.repeat_interleave(repeats, dim=1)
    value_BHTE = value_BGTE.repeat_interleave(repeats, dim=1)
    scale = query_BHTE.shape[-1] ** -0.5 if scaling is None else scaling
    scores_BHTT = query_BHTE @ key_BHTE.transpose(-1, -2) * scale
    if bias is not None:
        scores_BHTT = scores_BHTT + bias
    if softcap is not None:
        # Gemma 2: scores are kept within ±softcap, which the fast kernel can't do.
        scores_BHTT = softcap * torch.tanh(scores_BHTT / softcap)
    scores_BHTT = _masked(scores_BHTT, attention_mask, _causal(module, is_causal))
    weights_BHTT = scores_BHTT.softmax(-1, dtype=torch.float32).to(query_BHTE.dtype)
    if recorded is not None:
        recorded.append(weights_BHTT)
    return (weights_BHTT @ value_BHTE).transpose(1, 2).contiguous(), weights_BHTT


def _causal(module: torch.nn.Module, is_causal: bool | None) -> bool:
    return bool(getattr(module, "is_causal", True)) if is_causal is None else is_causal


def _masked(scores: torch.Tensor, mask: torch.Tensor | None, causal: bool) -> torch.Tensor:
    """Scores with -inf where attention is not allowed; no mask can imply causality."""
    if mask is None and causal and scores.shape[-2] > 1:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    if mask is None:
        return scores
    mask = mask[..., : scores.shape[-1]]
    if mask.dtype == torch.bool:
        return scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return scores + mask


AttentionInterface.register(NAME, _attention)
AttentionMaskInterface.register(NAME, sdpa_mask)
