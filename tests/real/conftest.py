"""Where the real data and weights are."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def folder(name: str) -> Path | None:
    """The folder of that name, if the real data is here."""
    found = (ROOT / os.environ.get("ASTRID_REAL", "../shared") / name).resolve()
    return found if found.is_dir() else None


def _wanted(name: str) -> Path:
    found = folder(name)
    if found is None:
        pytest.skip("absent")
    return found


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets, one folder each."""
    return _wanted("data")


@pytest.fixture(scope="session")
def real_weights() -> Path:
    """The folder of real model weights, one folder each."""
    return _wanted("weights")
