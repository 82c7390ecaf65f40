"""One linear layer on the pooled vector: the simplest head, and the reference."""

import torch
from pydantic import Field
from torch import nn

from astrid.models.heads._pooling import Pooling, pool
from astrid.spec import Spec


class Params(Spec):
    """Settings of the linear head."""

    pooling: Pooling = "cls"
    dropout: float = Field(default=0.1, ge=0, lt=1)


class Head(nn.Module):
    """`logits = W · dropout(pooled) + b`."""

    def __init__(self, params: Params, hidden_size: int, num_labels: int) -> None:
        super().__init__()
        self.params = params
        self.dropout = nn.Dropout(params.dropout)
        self.output = nn.Linear(hidden_size, num_labels)

    def forward(self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """Logits `[B, K]`."""
        pooled_BD = pool(sequence_BTD, mask_BT, self.params.pooling)
        logits_BK: torch.Tensor = self.output(self.dropout(pooled_BD))
        return logits_BK
