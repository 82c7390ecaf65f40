"""Settings of a training run."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from astrid.models.build import EncoderSpec
from astrid.models.heads import HeadSpec
from astrid.spec import Spec

Positive = Annotated[float, Field(gt=0)]
Logger = Literal["csv", "tensorboard", "mlflow", "wandb"]


class TrainerSpec(Spec):
    """How to train.

    Attributes:
        epochs: passes over the training texts, at most.
        batch_size: texts a step.
        accumulate: steps whose gradients are added before the weights change.
        learning_rate: the highest, after warm-up.
        weight_decay: of all weights except biases and normalisation layers.
        warmup: below 1, the share of the run, otherwise the number of weight changes, during
            which the learning rate rises from 0.
        schedule: how the learning rate falls after warm-up.
        patience: epochs without improvement of `monitor` after which to stop; 0 never stops.
        monitor: what decides which epoch's weights are kept.
        precision: of the arithmetic.
        class_weights: of the loss: `none`, `balanced` (inverse to each class's frequency in the
            training texts), or a number a class.
        gradient_clip: largest norm of the gradient; 0 leaves it as it is.
        accelerator: where to train.
        loggers: where curves go besides `curves.csv`, which is always written.
    """

    epochs: int = Field(default=3, ge=1)
    batch_size: int = Field(default=32, ge=1)
    accumulate: int = Field(default=1, ge=1)
    learning_rate: Positive = 2e-5
    weight_decay: float = Field(default=0.01, ge=0)
    warmup: float = Field(default=0.1, ge=0)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    patience: int = Field(default=0, ge=0)
    monitor: Literal["val_loss", "accuracy", "f1_score"] = "val_loss"
    precision: Literal["32", "bf16-mixed", "16-mixed"] = "32"
    class_weights: Literal["none", "balanced"] | tuple[Positive, ...] = "none"
    gradient_clip: float = Field(default=1.0, ge=0)
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    loggers: tuple[Logger, ...] = ("csv",)

    @property
    def higher_is_better(self) -> bool:
        """Whether `monitor` is to rise."""
        return self.monitor != "val_loss"


class TrainSpec(Spec):
    """Everything that decides what a trained model is.

    Attributes:
        data: where the texts come from; part of the model's identity, read by whoever loads them.
        encoder: the encoder and its first weights.
        head: the classifier head.
        trainer: how to train.
        seed: decides first weights, dropout and the order of the texts.
    """

    data: Mapping[str, Any] = Field(default_factory=dict)
    encoder: EncoderSpec
    head: HeadSpec = Field(default_factory=HeadSpec)
    trainer: TrainerSpec = Field(default_factory=TrainerSpec)
    seed: int = Field(default=0, ge=0, lt=2**32)
