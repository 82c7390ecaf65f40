"""A learned weight for each token: the weights are an explanation in their own right."""

import torch
from torch import nn

from astrid.spec import Spec


class Params(Spec):
    """The attention head has no settings."""


class Head(nn.Module):
    """`logits = W · Σ_t softmax_t(v · x_t) x_t + b`, the softmax over real tokens only."""

    def __init__(self, params: Params, hidden_size: int, num_labels: int) -> None:
        super().__init__()
        # A bias would shift all scores alike, and the softmax would take it out again.
        self.score = nn.Linear(hidden_size, 1, bias=False)
        self.output = nn.Linear(hidden_size, num_labels)

    def token_weights(self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """`[B, T]` weights that sum to 1 over the real tokens; exactly 0 on padding."""
        scores_BT = self.score(sequence_BTD).squeeze(-1)
        lowest = torch.finfo(scores_BT.dtype).min
        weights_BT: torch.Tensor = scores_BT.masked_fill(mask_BT == 0, lowest).softmax(-1)
        return weights_BT

    def forward(self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """Logits `[B, K]`."""
        weights_BT = self.token_weights(sequence_BTD, mask_BT)
        pooled_BD = (weights_BT.unsqueeze(-1) * sequence_BTD).sum(1)
        logits_BK: torch.Tensor = self.output(pooled_BD)
        return logits_BK
