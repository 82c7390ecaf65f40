"""Where the real data and weights are."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _folder(name: str) -> Path:
    folder = (ROOT / os.environ.get("ASTRID_REAL", "../shared") / name).resolve()
    if not folder.is_dir():
        pytest.skip("absent")
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets, one folder each."""
    return _folder("data")


@pytest.fixture(scope="session")
def real_weights() -> Path:
    """The folder of real model weights, one folder each."""
    return _folder("weights")
