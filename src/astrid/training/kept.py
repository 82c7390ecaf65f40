"""What the keeper of a run must know of a model that is trained."""

from pathlib import Path
from typing import Protocol

import lightning.pytorch as pl


class KeptModule(pl.LightningModule):
    """A training whose epochs have curves, and whose weights can be put aside.

    Attributes:
        curve: of the epoch that ended last: losses and metrics by name.
    """

    curve: dict[str, float]

    def write_weights(self, path: Path) -> None:
        """Write what is to be kept of the best epoch as safetensors."""
        raise NotImplementedError


class Monitor(Protocol):
    """The settings of a run that decide which epoch's weights are kept; see `TrainerSpec`."""

    @property
    def epochs(self) -> int: ...
    @property
    def monitor(self) -> str: ...
    @property
    def higher_is_better(self) -> bool: ...
