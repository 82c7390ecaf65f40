"""One training step, one validation pass, and the optimiser."""

from collections.abc import Callable
from typing import Any, TypedDict

import lightning.pytorch as pl
import numpy as np
import torch
from sklearn.metrics import accuracy_score, f1_score
from torch import nn
from transformers import get_scheduler

from astrid.errors import InputError
from astrid.models.classifier import AstridClassifier
from astrid.training.data import TextBatch
from astrid.training.spec import TrainerSpec

_CHECK_EVERY = 50
"""Steps between looks at whether the loss is still a number: each look waits for the GPU."""

_SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


CrossEntropy = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Mean cross-entropy of logits `[B, K]` and classes `[B]`."""


class Teaching(nn.Module):
    """A loss of its own; what it learns is trained along, and dropped with it."""

    def loss(self, model: Any, batch: TextBatch, cross_entropy: CrossEntropy) -> torch.Tensor:
        """Mean loss of `model` over the texts of `batch`."""
        raise NotImplementedError


class DivergedError(InputError):
    """The loss became infinite or not a number: going on from here is of no use."""


class Metrics(TypedDict):
    """How well a model does on validation texts."""

    val_loss: float
    accuracy: float
    f1_score: float


class TrainingModule(pl.LightningModule):
    """Trains a classifier: AdamW, warm-up, decay, cross-entropy or a teacher's loss.

    Attributes:
        metrics: of the last validation.
        train_loss: mean over the texts of the epoch.
    """

    def __init__(
        self,
        model: AstridClassifier,
        trainer: TrainerSpec,
        seed: int,
        steps: int,
        class_weights: torch.Tensor | None,
        teaching: Teaching | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.teaching = teaching
        self.settings = trainer
        self.seed = seed
        self.steps = steps
        self.register_buffer("class_weights", class_weights, persistent=False)
        self.metrics = Metrics(val_loss=float("nan"), accuracy=0.0, f1_score=0.0)
        self.train_loss = float("nan")
        self._loss_sum = torch.zeros(())
        self._texts = 0
        self._answers: list[tuple[torch.Tensor, torch.Tensor]] = []

    def on_train_batch_start(self, batch: TextBatch, batch_idx: int) -> None:
        if batch_idx > 0:
            return
        # Not in on_train_epoch_start: what Lightning draws between it and the first batch differs
        # between an undisturbed and a resumed run. Seeded here, dropout depends on (seed, epoch)
        # alone, and the two give the same weights.
        drawn = np.random.SeedSequence([self.seed, self.current_epoch]).generate_state(1)
        torch.manual_seed(int(drawn[0]))
        self._loss_sum, self._texts = torch.zeros((), device=self.device), 0

    def training_step(self, batch: TextBatch, index: int) -> torch.Tensor:
        if self.teaching is None:
            loss = self._loss(self._logits(batch), batch.labels)
        else:
            loss = self.teaching.loss(self.model, batch, self._loss)
        self._loss_sum += loss.detach() * len(batch.labels)
        self._texts += len(batch.labels)
        if index % _CHECK_EVERY == _CHECK_EVERY - 1:
            self._check_finite()
        return loss

    def on_validation_epoch_start(self) -> None:
        self._answers = []

    def validation_step(self, batch: TextBatch, index: int) -> None:
        self._answers.append((self._logits(batch).float(), batch.labels))

    def on_validation_epoch_end(self) -> None:
        self._check_finite()
        self.train_loss = float(self._loss_sum) / max(self._texts, 1)
        logits = torch.cat([logits for logits, _ in self._answers])
        labels = torch.cat([labels for _, labels in self._answers])
        self._answers = []
        self.metrics = measure(logits, labels)
        self.log_dict(dict(self.metrics), batch_size=len(labels))
        self.log("train_loss", self.train_loss, batch_size=len(labels))

    def configure_optimizers(self) -> Any:
        settings = self.settings
        assert settings.learning_rate is not None, "the spec is resolved before training"
        optimizer = torch.optim.AdamW(
            # All that learns: the model, and what a teacher's loss learns beside it.
            _groups(self, settings.weight_decay),
            lr=settings.learning_rate,
            # Lightning refuses to clip gradients before a fused step in mixed precision.
            fused=settings.precision == "32",
        )
        warmup = settings.warmup if settings.warmup >= 1 else settings.warmup * self.steps
        schedule = get_scheduler(
            _SCHEDULES[settings.schedule], optimizer, round(warmup), self.steps
        )
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    def _logits(self, batch: TextBatch) -> torch.Tensor:
        logits: torch.Tensor = self.model(
            input_ids=batch.ids, attention_mask=batch.mask, token_type_ids=batch.type_ids
        ).logits
        return logits

    def _loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        weights = self.class_weights
        assert weights is None or isinstance(weights, torch.Tensor)
        return nn.functional.cross_entropy(logits.float(), labels, weight=weights)

    def _check_finite(self) -> None:
        if not torch.isfinite(self._loss_sum):
            raise DivergedError(
                f"trainer.learning_rate: the loss is no longer a number in epoch "
                f"{self.current_epoch + 1}; lower the learning rate "
                f"(now {self.settings.learning_rate:g}) or use precision 32"
            )


def measure(logits: torch.Tensor, labels: torch.Tensor) -> Metrics:
    """Cross-entropy (unweighted), accuracy and macro-averaged F1 over all K classes.

    Args:
        logits: `[N, K]`.
        labels: `[N]`.
    """
    truth, answers = labels.cpu().numpy(), logits.argmax(-1).cpu().numpy()
    classes = range(logits.shape[1])
    return Metrics(
        val_loss=float(nn.functional.cross_entropy(logits, labels)),
        accuracy=float(accuracy_score(truth, answers)),
        f1_score=float(f1_score(truth, answers, labels=classes, average="macro", zero_division=0)),
    )


def _groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameters with weight decay, and biases and normalisation weights without."""
    matrices = [p for p in model.parameters() if p.requires_grad and p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.requires_grad and p.ndim < 2]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
