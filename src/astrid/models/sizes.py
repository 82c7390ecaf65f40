"""How large a model is: on disk, and how many of its weights are not zero."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from astrid.models.quantised import is_packed, parameters


@dataclass(frozen=True)
class Size:
    """How large a model is.

    Attributes:
        disk_bytes: of its weight files.
        parameters: number of weights.
        nonzero_parameters: those that are not zero.
    """

    disk_bytes: int
    parameters: int
    nonzero_parameters: int

    def to_dict(self) -> dict[str, int]:
        """As a plain dictionary."""
        return asdict(self)


def size_of(folder: Path, model: Any) -> Size:
    """The size of `model`, whose files are in `folder`."""
    return Size(disk_bytes(folder), parameters(model), nonzero_parameters(model))


def disk_bytes(folder: Path) -> int:
    """Bytes of the weight files in a model folder; 0 where there are none."""
    return sum(path.stat().st_size for path in Path(folder).glob("*.safetensors"))


def nonzero_parameters(model: torch.nn.Module) -> int:
    """Weights that are not zero, of int8 layers too; shared ones count once."""
    count = sum(int(weight.count_nonzero()) for weight in model.parameters())
    count += sum(int(part.count_nonzero()) for part in model.buffers() if part.dtype == torch.int8)
    for part in model.modules():
        if is_packed(part) and hasattr(part, "in_features"):
            weight, bias = part.weight(), part.bias()  # type: ignore[operator]
            count += int(weight.int_repr().count_nonzero())
            count += 0 if bias is None else int(bias.count_nonzero())
    return count
