"""Settings of a LoRA training."""

from typing import Literal

from pydantic import Field

from astrid.spec import Spec
from astrid.training.spec import NotNegative, Positive, Precision

_RATE, _WIDTH = 2e-4, 2048
"""A good learning rate, and the width of the model that it is for."""

_HIGHEST = 2e-3
"""Models of width 64 and 96 learn well with it, and no longer with 4e-3."""


class LoraSpec(Spec):
    """How a language model is fine-tuned.

    Each chosen layer W gets a product of two small matrices beside it, W + (alpha / rank) · B A,
    and only these learn. Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models,
    2021.

    Attributes:
        rank: rows of A and columns of B.
        alpha: their product counts alpha / rank times.
        dropout: of what goes into A, while training.
        target_modules: last parts of the names of the layers that are adapted, such as `q_proj`;
            empty: every linear layer but the one that gives the logits, which learns more than
            the attention's alone (Dettmers et al., QLoRA, 2023).
        epochs: passes over the training texts, at most.
        batch_size: texts a step.
        accumulate: steps whose gradients are added before the weights change.
        learning_rate: the highest, after warm-up; by default 2e-4 for a model of width 2,048 and
            in inverse proportion for others, at most 2e-3.
        weight_decay: of A and B.
        warmup: below 1, the share of the run, otherwise the number of weight changes, during
            which the learning rate rises from 0.
        schedule: how the learning rate falls after warm-up.
        patience: epochs without a lower validation loss after which to stop; 0 never stops.
        precision: of the arithmetic; the base model's weights keep theirs.
        gradient_clip: largest norm of the gradient; 0 leaves it as it is.
        gradient_checkpointing: whether each layer runs again for its gradient rather than keep
            what it computed: less memory, about a third more time.
        accelerator: where to train.
        seed: decides the first A, dropout and the order of the texts.
    """

    rank: int = Field(default=8, ge=1)
    alpha: int = Field(default=16, ge=1)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    target_modules: tuple[str, ...] = ()
    epochs: int = Field(default=3, ge=1)
    batch_size: int = Field(default=8, ge=1)
    accumulate: int = Field(default=1, ge=1)
    learning_rate: Positive | None = None
    weight_decay: NotNegative = 0.0
    warmup: NotNegative = 0.05
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    patience: int = Field(default=0, ge=0)
    precision: Precision = "32"
    gradient_clip: NotNegative = 1.0
    gradient_checkpointing: bool = False
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    seed: int = Field(default=0, ge=0, lt=2**32)

    @property
    def monitor(self) -> str:
        """What decides which epoch's weights are kept."""
        return "val_loss"

    @property
    def higher_is_better(self) -> bool:
        """Whether `monitor` is to rise."""
        return False

    def resolved(self, width: int) -> "LoraSpec":
        """The same spec with the learning rate filled in, for a model of hidden size `width`.

        With Adam, good rates fall with the width in inverse proportion (Yang et al., Tensor
        Programs V, 2022).

        >>> LoraSpec().resolved(2048).learning_rate
        0.0002
        """
        if self.learning_rate is not None:
            return self
        rate = min(_RATE * _WIDTH / width, _HIGHEST)
        return self.model_copy(update={"learning_rate": rate})
