"""What several test processes need, made by one of them."""

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name` that `make` fills, in one process of the run; the others wait for it."""
    base = factory.getbasetemp()
    # Each process of xdist has a folder of its own inside that of the run.
    root = base.parent if base.name.startswith("popen-") else base
    folder, done = root / name, root / f"{name}.done"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make(folder)
            done.touch()
    return folder
