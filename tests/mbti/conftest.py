"""A classifier of the four axes that learnt the embedded posts, small and quick."""

from pathlib import Path

import pytest

from astrid.config import compose
from astrid.mbti.classifier import MBTIClassifier
from astrid.spec import checked
from astrid.text.load import DataSpec, load_splits
from astrid.training.fit import fit
from astrid.training.spec import TrainSpec
from tests.shared import made_once

PEOPLE = {"train": 400, "validation": 40, "test": 60, "fewest_posts": 3, "most_posts": 5}
SETTINGS = (
    "model=scratch",
    "trainer=scratch",
    "encoder.hidden_size=48",
    "encoder.layers=1",
    "encoder.intermediate_size=96",
    "encoder.vocab_size=1500",
    "encoder.max_length=64",
    "trainer.learning_rate=5e-3",
    "trainer.epochs=6",
    "trainer.monitor=accuracy",
    *(f"data.params.{name}={value}" for name, value in PEOPLE.items()),
)


def train(folder: Path, overrides: tuple[str, ...] = ()) -> Path:
    settings = compose("mbti/train", [*SETTINGS, *overrides])
    data = checked(DataSpec, settings["data"], "data")
    settings["data"] = data.model_dump(mode="json")
    splits = load_splits(data)
    fit(checked(TrainSpec, settings, "train"), splits.train, splits.validation, folder, False)
    return folder


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "mbti-model", train)


@pytest.fixture(scope="session")
def classifier(folder: Path) -> MBTIClassifier:
    return MBTIClassifier.load_from_checkpoint(folder)
