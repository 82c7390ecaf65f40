"""One vector for a text, from the vectors of its tokens."""

from typing import Literal

import torch

Pooling = Literal["cls", "mean"]
"""`cls`: the first token's vector; `mean`: the average over the real tokens."""


def pool(sequence_BTD: torch.Tensor, mask_BT: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    """`[B, D]` vectors of the texts; padding never enters.

    >>> sequence = torch.tensor([[[1.0], [3.0], [9.0]]])
    >>> pool(sequence, torch.tensor([[1, 1, 0]]), "mean").tolist()
    [[2.0]]
    """
    if pooling == "cls":
        return sequence_BTD[:, 0]
    weights_BT1 = mask_BT.unsqueeze(-1).to(sequence_BTD.dtype)
    return (sequence_BTD * weights_BT1).sum(1) / weights_BT1.sum(1).clamp(min=1)
