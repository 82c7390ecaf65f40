"""Several linear heads, averaged; their disagreement measures uncertainty."""

import torch
from pydantic import Field
from torch import nn

from astrid.models.heads import linear
from astrid.models.heads._pooling import Pooling
from astrid.spec import Spec


class Params(Spec):
    """Settings of the ensemble: `members` linear heads with these `pooling` and `dropout`."""

    members: int = Field(default=3, ge=1)
    pooling: Pooling = "cls"
    dropout: float = Field(default=0.1, ge=0, lt=1)


class Head(nn.Module):
    """The mean of the members' logits. Members differ by their initial weights."""

    def __init__(self, params: Params, hidden_size: int, num_labels: int) -> None:
        super().__init__()
        member = linear.Params(pooling=params.pooling, dropout=params.dropout)
        self.members = nn.ModuleList(
            linear.Head(member, hidden_size, num_labels) for _ in range(params.members)
        )

    def forward(self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """Logits `[B, K]`."""
        return self._member_logits(sequence_BTD, mask_BT).mean(0)

    def disagreement(self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """`[B]` uncertainty in [0, 0.5]; 0 where all members say the same.

        The (population) standard deviation over members of each class's probability, averaged
        over the classes.
        """
        logits_MBK = self._member_logits(sequence_BTD, mask_BT)
        single = logits_MBK.shape[-1] == 1  # yes or no
        probabilities_MBK = logits_MBK.sigmoid() if single else logits_MBK.softmax(-1)
        return probabilities_MBK.std(0, correction=0).mean(-1)

    def _member_logits(self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        return torch.stack([member(sequence_BTD, mask_BT) for member in self.members])
