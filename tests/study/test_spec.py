"""What a study's file may say; all else is refused in one line that names the place."""

import pytest
import yaml

from astrid.errors import InputError
from astrid.study.spec import load_study

GOOD = {
    "defaults": [{"/data": "verdicts"}, {"/trainer": "default"}, "_self_"],
    "encoders": {"mini": {"encoder": {"init": "scratch"}}},
    "heads": ["linear"],
    "methods": {"integrated_gradients": {}},
}


@pytest.fixture
def study_file(tmp_path):
    def write(**changes):
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump(GOOD | changes), encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"encoders": {"mini": 3}}, "mini: give its settings by name"),
        ({"encoders": {"mini": [1]}}, "mini: give its settings by name"),
        ({"encoders": {"mini": {"encoder": True}}}, "mini.encoder"),
        ({"encoders": {"mini": {"encoder": "bert"}}}, "mini.encoder"),
        ({"heads": None}, "heads: give settings by name"),
        ({"heads": {"linear": 1}}, "linear: give its settings by name"),
        ({"heads": {"linear": "wide"}}, "linear: give its settings by name"),
        ({"heads": {"linear": [1, 2]}}, "linear: give its settings by name"),
        ({"heads": [["linear"]]}, "give a list of names"),
        ({"heads": {1: {}}}, "1 is no name"),
        ({"methods": None}, "methods: give settings by name"),
        ({"methods": {"integrated_gradients": 0}}, "integrated_gradients: give its settings"),
        ({"methods": [{"occlusion": {}}]}, "give a list of names"),
        ({"students": 3}, "students: give settings by name"),
        ({"defaults": 3}, "defaults must be a list"),
        ({"defaults": [1]}, "defaults"),
    ],
)
def test_settings_of_the_wrong_shape_are_refused(study_file, changes, says) -> None:
    with pytest.raises(InputError) as refused:
        load_study(study_file(**changes))
    assert says in str(refused.value)


def test_names_without_settings_have_the_usual_ones(study_file) -> None:
    spec = load_study(study_file(heads={"linear": None}, encoders={"mini": None}))
    assert spec.heads["linear"].name == "linear"
    assert spec.encoders["mini"].encoder.preset == "mini"


def test_a_long_value_is_shown_by_its_beginning(study_file) -> None:
    with pytest.raises(InputError) as refused:
        load_study(study_file(seeds="x" * 5000))
    assert "seeds" in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_setting_of_a_name_in_a_list_is_refused(study_file) -> None:
    with pytest.raises(InputError, match="linear"):
        load_study(study_file(), ["heads.linear.params.x=1"])


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_that_no_generator_takes_are_refused(study_file, seed) -> None:
    with pytest.raises(InputError, match="seeds"):
        load_study(study_file(seeds=[seed]))
