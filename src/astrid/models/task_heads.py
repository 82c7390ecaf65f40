"""Several questions on one encoder: a head for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

import torch
from pydantic import ConfigDict, Field
from torch import nn

from astrid.errors import InputError
from astrid.models.heads import HeadSpec, build_columns
from astrid.spec import Spec, checked


@dataclass(frozen=True)
class TaskHead:
    """One question, and what answers it.

    Attributes:
        name: of the task.
        classes: its answers, at least two. Two make one column of the output, whose sigmoid is the
            probability of the second; more have a column each, and a softmax over them.
        head: what makes the columns of the encoder's vectors.
        threshold: with two classes, the second is the answer where its probability is above this.
    """

    name: str
    classes: tuple[str, ...]
    head: HeadSpec = field(default_factory=HeadSpec)
    threshold: float = 0.5

    def __post_init__(self) -> None:
        if len(self.classes) < 2:
            raise InputError(f'task "{self.name}": a classifier needs at least 2 classes')
        if len(set(self.classes)) < len(self.classes):
            raise InputError(f'task "{self.name}": a class is there twice')

    @property
    def columns(self) -> int:
        """How many columns of the output are this task's."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `config.json` keeps them."""
        return {**asdict(self), "classes": list(self.classes), "head": self.head.model_dump()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TaskHead":
        """What `to_dict` gave.

        Raises:
            InputError: something is missing, or of another kind.
        """
        read = checked(_Saved, values, "tasks")
        return cls(read.name, read.classes, read.head, read.threshold)


class _Saved(Spec):
    """What `config.json` says of a task: the file may have come from anywhere."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(min_length=1)]
    classes: tuple[str, ...]
    head: HeadSpec
    threshold: Annotated[float, Field(gt=0, lt=1, strict=True)]


def heads_of(tasks: Sequence[Mapping[str, Any]]) -> list[TaskHead]:
    """The tasks that `config.json` lists.

    Raises:
        InputError: there are none, one is damaged, or two have one name.
    """
    heads = [TaskHead.from_dict(task) for task in tasks]
    names = [head.name for head in heads]
    if not names:
        raise InputError("tasks: there is none; leave them out where the model has one answer")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f'tasks: the name "{name[:40]}" is there twice')
    return heads


class TaskHeads(nn.Module):
    """The heads of all tasks over one encoder's vectors; their columns stand side by side."""

    def __init__(self, tasks: Sequence[TaskHead], hidden_size: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            build_columns(task.head, hidden_size, task.columns) for task in tasks
        )

    def forward(self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """Logits `[B, K]`."""
        return torch.cat([head(sequence_BTD, mask_BT) for head in self.heads], dim=-1)

    def token_weights(
        self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor
    ) -> torch.Tensor | None:
        """`[B, tasks, T]` where all heads are attention heads; else None."""
        return self._of_all("token_weights", sequence_BTD, mask_BT)

    def disagreement(
        self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor
    ) -> torch.Tensor | None:
        """`[B, tasks]` where all heads are ensembles; else None."""
        return self._of_all("disagreement", sequence_BTD, mask_BT)

    def _of_all(
        self, what: str, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor
    ) -> torch.Tensor | None:
        parts = [getattr(head, what, None) for head in self.heads]
        if any(part is None for part in parts):
            return None
        return torch.stack([part(sequence_BTD, mask_BT) for part in parts if part], dim=1)


def column_names(tasks: Sequence[TaskHead]) -> tuple[str, ...]:
    """A name for each column: its class, with the task before it where two would be alike.

    >>> column_names([TaskHead("ei", ("I", "E")), TaskHead("mood", ("bad", "calm", "good"))])
    ('E', 'bad', 'calm', 'good')
    >>> column_names([TaskHead("kind", ("no", "yes")), TaskHead("true", ("no", "yes"))])
    ('kind: yes', 'true: yes')
    """
    pairs = [
        (task.name, name)
        for task in tasks
        for name in (task.classes[1:] if task.columns == 1 else task.classes)
    ]
    names = [name for _, name in pairs]
    if len(set(names)) == len(names):
        return tuple(names)
    return tuple(f"{task}: {name}" for task, name in pairs)
