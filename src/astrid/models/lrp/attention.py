"""Attention whose gradient hands down relevance."""

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from astrid.models.lrp.rules import shared

NAME = "astrid_lrp"


def attention(
    module: torch.nn.Module,
    query_BHTE: torch.Tensor,
    key_BGTE: torch.Tensor,
    value_BGTE: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """transformers' attention signature; E is the size of a head, G the number of key heads.

    Weights and values share the output's relevance; what passes the softmax, query and key share
    once more. As the fast kernel is linear in these gradients, they can be divided at its inputs.
    """
    return sdpa_attention_forward(
        module,
        shared(query_BHTE, 4),
        shared(key_BGTE, 4),
        shared(value_BGTE, 2),
        attention_mask,
        **kwargs,
    )


AttentionInterface.register(NAME, attention)
AttentionMaskInterface.register(NAME, sdpa_mask)
