"""What to change about a training, by what its curves show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from astrid.training.spec import TaskSpec, TrainerSpec
from astrid.training.task_curves import TaskFacts

TINY_RATE = 5e-6
"""Below the rates that encoders are trained with: 2e-5 to 5e-5 pretrained, 5e-4 from scratch."""

LARGE_RATE = 1e-3

FEW_CHANGES = 100
"""Weight changes below which a classifier has hardly begun."""

_SKEWED = 0.25
"""Share of the smallest of two classes below which weights are worth a try."""

_UNFREEZE = "trainer.strategy=gradual or full (now frozen: the encoder can't learn)"

_SHOWN = 3


@dataclass(frozen=True)
class Run:
    """What was asked of a training, and what came of it.

    Attributes:
        settings: of the training.
        texts: that each epoch trains on.
        epochs: that were trained.
        best_epoch: whose weights were kept, from 1.
        tasks: settings of single tasks.
    """

    settings: TrainerSpec
    texts: int
    epochs: int
    best_epoch: int
    tasks: Mapping[str, TaskSpec] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        """How often the weights would change in all epochs that were asked for."""
        batches = -(-self.texts // self.settings.batch_size)
        return self.settings.epochs * -(-batches // self.settings.accumulate)

    @property
    def stopped_early(self) -> bool:
        return self.epochs < self.settings.epochs

    def is_weighted(self, task: TaskFacts) -> bool:
        """Whether the loss that is minimised is another than the log loss that the curves show."""
        own = self.tasks.get(task.name, TaskSpec())
        chosen = own.pos_weight if len(task.classes) == 2 else own.class_weights
        return (chosen or self.settings.class_weights) != "none" or self.is_focal

    @property
    def is_focal(self) -> bool:
        """Whether texts that are already told apart count less."""
        return self.settings.loss == "focal" and self.settings.gamma > 0


def when_overfitting(run: Run, epoch: int) -> tuple[str, ...]:
    """Advice where validation got worse after `epoch`, counted from 1."""
    return _first(_when_overfitting(run, epoch))


def _when_overfitting(run: Run, epoch: int) -> Iterator[str]:
    settings = run.settings
    if run.best_epoch > epoch and settings.monitor != "val_loss":
        yield f"trainer.monitor=val_loss, which keeps epoch {epoch} and not {run.best_epoch}"
    if not settings.patience:
        yield "trainer.patience=2, which stops in time"
    yield from _against_memorising(run)
    if epoch == 1 and settings.learning_rate is not None:
        yield f"a lower trainer.learning_rate (now {settings.learning_rate:g})"


def when_memorised(run: Run) -> tuple[str, ...]:
    """Advice where training texts are known by heart and validation texts are guessed."""
    return _first(_against_memorising(run))


def _against_memorising(run: Run) -> Iterator[str]:
    yield f"more training texts (now {run.texts:,})"
    yield "a higher head.params.dropout"
    if run.settings.strategy != "frozen":
        yield "trainer.strategy=frozen, which trains the head alone"
    yield f"a higher trainer.weight_decay (now {run.settings.weight_decay:g})"


def when_nothing_is_learnt(run: Run, tasks: tuple[TaskFacts, ...]) -> tuple[str, ...]:
    """Advice where no task's training texts are learnt either: then the run is to blame first."""
    return _first(chain(_of_the_run(run), _against_imbalance(run, tasks), _at_last(run)))


def when_a_task_is_not_learnt(run: Run, task: TaskFacts) -> tuple[str, ...]:
    """Advice where other tasks of the same run are learnt: then the task is to blame first."""
    return _first(chain(_against_imbalance(run, (task,)), _at_last(run), _of_the_run(run)))


def when_a_task_is_only_known(run: Run, task: TaskFacts) -> tuple[str, ...]:
    """Advice where training texts are learnt, and of validation texts too few to tell."""
    return _first(chain(_against_imbalance(run, (task,)), _against_memorising(run)))


def _of_the_run(run: Run) -> Iterator[str]:
    settings, changes = run.settings, run.changes
    rate = settings.learning_rate
    if settings.warmup >= 1 and settings.warmup >= changes / 2:
        yield (
            f"trainer.warmup=0.1 (now {settings.warmup:g} weight changes of the {changes} that "
            "the run has)"
        )
    if rate is not None and rate < TINY_RATE:
        yield (
            f"a higher trainer.learning_rate (now {rate:g}; 2e-5 suits pretrained weights, 5e-4 "
            "random ones)"
        )
    if rate is not None and rate >= LARGE_RATE:
        yield f"a lower trainer.learning_rate (now {rate:g})"
    if changes < FEW_CHANGES:
        yield (
            f"more trainer.epochs or a smaller trainer.batch_size (now {changes} weight changes in "
            "all)"
        )
    if settings.strategy == "frozen":
        yield _UNFREEZE


def _at_last(run: Run) -> Iterator[str]:
    """What may help where nothing else is known to be wrong."""
    if run.changes >= FEW_CHANGES:
        yield f"more trainer.epochs (now {run.settings.epochs})"
    rate = run.settings.learning_rate
    if rate is not None and TINY_RATE <= rate < LARGE_RATE:
        yield f"another trainer.learning_rate (now {rate:g})"
    yield "a look at the labels: nothing in the texts may tell the classes apart"


def _against_imbalance(run: Run, tasks: tuple[TaskFacts, ...]) -> Iterator[str]:
    rarest = min(tasks, key=lambda task: task.smallest)
    if rarest.smallest >= _SKEWED:
        return
    if not run.is_weighted(rarest):
        yield f"{_balanced(rarest)} or trainer.loss=focal"
    count = round(rarest.smallest * rarest.texts)
    yield f"more texts of {rarest.classes[rarest.shares.index(rarest.smallest)]} (now {count:,})"


def _balanced(task: TaskFacts) -> str:
    """The setting that makes the classes of a task count alike.

    >>> _balanced(TaskFacts("sn", ("S", "N"), (0.86, 0.14), 200, (0.9, 0.1), 50))
    'tasks.sn.pos_weight=balanced'
    """
    if task.name == "label":
        return "trainer.class_weights=balanced"
    weights = "pos_weight" if len(task.classes) == 2 else "class_weights"
    return f"tasks.{task.name}.{weights}=balanced"


def when_still_falling(run: Run) -> tuple[str, ...]:
    """Advice where training ended while the losses were falling."""
    return _first(_when_still_falling(run))


def _when_still_falling(run: Run) -> Iterator[str]:
    settings = run.settings
    yield f"more trainer.epochs (now {settings.epochs})"
    if settings.learning_rate is not None and settings.learning_rate < LARGE_RATE:
        yield f"a higher trainer.learning_rate (now {settings.learning_rate:g})"
    if settings.strategy == "frozen":
        yield _UNFREEZE


def when_diverging(run: Run) -> tuple[str, ...]:
    """Advice where the loss of the training texts rises."""
    return _first(_when_diverging(run))


def _when_diverging(run: Run) -> Iterator[str]:
    settings = run.settings
    rate = "" if settings.learning_rate is None else f" (now {settings.learning_rate:g})"
    yield f"a lower trainer.learning_rate{rate}"
    if settings.warmup == 0:
        yield "trainer.warmup=0.1 (now none)"
    if settings.gradient_clip == 0:
        yield "trainer.gradient_clip=1 (now none)"
    if settings.precision != "32":
        yield f"trainer.precision=32 (now {settings.precision})"


def _first(advice: Iterator[str]) -> tuple[str, ...]:
    return tuple(advice)[:_SHOWN]
