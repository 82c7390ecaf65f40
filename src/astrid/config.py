"""Composing settings with Hydra from the groups in `conf/`."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from astrid.errors import InputError

CONF = Path(__file__).parent / "conf"


def compose(name: str, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The settings `conf/{name}.yaml` with Hydra `overrides`, resolved to plain values.

    A file in a folder with groups of its own (`mbti/train`) has these, and those of `conf/` behind
    them.

    Raises:
        InputError: no such config, an override that Hydra can't apply, or a setting left
            open (`???`).

    >>> compose("train", ["trainer.epochs=2"])["trainer"]["epochs"]
    2
    """
    path = CONF / name
    has_groups = any(place.is_dir() for place in path.parent.iterdir())
    if path.parent == CONF or not has_groups:
        return _composed(CONF, name, overrides)
    groups = [f"hydra.searchpath=[file://{CONF}]"]
    return _composed(path.parent, path.name, [*groups, *overrides])


def compose_file(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The settings of a YAML file anywhere; it may use the groups in `conf/`.

    Raises:
        InputError: as `compose`, or the file can't be read.
    """
    path = path.expanduser().absolute()
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    groups = [f"hydra.searchpath=[file://{CONF}]"]
    return _composed(path.parent, path.stem, [*groups, *overrides])


def _composed(folder: Path, name: str, overrides: Sequence[str]) -> dict[str, Any]:
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        with hydra.initialize_config_dir(str(folder), version_base="1.3"):
            given = [_addable(one, folder) for one in overrides]
            config = hydra.compose(name, overrides=given)
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError, TypeError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise InputError(f"settings {name!r}: {' '.join(lines[:20])}") from None
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def _addable(override: str, folder: Path) -> str:
    """`a.b=c` as Hydra's `++a.b=c`: set it whether or not the file names it.

    The specs know every setting and refuse the others with the nearest right name; the files list
    only what is worth reading. What chooses from a group (`data=tweets`) stays as it is.
    """
    key = re.match(r"(\w+)((?:\.[\w-]+)*)=", override)
    if key is None or key[1] == "hydra" or (not key[2] and _is_group(key[1], folder)):
        return override
    return f"++{override}"


def _is_group(name: str, folder: Path) -> bool:
    return any((place / name).is_dir() for place in (CONF, folder))
