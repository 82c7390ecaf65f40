"""One training step, one validation pass, and the optimiser."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_model
from torch import nn

from astrid.errors import InputError
from astrid.models.classifier import AstridClassifier
from astrid.models.outputs import Task, answers, chosen, log_losses
from astrid.training.data import TextBatch
from astrid.training.kept import KeptModule
from astrid.training.losses import Loss
from astrid.training.optimiser import build_optimiser, seed_epoch
from astrid.training.quality import Quality, judged
from astrid.training.spec import TrainerSpec

_CHECK_EVERY = 50
"""Steps between looks at whether the loss is still a number: each look waits for the GPU."""


CrossEntropy = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Mean cross-entropy of logits `[B, K]` and classes `[B]`."""


class Teaching(nn.Module):
    """A loss of its own; what it learns is trained along, and dropped with it."""

    def loss(self, model: Any, batch: TextBatch, cross_entropy: CrossEntropy) -> torch.Tensor:
        """Mean loss of `model` over the texts of `batch`."""
        raise NotImplementedError


class DivergedError(InputError):
    """The loss became infinite or not a number: going on from here is of no use."""


class TrainingModule(KeptModule):
    """Trains a classifier: AdamW, warm-up, decay, its own loss or a teacher's.

    Args:
        model: trained in place.
        trainer: how to train.
        seed: decides dropout.
        steps: changes of the weights in the whole run.
        loss: of logits and labels.
        groups: `[N]` of each validation text, the number of the group it is judged with; None:
            each is judged by itself.
        teaching: a teacher's loss in place of `loss`.
        files: what a checkpoint must hold besides weights so that it can be opened by itself.

    Attributes:
        curve: of the epoch that ended last: losses and metrics by name.
    """

    def __init__(
        self,
        model: AstridClassifier,
        trainer: TrainerSpec,
        seed: int,
        steps: int,
        loss: Loss,
        groups: torch.Tensor | None = None,
        teaching: Teaching | None = None,
        files: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.teaching = teaching
        self.settings = trainer
        self.seed = seed
        self.steps = steps
        self.loss = loss
        self.groups = groups
        self.files = files
        self.curve: dict[str, float] = {}
        self._loss_sum = torch.zeros(())
        self._texts = 0
        self._progress = Progress(loss.tasks)
        self._answers: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []

    def on_train_batch_start(self, batch: TextBatch, batch_idx: int) -> None:
        if batch_idx > 0:
            return
        seed_epoch(self.seed, self.current_epoch)
        self._loss_sum, self._texts = torch.zeros((), device=self.device), 0
        self._progress = Progress(self.loss.tasks)

    def training_step(self, batch: TextBatch, index: int) -> torch.Tensor:
        if self.teaching is None:
            logits = self._logits(batch)
            self._progress.add(logits.detach(), batch.labels)
            loss: torch.Tensor = self.loss(logits, batch.labels)
        else:
            loss = self.teaching.loss(self.model, batch, self.loss)
        self._loss_sum += loss.detach() * len(batch.labels)
        self._texts += len(batch.labels)
        if index % _CHECK_EVERY == _CHECK_EVERY - 1:
            self._check_finite()
        return loss

    def on_validation_epoch_start(self) -> None:
        self._answers = []

    def validation_step(self, batch: TextBatch, index: int) -> None:
        self._answers.append((self._logits(batch).float(), batch.labels, batch.rows))

    def on_validation_epoch_end(self) -> None:
        self._check_finite()
        quality = self._judged()
        metrics = quality.metrics
        # The last changes of the weights show in no loss of the training.
        self._require_finite(metrics["val_loss"])
        self.curve = {
            "train_loss": float(self._loss_sum) / max(self._texts, 1),
            **self._progress.means(),
            "val_loss": metrics["val_loss"],
            "val_loss_error": quality.losses["val_loss_error"],
            "accuracy": metrics["accuracy"],
            "f1_score": metrics["f1_score"],
            **quality.losses,
            **quality.tasks,
        }
        self.log_dict(self.curve, batch_size=1)

    def _judged(self) -> Quality:
        logits, labels, rows = (
            torch.cat(parts).cpu() for parts in zip(*self._answers, strict=True)
        )
        self._answers = []
        columns = labels[:, None] if labels.ndim == 1 else labels
        groups = None if self.groups is None else self.groups[rows]
        return judged(logits, columns, self.loss.tasks, groups)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        if self.files is not None:
            checkpoint["hyper_parameters"] = {"files": dict(self.files)}

    def configure_optimizers(self) -> Any:
        # All that learns: the model, and what a teacher's loss learns beside it.
        return build_optimiser(self, self.settings, self.steps)

    def write_weights(self, path: Path) -> None:
        save_model(self.model, str(path))

    def _logits(self, batch: TextBatch) -> torch.Tensor:
        logits: torch.Tensor = self.model(
            input_ids=batch.ids, attention_mask=batch.mask, token_type_ids=batch.type_ids
        ).logits
        return logits

    def _check_finite(self) -> None:
        self._require_finite(float(self._loss_sum))

    def _require_finite(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise DivergedError(
                f"trainer.learning_rate: the loss is no longer a number in epoch "
                f"{self.current_epoch + 1}; lower the learning rate "
                f"(now {self.settings.learning_rate:g}) or use precision 32"
            )


class Progress:
    """Log loss (unweighted) and accuracy on the training texts of an epoch, as they are learnt."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tuple(tasks)
        self._sums: torch.Tensor | None = None

    @torch.no_grad()
    def add(self, logits: torch.Tensor, labels: torch.Tensor) -> None:
        """Count a batch: logits `[B, K]`, labels `[B]` or `[B, tasks]`."""
        columns = labels[:, None] if labels.ndim == 1 else labels
        found = answers(logits.float(), self._tasks)
        rows = []
        for place, task in enumerate(self._tasks):
            known = columns[:, place] >= 0
            truth = columns[known, place]
            right = chosen(found[known], task) == truth
            losses = log_losses(logits[known], task, truth)
            rows.append(torch.stack([losses.sum(), right.sum().float(), known.sum().float()]))
        batch = torch.stack(rows)
        self._sums = batch if self._sums is None else self._sums + batch

    def means(self) -> dict[str, float]:
        """`train_log_loss` and `train_accuracy`; of several tasks the mean, and each one's loss.

        NaN where nothing was counted.
        """
        if self._sums is None:
            return {"train_log_loss": float("nan"), "train_accuracy": float("nan")}
        losses, right, counts = self._sums.double().cpu().unbind(1)
        by_task = (losses / counts).tolist()
        found = {
            "train_log_loss": float((losses / counts).nanmean()),
            "train_accuracy": float((right / counts).nanmean()),
        }
        if len(self._tasks) == 1:
            return found
        named = {f"train_log_loss_{t.name}": x for t, x in zip(self._tasks, by_task, strict=True)}
        return found | named
