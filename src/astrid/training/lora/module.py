"""One step, one validation pass, and what is kept of a LoRA training."""

import inspect
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from astrid.training.kept import KeptModule
from astrid.training.lora.adapter import learnt
from astrid.training.lora.data import IGNORED, PromptBatch
from astrid.training.lora.spec import LoraSpec
from astrid.training.module import DivergedError
from astrid.training.optimiser import build_optimiser, seed_epoch
from astrid.training.quality import measure

_CHECK_EVERY = 50
"""Steps between looks at whether the loss is still a number: each look waits for the GPU."""


class LoraModule(KeptModule):
    """Trains the adapter of a language model on the tokens that say the labels.

    The loss is the cross-entropy of the label's token among the whole vocabulary; accuracy and F1
    are of answers constrained to the K labels' tokens.

    Args:
        model: a language model with an adapter; only what requires a gradient is trained.
        spec: how to train.
        answers: `K` tokens, one a class.
        steps: changes of the weights in the whole run.
    """

    strict_loading = False
    """Checkpoints hold the adapter alone: the base model's weights never change."""

    def __init__(self, model: Any, spec: LoraSpec, answers: Sequence[int], steps: int) -> None:
        super().__init__()
        self.model = model
        self.settings = spec
        self.steps = steps
        self.curve: dict[str, float] = {}
        self._answers = list(answers)
        accepted = inspect.signature(model.get_base_model().forward).parameters
        self._takes = {"position_ids", "logits_to_keep", "use_cache"} & set(accepted)
        self._sums = torch.zeros(2)
        self._texts = 0
        self._checked: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []

    def on_train_batch_start(self, batch: PromptBatch, batch_idx: int) -> None:
        if batch_idx > 0:
            return
        seed_epoch(self.settings.seed, self.current_epoch)
        self._sums, self._texts = torch.zeros(2, device=self.device), 0

    def training_step(self, batch: PromptBatch, index: int) -> torch.Tensor:
        logits_BV = self.answer_logits(batch)
        loss = torch.nn.functional.cross_entropy(logits_BV, _said(batch))
        right = self._among_labels(logits_BV.detach()).argmax(1) == batch.classes
        sums = torch.stack([loss.detach() * len(right), right.sum().to(loss.dtype)])
        self._sums += sums.float()
        self._texts += len(right)
        if index % _CHECK_EVERY == _CHECK_EVERY - 1:
            self._require_finite(float(self._sums[0]))
        return loss

    def on_validation_epoch_start(self) -> None:
        self._checked = []

    def validation_step(self, batch: PromptBatch, index: int) -> None:
        logits_BV = self.answer_logits(batch)
        losses_B = torch.nn.functional.cross_entropy(logits_BV, _said(batch), reduction="none")
        self._checked.append((losses_B, self._among_labels(logits_BV), batch.classes))

    def on_validation_epoch_end(self) -> None:
        losses, logits, classes = (
            torch.cat(parts).cpu() for parts in zip(*self._checked, strict=True)
        )
        self._checked = []
        # The last changes of the weights show in no loss of the training.
        self._require_finite(float(self._sums[0]))
        self._require_finite(float(losses.mean()))
        found = measure(logits, classes)
        train_loss, right = (self._sums.cpu() / max(self._texts, 1)).tolist()
        self.curve = {
            "train_loss": train_loss,
            "train_accuracy": right,
            "val_loss": float(losses.double().mean()),
            "val_label_loss": found["val_loss"],
            "accuracy": found["accuracy"],
            "f1_score": found["f1_score"],
        }
        self.log_dict(self.curve, batch_size=1)

    def answer_logits(self, batch: PromptBatch) -> torch.Tensor:
        """`[B, V]` float32 logits of the token where each row's answer stands."""
        rows, places = (batch.labels != IGNORED).nonzero(as_tuple=True)
        before = places - 1
        # Nothing is asked behind the last token, for which a full context has no place.
        inputs: dict[str, Any] = {
            "input_ids": batch.ids[:, :-1],
            "attention_mask": batch.mask[:, :-1],
        }
        if "position_ids" in self._takes:
            inputs["position_ids"] = batch.positions[:, :-1]
        if "use_cache" in self._takes:
            inputs["use_cache"] = False
        if "logits_to_keep" in self._takes:
            # A vocabulary is large: logits of the tokens that nobody asks about are not made.
            kept, before = torch.unique(before, return_inverse=True)
            inputs["logits_to_keep"] = kept
        logits: torch.Tensor = self.model(**inputs).logits
        return logits[rows, before].float()

    def configure_optimizers(self) -> Any:
        return build_optimiser(self, self.settings, self.steps)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        wanted = learnt(self)
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {name: state[name] for name in wanted}

    def write_weights(self, path: Path) -> None:
        weights = {name: weight.contiguous() for name, weight in learnt(self.model).items()}
        save_file(weights, str(path))

    def _among_labels(self, logits_BV: torch.Tensor) -> torch.Tensor:
        """`[B, K]` logits of the labels' tokens."""
        return logits_BV[:, self._answers]

    def _require_finite(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise DivergedError(
                f"lora.learning_rate: the loss is no longer a number in epoch "
                f"{self.current_epoch + 1}; lower the learning rate "
                f"(now {self.settings.learning_rate:g}) or use precision 32"
            )


def _said(batch: PromptBatch) -> torch.Tensor:
    """`[B]` the token of each row's answer."""
    return batch.labels[batch.labels != IGNORED]
