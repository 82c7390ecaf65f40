"""A small multi-layer perceptron on the pooled vector."""

from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from astrid.models.heads._pooling import Pooling, pool
from astrid.spec import Spec


class Params(Spec):
    """Settings of the perceptron; `hidden` are the sizes of its hidden layers, in order."""

    pooling: Pooling = "cls"
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(384, 192), min_length=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)


class Head(nn.Module):
    """Linear, ReLU and dropout for each hidden size, then a linear layer."""

    def __init__(self, params: Params, hidden_size: int, num_labels: int) -> None:
        super().__init__()
        self.params = params
        layers: list[nn.Module] = []
        for size_in, size_out in pairwise((hidden_size, *params.hidden)):
            layers += [nn.Linear(size_in, size_out), nn.ReLU(), nn.Dropout(params.dropout)]
        self.hidden = nn.Sequential(*layers)
        self.output = nn.Linear(params.hidden[-1], num_labels)

    def forward(self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """Logits `[B, K]`."""
        pooled_BD = pool(sequence_BTD, mask_BT, self.params.pooling)
        logits_BK: torch.Tensor = self.output(self.hidden(pooled_BD))
        return logits_BK
