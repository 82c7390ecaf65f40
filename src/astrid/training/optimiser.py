"""What every training run changes its weights with: AdamW, warm-up and decay."""

from typing import Any, Protocol

import numpy as np
import torch
from torch import nn
from transformers import get_scheduler

_SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


class Rates(Protocol):
    """The settings of a run that decide how its weights change; see `TrainerSpec`."""

    @property
    def learning_rate(self) -> float | None: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def warmup(self) -> float: ...
    @property
    def schedule(self) -> str: ...
    @property
    def precision(self) -> str: ...


def build_optimiser(module: nn.Module, settings: Rates, steps: int) -> Any:
    """AdamW over all of `module` that learns, and its schedule, as Lightning takes them.

    Args:
        module: whose weights change.
        settings: with a learning rate.
        steps: changes of the weights in the whole run.
    """
    assert settings.learning_rate is not None, "the spec is resolved before training"
    optimizer = torch.optim.AdamW(
        _groups(module, settings.weight_decay),
        lr=settings.learning_rate,
        # Lightning refuses to clip gradients before a fused step in mixed precision.
        fused=settings.precision == "32",
    )
    warmup = settings.warmup if settings.warmup >= 1 else settings.warmup * steps
    schedule = get_scheduler(_SCHEDULES[settings.schedule], optimizer, round(warmup), steps)
    return [optimizer], [{"scheduler": schedule, "interval": "step"}]


def seed_epoch(seed: int, epoch: int) -> None:
    """Let `(seed, epoch)` alone decide dropout from here on.

    To be called before an epoch's first batch, and not in `on_train_epoch_start`: what Lightning
    draws between the two differs between an undisturbed and a resumed run.
    """
    drawn = np.random.SeedSequence([seed, epoch]).generate_state(1)
    torch.manual_seed(int(drawn[0]))


def _groups(module: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameters with weight decay, and biases and normalisation weights without."""
    matrices = [p for p in module.parameters() if p.requires_grad and p.ndim >= 2]
    vectors = [p for p in module.parameters() if p.requires_grad and p.ndim < 2]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
