"""Settings of a training run."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from astrid.models.encoders import EncoderSpec
from astrid.models.heads import HeadSpec
from astrid.spec import Spec

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1)]
Epoch = Annotated[int, Field(ge=1)]
Precision = Annotated[
    Literal["32", "bf16-mixed", "16-mixed"],
    # Command lines and YAML give the number.
    BeforeValidator(lambda value: "32" if value == 32 else value),
]
Logger = Literal["csv", "tensorboard", "mlflow", "wandb"]


class TrainerSpec(Spec):
    """How to train.

    Attributes:
        epochs: passes over the training texts, at most.
        batch_size: texts a step.
        accumulate: steps whose gradients are added before the weights change.
        learning_rate: the highest, after warm-up; by default 2e-5 for weights that were pretrained
            or copied, and 5e-4 for weights drawn at random.
        weight_decay: of all weights except biases and normalisation layers.
        warmup: below 1, the share of the run, otherwise the number of weight changes, during
            which the learning rate rises from 0.
        schedule: how the learning rate falls after warm-up.
        patience: epochs without improvement of `monitor` after which to stop; 0 never stops.
        monitor: what decides which epoch's weights are kept.
        precision: of the arithmetic.
        class_weights: of the loss: `none`, `balanced` (inverse to each class's frequency in the
            training texts), or a number a class. `tasks` can set them for each task.
        loss: `cross_entropy` (of two-class tasks, binary cross-entropy with logits) or `focal`.
        gamma: γ of the focal loss; 0 is cross-entropy.
        strategy: what learns: the whole model (`full`), the head alone (`frozen`), or first the
            head, then the last layer too, then everything (`gradual`).
        unfreeze: epochs, from 1, from which on `gradual` trains the last layer, and everything.
        gradient_clip: largest norm of the gradient; 0 leaves it as it is.
        checkpoint: whether `model.ckpt`, the kept weights as a Lightning checkpoint, is written
            into the model's folder too.
        accelerator: where to train.
        loggers: where curves go besides `curves.csv`, which is always written.
    """

    epochs: int = Field(default=3, ge=1)
    batch_size: int = Field(default=32, ge=1)
    accumulate: int = Field(default=1, ge=1)
    learning_rate: Positive | None = None
    weight_decay: NotNegative = 0.01
    warmup: NotNegative = 0.1
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    patience: int = Field(default=0, ge=0)
    monitor: Literal["val_loss", "accuracy", "f1_score"] = "val_loss"
    precision: Precision = "32"
    class_weights: Literal["none", "balanced"] | tuple[Positive, ...] = "none"
    loss: Literal["cross_entropy", "focal"] = "cross_entropy"
    gamma: NotNegative = 2.0
    strategy: Literal["full", "frozen", "gradual"] = "full"
    unfreeze: tuple[Epoch, Epoch] = (2, 3)
    gradient_clip: NotNegative = 1.0
    checkpoint: bool = False
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    loggers: tuple[Logger, ...] = ("csv",)

    @property
    def higher_is_better(self) -> bool:
        """Whether `monitor` is to rise."""
        return self.monitor != "val_loss"

    @model_validator(mode="after")
    def _unfreezes_in_order(self) -> "TrainerSpec":
        if self.unfreeze[0] > self.unfreeze[1]:
            raise ValueError("unfreeze: the last layer can't come after everything; swap the two")
        return self

    @model_validator(mode="after")
    def _nothing_is_ignored(self) -> "TrainerSpec":
        defaults = type(self).model_fields
        if self.loss != "focal" and self.gamma not in (0, defaults["gamma"].default):
            raise ValueError("gamma: only the focal loss has it; set loss=focal too")
        if self.strategy != "gradual" and self.unfreeze != defaults["unfreeze"].default:
            raise ValueError("unfreeze: only gradual unfreezes; set strategy=gradual too")
        return self


class TaskSpec(Spec):
    """How one of several tasks is learnt.

    Attributes:
        head: what answers it; None is the head of the run.
        pos_weight: of a task of two classes, how much a text of the second one weighs against one
            of the first: `balanced` (texts of the first / texts of the second), `none` or a
            number; None is what `trainer.class_weights` says.
        class_weights: of a task of more classes, as `trainer.class_weights`; None is what that
            says.
        threshold: of a task of two classes, the probability above which the second is the answer;
            `tuned` is the threshold with the highest macro F1 on the validation texts.
    """

    head: HeadSpec | None = None
    pos_weight: Literal["none", "balanced"] | Positive | None = None
    class_weights: Literal["none", "balanced"] | tuple[Positive, ...] | None = None
    threshold: Literal["tuned"] | Share = 0.5


class DistilSpec(Spec):
    """Which teacher, and what is learnt from it.

    Attributes:
        teacher: folder (or hub id) of a classifier of the same classes in the same order.
        temperature: T; above 1, what the teacher thinks of the wrong classes counts more.
        alpha: weight of the teacher's answers; the labels have the rest.
        hidden: weight of the hidden states; needs the teacher's tokenizer.
        attributions: weight of gradient × input; needs the teacher's tokenizer, and about three
            times the time of a step.
    """

    teacher: str
    temperature: Positive = 2.0
    alpha: float = Field(default=0.5, ge=0, le=1)
    hidden: NotNegative = 0.0
    attributions: NotNegative = 0.0

    @property
    def within(self) -> bool:
        """Whether more is learnt than the teacher's answers."""
        return bool(self.hidden or self.attributions)


class TrainSpec(Spec):
    """Everything that decides what a trained model is.

    Attributes:
        data: where the texts come from; part of the model's identity, read by whoever loads them.
        encoder: the encoder and its first weights.
        head: the classifier head.
        trainer: how to train.
        tasks: settings of single tasks, where the texts have several; the others have the
            defaults.
        join_groups: whether the texts of a group (the posts of one person) are joined to texts as
            long as the encoder reads, and judged together.
        distil: the teacher to learn from besides the labels; None: there is none.
        seed: decides first weights, dropout and the order of the texts.
    """

    data: Mapping[str, Any] = Field(default_factory=dict)
    encoder: EncoderSpec
    head: HeadSpec = Field(default_factory=HeadSpec)
    trainer: TrainerSpec = Field(default_factory=TrainerSpec)
    tasks: Mapping[str, TaskSpec] = Field(default_factory=dict)
    join_groups: bool = False
    distil: DistilSpec | None = None
    seed: int = Field(default=0, ge=0, lt=2**32)

    def resolved(self) -> "TrainSpec":
        """The same spec with the learning rate filled in.

        >>> spec = TrainSpec(encoder=EncoderSpec(preset="mini", init="scratch"))
        >>> spec.resolved().trainer.learning_rate
        0.0005
        """
        if self.trainer.learning_rate is not None:
            return self
        rate = 5e-4 if self.encoder.init == "scratch" else 2e-5
        trainer = self.trainer.model_copy(update={"learning_rate": rate})
        return self.model_copy(update={"trainer": trainer})
