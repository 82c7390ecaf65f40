r"""What training makes small: cross-entropy or focal loss, over one task or several.

A task of two classes with one column of logits z has

$$\ell = -w_y \, (1 - p_y)^\gamma \ln p_y, \qquad p_1 = \sigma(z),$$

with w_1 = `pos_weight` and w_0 = 1, averaged over the texts; with γ = 0 that is binary
cross-entropy with logits. Other tasks have the softmax's p_y and a weight a class, and divide by
the sum of the weights. γ > 0 is the focal loss (Lin et al., "Focal Loss for Dense Object
Detection", 2017, arXiv:1708.02002): texts that are already told apart count less. Several tasks
count alike: the loss is the mean over them.
"""

from collections.abc import Sequence

import torch
from torch import nn

from astrid.models.outputs import Task

_NEARLY_ZERO = -1e-6
"""The largest ln p from which ln(1 − p) is taken: beyond it a text costs nothing."""


class Loss(nn.Module):
    """Mean over tasks of each one's mean over the texts that have its label.

    A text without a task's label, and whatever happens in other tasks, changes nothing in a task's
    part; a task that no text of the batch has a label of adds 0.

    Args:
        tasks: whose columns stand side by side.
        weights: of each task, `[]` (two classes: of the second) or `[K]`; None: all weigh alike.
        gamma: γ of the focal loss; 0 is cross-entropy.
    """

    def __init__(
        self, tasks: Sequence[Task], weights: Sequence[torch.Tensor | None], gamma: float = 0.0
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.gamma = gamma
        for place, weight in enumerate(weights):
            self.register_buffer(f"weight_{place}", weight, persistent=False)

    def forward(self, logits_BK: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The loss of logits `[B, K]`.

        Args:
            logits_BK: of all tasks.
            labels: `[B, tasks]` class indices, −1 where there is none; `[B]` of a single task.
        """
        columns = labels[:, None] if labels.ndim == 1 else labels
        parts = [
            self._of_task(place, logits_BK, columns[:, place]) for place in range(len(self.tasks))
        ]
        return torch.stack(parts).mean()

    def _of_task(self, place: int, logits_BK: torch.Tensor, labels_B: torch.Tensor) -> torch.Tensor:
        task, weight = self.tasks[place], getattr(self, f"weight_{place}")
        known = labels_B >= 0
        asked, labels = logits_BK[known][:, list(task.columns)].float(), labels_B[known]
        if task.kind == "binary":
            losses, counts = binary_losses(asked[:, 0], labels, weight, self.gamma)
        else:
            losses, counts = class_losses(asked, labels, weight, self.gamma)
        return losses.sum() / counts.sum().clamp(min=torch.finfo(counts.dtype).tiny)


def binary_losses(
    logits: torch.Tensor, labels: torch.Tensor, pos_weight: torch.Tensor | None, gamma: float = 0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Loss of each of B texts, and what each counts for in the mean (1).

    >>> losses, counts = binary_losses(torch.zeros(2), torch.tensor([0, 1]), torch.tensor(3.0))
    >>> losses
    tensor([0.6931, 2.0794])
    """
    towards = torch.where(labels == 1, logits, -logits)
    losses = -nn.functional.logsigmoid(towards)
    if gamma:
        losses = losses * (gamma * nn.functional.logsigmoid(-towards)).exp()
    if pos_weight is not None:
        losses = losses * torch.where(labels == 1, pos_weight, torch.ones_like(pos_weight))
    return losses, torch.ones_like(losses)


def class_losses(
    logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None, gamma: float = 0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Loss of each of B texts with logits `[B, K]`, and its weight in the mean."""
    log_p = -nn.functional.cross_entropy(logits, labels, reduction="none")
    losses = -log_p
    if gamma:
        rest = torch.log(-torch.expm1(log_p.clamp(max=_NEARLY_ZERO)))
        losses = losses * (gamma * rest).exp()
    if weights is None:
        return losses, torch.ones_like(losses)
    return losses * weights[labels], weights[labels]
