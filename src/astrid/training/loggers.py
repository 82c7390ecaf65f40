"""Experiment loggers, for those who have them installed."""

from pathlib import Path

from lightning.pytorch import loggers
from lightning.pytorch.loggers import Logger

from astrid.errors import InputError
from astrid.training.spec import TrainerSpec

_PACKAGES = {"tensorboard": "tensorboard", "mlflow": "mlflow", "wandb": "wandb"}


def build_loggers(settings: TrainerSpec, folder: Path) -> list[Logger]:
    """The loggers that `settings` names besides the curves; they write to `logs/` beside `folder`.

    Raises:
        InputError: a logger's package isn't installed.
    """
    return [_build(name, folder) for name in settings.loggers if name != "csv"]


def _build(name: str, folder: Path) -> Logger:
    place = folder.parent / "logs"
    try:
        if name == "tensorboard":
            return loggers.TensorBoardLogger(place, name=folder.name)
        if name == "mlflow":
            return loggers.MLFlowLogger(folder.name, save_dir=str(place))
        return loggers.WandbLogger(folder.name, save_dir=str(place))
    except ImportError:
        raise InputError(
            f"trainer.loggers: {name} isn't installed; pip install {_PACKAGES[name]}"
        ) from None
