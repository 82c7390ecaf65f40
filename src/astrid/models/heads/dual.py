"""Two parallel paths, joined by a fusion layer; each path can be switched off."""

from typing import Literal

import torch
from pydantic import Field
from torch import nn

from astrid.models.heads._pooling import Pooling, pool
from astrid.spec import Spec

Path = Literal["first", "second"]


class Params(Spec):
    """Settings of the dual head; `size` is the width of each path."""

    pooling: Pooling = "cls"
    size: int = Field(default=256, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)


class Head(nn.Module):
    """`logits = W · [path₁(pooled); path₂(pooled)] + b`; a path is linear, ReLU, dropout."""

    def __init__(self, params: Params, hidden_size: int, num_labels: int) -> None:
        super().__init__()
        self.params = params
        self.first = _path(params, hidden_size)
        self.second = _path(params, hidden_size)
        self.fusion = nn.Linear(2 * params.size, num_labels)

    def forward(
        self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor, ablate: Path | None = None
    ) -> torch.Tensor:
        """Logits `[B, K]`; the path named by `ablate` gives zeros."""
        pooled_BD = pool(sequence_BTD, mask_BT, self.params.pooling)
        first_BH, second_BH = self.first(pooled_BD), self.second(pooled_BD)
        if ablate == "first":
            first_BH = torch.zeros_like(first_BH)
        elif ablate == "second":
            second_BH = torch.zeros_like(second_BH)
        logits_BK: torch.Tensor = self.fusion(torch.cat([first_BH, second_BH], dim=-1))
        return logits_BK


def _path(params: Params, hidden_size: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(hidden_size, params.size), nn.ReLU(), nn.Dropout(params.dropout))
