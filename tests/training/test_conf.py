"""Every shipped training config can be composed, checked and built."""

from typing import Any

import pytest

from astrid.config import CONF, compose
from astrid.errors import InputError
from astrid.models.build import architecture_of
from astrid.models.encoders import preset_names
from astrid.models.heads import build_head, head_names
from astrid.spec import checked
from astrid.training.lora.spec import LoraSpec
from astrid.training.spec import TrainerSpec, TrainSpec

FILLED = {
    "teacher": ["encoder.teacher=somewhere", "encoder.layers=2"],
    "other": ["encoder.source=somewhere"],
}


def composed(*overrides: str) -> TrainSpec:
    settings: dict[str, Any] = compose("train", ["~data", *overrides])
    return checked(TrainSpec, settings, "train")


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


@pytest.mark.parametrize("name", options("encoder"))
def test_encoders(name: str) -> None:
    spec = composed(f"encoder={name}", *FILLED.get(name, [])).encoder
    if spec.preset:
        assert spec.preset == name
        assert architecture_of(spec).hidden_size > 0


@pytest.mark.parametrize("name", options("head"))
def test_heads(name: str) -> None:
    spec = composed(f"head={name}").head
    assert spec.name == name
    head = build_head(spec, 16, 2)
    default = build_head(spec.model_copy(update={"params": {}}), 16, 2)
    assert str(head) == str(default), "the file says what the defaults are"


@pytest.mark.parametrize("name", options("trainer"))
def test_trainers(name: str) -> None:
    assert composed(f"trainer={name}").trainer.epochs >= 1


def test_every_file_has_a_plug_in() -> None:
    """The other way round, a settings file is optional: `head.name=…` works without."""
    assert set(options("head")) <= set(head_names())
    assert set(options("encoder")) <= set(preset_names()) | set(FILLED)


def test_learning_rate_suits_the_first_weights() -> None:
    assert composed().resolved().trainer.learning_rate == 5e-4
    assert composed("encoder=tinybert").resolved().trainer.learning_rate == 2e-5
    assert composed("trainer.learning_rate=0.1").resolved().trainer.learning_rate == 0.1


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["trainer.epoch=2"], "epoch"),
        (["+trainer.epoch=2"], 'did you mean "epochs"'),
        (["trainer.epochs=0"], "trainer.epochs"),
        (["encoder=no-such"], "no-such"),
        (["encoder=teacher"], "teacher"),
    ],
)
def test_mistakes_are_named(overrides: list[str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        composed(*overrides)


@pytest.mark.parametrize("spec", [TrainerSpec, LoraSpec])
def test_full_precision_may_be_given_as_a_number(spec):
    """As every command line and YAML file does."""
    assert spec(precision=32) == spec(precision="32")
