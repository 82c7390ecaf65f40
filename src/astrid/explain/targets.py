"""Which number of the model's output is explained."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch

from astrid.errors import InputError
from astrid.explain.records import Prediction, TargetKind, TargetValue
from astrid.spec import nearest


@dataclass(frozen=True)
class Target:
    """The output `kind` of one class.

    Attributes:
        kind: `probability` (softmax), `logit`, or `logit_difference` (to the class `against`).
        index: the class; None is the class that the model predicts on the plain text.
        against: the other class of a logit difference; None is the next most probable class.
    """

    kind: TargetKind = "probability"
    index: int | None = None
    against: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(TargetKind):
            raise InputError(f'target "{self.kind}": {nearest(self.kind, get_args(TargetKind))}')


@dataclass(frozen=True)
class Resolved:
    """A target whose classes are known numbers."""

    kind: TargetKind
    index: int
    against: int

    def of(self, logits: torch.Tensor) -> torch.Tensor:
        """The target's value `[...]` from logits `[..., K]`.

        >>> Resolved("logit_difference", 0, 1).of(torch.tensor([[3.0, 1.0]]))
        tensor([2.])
        """
        if self.kind == "probability":
            return logits.softmax(-1)[..., self.index]
        if self.kind == "logit":
            return logits[..., self.index]
        return logits[..., self.index] - logits[..., self.against]


def resolve(target: Target, logits: np.ndarray) -> Resolved:
    """Fill in the classes that `target` leaves open, from the plain text's logits `[K]`.

    Raises:
        InputError: a class that the model doesn't have, or one compared with itself.
    """
    for index in (target.index, target.against):
        if index is not None and not 0 <= index < len(logits):
            raise InputError(
                f"target class {index}: the model's classes are 0 to {len(logits) - 1}"
            )
    index = int(np.argmax(logits)) if target.index is None else target.index
    others = np.where(np.arange(len(logits)) == index, -np.inf, logits)
    against = int(np.argmax(others)) if target.against is None else target.against
    if target.kind == "logit_difference" and against == index:
        raise InputError(f"target: class {index} can't be compared with itself")
    return Resolved(target.kind, index, against)


def predicted(logits: np.ndarray, labels: tuple[str, ...]) -> Prediction:
    """The model's answer from its logits `[K]`."""
    probabilities = torch.as_tensor(logits).softmax(-1).numpy()
    index = int(np.argmax(logits))
    return Prediction(
        index, labels[index], float(probabilities[index]), tuple(map(float, probabilities))
    )


def value_of(target: Resolved, logits: np.ndarray, labels: tuple[str, ...]) -> TargetValue:
    """The explained number itself."""
    value = float(target.of(torch.as_tensor(logits)))
    return TargetValue(target.index, labels[target.index], value, target.kind)
