"""Plug-ins: a module file in a package is its own registration, under the file's name."""

import importlib
import pkgutil
from types import ModuleType

from astrid.errors import InputError
from astrid.spec import nearest


def names(package: str) -> list[str]:
    """Names of the plug-ins in `package`, sorted, found without importing any of them.

    Files whose name begins with an underscore and folders are helpers, not plug-ins.

    >>> "linear" in names("astrid.models.heads")
    True
    """
    folder = importlib.import_module(package)
    found = pkgutil.iter_modules(folder.__path__)
    return sorted(
        module.name for module in found if not (module.ispkg or module.name.startswith("_"))
    )


def load(package: str, name: str) -> ModuleType:
    """Import the plug-in `name` of `package`; an unknown name gives the nearest known one.

    An error inside the plug-in's file is not caught: it surfaces as it is.
    """
    known = names(package)
    if name not in known:
        kind = package.rsplit(".", 1)[-1].rstrip("s")
        raise InputError(f'no {kind} is called "{name}"; {nearest(name, known)}')
    return importlib.import_module(f"{package}.{name}")
