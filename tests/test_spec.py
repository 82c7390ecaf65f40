"""What is said of wrong settings."""

from typing import Any

import pytest

from astrid.errors import InputError
from astrid.spec import checked
from astrid.training.spec import TaskSpec, TrainerSpec, TrainSpec

ENCODER = {"preset": "mini", "init": "scratch"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pos_weight": -1}, r"pos_weight: .*'balanced', or greater than 0 \(got -1\)"),
        ({"pos_weight": float("inf")}, "or a finite number"),
        ({"threshold": 2}, r"threshold: .*'tuned', or less than 1 \(got 2\)"),
        ({"class_weights": "x"}, "class_weights: .*'balanced', or a valid tuple"),
    ],
)
def test_all_that_a_setting_may_be_is_said(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        checked(TaskSpec, settings, "tasks.ei")
    assert "literal" not in str(caught.value)


def test_settings_that_do_not_go_together_are_not_shown_whole() -> None:
    settings = {"encoder": ENCODER, "trainer": {"unfreeze": [3, 2], "epochs": 77}}
    with pytest.raises(InputError, match=r"can't come after everything; swap the two$"):
        checked(TrainSpec, settings, "train")


@pytest.mark.parametrize(
    "name", ["learning_rate", "weight_decay", "warmup", "gamma", "gradient_clip"]
)
def test_numbers_are_finite(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: Input should be a finite number"):
        checked(TrainerSpec, {name: float("inf")}, "trainer")
