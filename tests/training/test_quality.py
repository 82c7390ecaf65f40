"""What a validation says: means over tasks, and errors over what is judged together."""

import numpy as np
import pytest
import torch
from scipy.stats import sem

from astrid.models.outputs import Task
from astrid.training.quality import judged

SURE = (Task("sure", "binary", (0,), answers=("no", "yes")),)


def error(logits: torch.Tensor, labels: torch.Tensor, groups: torch.Tensor | None = None) -> float:
    return judged(logits, labels, SURE, groups).losses["val_loss_error"]


def test_without_groups_the_error_is_that_of_a_mean() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(40, 1, generator=generator)
    labels = torch.randint(0, 2, (40, 1), generator=generator)
    losses = -torch.nn.functional.logsigmoid(logits * (2 * labels - 1))
    assert error(logits, labels) == pytest.approx(sem(losses[:, 0].numpy()), rel=1e-5)


def test_the_error_is_the_spread_of_the_loss_over_draws_of_groups() -> None:
    """Groups of one text and of twenty: the loss is a mean over texts, so the large ones decide."""
    random = np.random.default_rng(0)
    found, losses = [], []
    for _ in range(400):
        sizes = random.choice([1, 20], 60, p=[0.7, 0.3])
        hard = random.normal(size=60) + (sizes > 1)
        logits = torch.tensor(np.repeat(hard, sizes))[:, None].float()
        labels = torch.zeros(len(logits), 1, dtype=torch.long)
        quality = judged(logits, labels, SURE, torch.tensor(np.repeat(np.arange(60), sizes)))
        found.append(quality.losses["val_loss_error"])
        losses.append(quality.metrics["val_loss"])
    assert np.mean(found) == pytest.approx(np.std(losses), rel=0.1)


def test_a_single_group_has_no_error() -> None:
    logits, labels = torch.zeros(3, 1), torch.zeros(3, 1, dtype=torch.long)
    assert np.isnan(error(logits, labels, torch.zeros(3, dtype=torch.long)))
