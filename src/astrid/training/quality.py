"""How well a model does on validation texts, task by task."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np
import torch
from sklearn.metrics import accuracy_score, f1_score

from astrid.models.outputs import Task, answers, chosen, classes, log_losses


class Metrics(TypedDict):
    """How well a model does on validation texts; with several tasks, the mean over them."""

    val_loss: float
    accuracy: float
    f1_score: float


@dataclass(frozen=True)
class Quality:
    """What a validation found.

    Attributes:
        metrics: over all tasks.
        tasks: with several tasks, `acc_{task}`, `f1_{task}`, and `acc_total`, the share of units
            with all tasks right (left out where no unit has all labels).
        losses: `val_loss_error`, the standard error of `val_loss` over units, and with several
            tasks each one's `val_loss_{task}` and `val_loss_error_{task}`.
    """

    metrics: Metrics
    tasks: dict[str, float] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)


def measure(logits: torch.Tensor, labels: torch.Tensor) -> Metrics:
    """Cross-entropy (unweighted), accuracy and macro-averaged F1 over all K classes.

    Args:
        logits: `[N, K]`.
        labels: `[N]`.
    """
    return judged(logits, labels[:, None], (classes(logits.shape[1]),)).metrics


def judged(
    logits: torch.Tensor,
    labels: torch.Tensor,
    tasks: Sequence[Task],
    groups: torch.Tensor | None = None,
) -> Quality:
    """Log loss (unweighted) and accuracy of each task, and macro-averaged F1 over its classes.

    Args:
        logits: `[N, K]` of all tasks.
        labels: `[N, tasks]`, −1 where a text has none.
        tasks: whose columns stand side by side.
        groups: `[N]` numbers from 0 on: texts of one group are one unit, whose probabilities are
            the mean over its texts; None: each text is a unit.
    """
    logits, labels = logits.float().cpu(), labels.cpu()
    units = torch.arange(len(logits)) if groups is None else groups.cpu()
    probabilities = mean_by_group(answers(logits, tuple(tasks)), units)
    truth = labels[first_of_group(units)]
    answered = torch.stack([chosen(probabilities, task) for task in tasks], dim=1)
    losses = {
        task.name: _loss(logits, labels[:, place], task, units) for place, task in enumerate(tasks)
    }
    scores = {
        task.name: _scores(truth[:, place], answered[:, place], task)
        for place, task in enumerate(tasks)
    }
    # Of a task that no text has a label of nothing is known: the means are over the others.
    known = [task.name for place, task in enumerate(tasks) if (truth[:, place] >= 0).any()]
    metrics = Metrics(
        val_loss=_mean([losses[name][0] for name in known]),
        accuracy=_mean([scores[name][0] for name in known]),
        f1_score=_mean([scores[name][1] for name in known]),
    )
    error = _error_of_mean(logits, labels, tasks, units)
    if len(tasks) == 1:
        return Quality(metrics, losses={"val_loss_error": error})
    named = {f"acc_{name}": accuracy for name, (accuracy, _) in scores.items()}
    named |= {f"f1_{name}": f1 for name, (_, f1) in scores.items()}
    complete = (truth >= 0).all(1)
    if complete.any():
        right = (truth == answered).all(1)[complete]
        named["acc_total"] = float(right.float().mean())
    by_task = {f"val_loss_{name}": loss for name, (loss, _) in losses.items()}
    by_task |= {f"val_loss_error_{name}": spread for name, (_, spread) in losses.items()}
    return Quality(metrics, named, {"val_loss_error": error, **by_task})


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def mean_by_group(values_NK: torch.Tensor, groups_N: torch.Tensor) -> torch.Tensor:
    """`[G, K]` means over the texts of each group, numbered from 0 on.

    >>> mean_by_group(torch.tensor([[0.0], [1.0], [4.0]]), torch.tensor([0, 0, 1])).tolist()
    [[0.5], [4.0]]
    """
    count = int(groups_N.max()) + 1
    sums = torch.zeros(count, values_NK.shape[1], dtype=torch.float64)
    sums.index_add_(0, groups_N, values_NK.double())
    sizes = torch.bincount(groups_N, minlength=count).clamp(min=1)
    return (sums / sizes[:, None]).to(values_NK.dtype)


def first_of_group(groups_N: torch.Tensor) -> torch.Tensor:
    """`[G]` the place of the first text of each group."""
    _, places = np.unique(groups_N.numpy(), return_index=True)
    return torch.from_numpy(places)


def _scores(truth: torch.Tensor, answered: torch.Tensor, task: Task) -> tuple[float, float]:
    """Accuracy and macro F1 of the units that have a label; 0 where none has."""
    known = truth >= 0
    if not known.any():
        return 0.0, 0.0
    right, given = truth[known].numpy(), answered[known].numpy()
    numbers = range(2 if task.kind == "binary" else len(task.columns))
    f1 = f1_score(right, given, labels=numbers, average="macro", zero_division=0)
    return float(accuracy_score(right, given)), float(f1)


def _loss(
    logits: torch.Tensor, labels: torch.Tensor, task: Task, units: torch.Tensor
) -> tuple[float, float]:
    """Mean log loss over texts, and its standard error over units."""
    known = labels >= 0
    if not known.any():
        return float("nan"), float("nan")
    losses = log_losses(logits[known], task, labels[known])
    return float(losses.mean()), _standard_error(losses, units[known])


def _error_of_mean(
    logits: torch.Tensor, labels: torch.Tensor, tasks: Sequence[Task], units: torch.Tensor
) -> float:
    """Standard error of the loss that is averaged over tasks, from texts with all labels."""
    complete = (labels >= 0).all(1)
    if not complete.any():
        return float("nan")
    losses = [
        log_losses(logits[complete], task, labels[complete, place])
        for place, task in enumerate(tasks)
    ]
    return _standard_error(torch.stack(losses).mean(0), units[complete])


def _standard_error(losses: torch.Tensor, units: torch.Tensor) -> float:
    """Of the mean over texts where units are drawn: a unit of more texts counts for more.

    Source: the linearised variance of a ratio, Cochran, Sampling Techniques, 1977, ch. 6.
    """
    _, numbered = torch.unique(units, return_inverse=True)
    apart = torch.bincount(numbered, (losses - losses.mean()).double())
    if len(apart) < 2:
        return float("nan")
    scale = len(apart) / (len(apart) - 1)
    return float((scale * (apart**2).sum()).sqrt()) / len(losses)
