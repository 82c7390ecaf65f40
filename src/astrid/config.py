"""Composing settings with Hydra from the groups in `conf/`."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from astrid.errors import InputError

CONF = Path(__file__).parent / "conf"


def compose(name: str, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The settings `conf/{name}.yaml` with Hydra `overrides`, resolved to plain values.

    Raises:
        InputError: no such config, an override that Hydra can't apply, or a setting left
            open (`???`).

    >>> compose("train", ["trainer.epochs=2"])["trainer"]["epochs"]
    2
    """
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
            config = hydra.compose(name, overrides=[_addable(one) for one in overrides])
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise InputError(f"settings {name!r}: {' '.join(lines[:20])}") from None
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def _addable(override: str) -> str:
    """`a.b=c` as Hydra's `++a.b=c`: set it whether or not the file names it.

    The specs know every setting and refuse the others with the nearest right name; the files list
    only what is worth reading.
    """
    return f"++{override}" if re.match(r"\w+(\.\w+)+=", override) else override
