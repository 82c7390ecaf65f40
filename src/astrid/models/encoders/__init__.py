"""Encoder presets, one file each; `bert-base` and `bert_base` name the same file."""

from astrid import plugins
from astrid.models.encoders._preset import Architecture, Preset
from astrid.models.encoders._spec import EncoderSpec

__all__ = ["Architecture", "EncoderSpec", "Preset", "load_preset", "preset_names"]


def preset_names() -> list[str]:
    """Names of all presets as users write them, found without importing them.

    >>> "bert-base" in preset_names()
    True
    """
    return [name.replace("_", "-") for name in plugins.names(__name__)]


def load_preset(name: str) -> Preset:
    """The preset called `name`; hyphens and underscores are alike.

    Raises:
        InputError: no such preset.

    >>> load_preset("tinybert").architecture.hidden_size
    312
    """
    preset: Preset = plugins.load(__name__, name.replace("-", "_")).PRESET
    return preset
