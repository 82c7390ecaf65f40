"""The files of a run, under their names and as their schemas say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from astrid.errors import InputError
from astrid.explain.records import Explanations
from astrid.llm.badge import write_badge
from astrid.llm.interpretability import interpretability
from astrid.llm.metrics import classification_metrics, compare_metrics
from astrid.llm.outputs import (
    new_outputs,
    write_interpretability,
    write_metrics,
    write_metrics_picture,
    write_shap,
)
from astrid.llm.question import Question
from astrid.llm.schemas import SCHEMA_OF, load_schema
from astrid.llm.shap_json import read_shap
from astrid.models.causal.prompt import Prompt
from astrid.text.words import find_words
from tests.explanations import explanation, many, random_scores
from tests.llm.test_metrics import LABELS, predictions


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files of a run but the adapter."""
    place = tmp_path_factory.mktemp("run") / "out"
    gold, before = predictions(0, 40, 0.2)
    after = predictions(0, 40, 3.0)[1]
    metrics = {
        "zero_shot": classification_metrics(gold, before, LABELS),
        "fine_tuned": classification_metrics(gold, after, LABELS),
    }
    write_metrics(place, "zero_shot", metrics["zero_shot"])
    compared = compare_metrics(gold, before, after)
    write_metrics(place, "fine_tuned", metrics["fine_tuned"], compared)
    write_metrics_picture(place, metrics)
    scores = [many(random_scores(3, 12, seed).tolist()) for seed in (0, 1)]
    write_shap(place, "zero_shot", scores[0])
    write_shap(place, "fine_tuned", scores[1])
    write_interpretability(place, interpretability(*scores))
    words = {label: f" {label}" for label in LABELS}
    Question("models/tiny", Prompt("Text: ", "\nLabel:"), words, False, False, True).write(place)
    write_badge(place)
    return place


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_the_names_are_these_and_no_others(folder: Path) -> None:
    pictures = {"metrics_comparison.png", "zero_shot_shap_summary.png"}
    pictures |= {"fine_tuned_shap_summary.png", "quantum_identity_badge.svg"}
    assert {path.name for path in folder.iterdir()} == {*SCHEMA_OF} | pictures
    for path in folder.glob("*.png"):
        assert path.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("name", SCHEMA_OF)
def test_a_file_is_as_its_schema_says(folder: Path, name: str) -> None:
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    found = [
        error.message for error in Draft202012Validator(schema).iter_errors(_read(folder / name))
    ]
    assert found == []


@pytest.mark.parametrize("name", SCHEMA_OF)
def test_the_schema_refuses_any_part_that_is_missing_or_new(folder: Path, name: str) -> None:
    validator = Draft202012Validator(load_schema(name))
    document = _read(folder / name)
    assert not validator.is_valid({**document, "another": 1})
    for key in document:
        if key != "against_zero_shot":
            assert not validator.is_valid({k: v for k, v in document.items() if k != key}), key


@pytest.mark.parametrize("name", SCHEMA_OF)
def test_every_object_of_a_schema_names_its_parts(name: str) -> None:
    for part in _objects(load_schema(name)):
        assert "additionalProperties" in part
        assert {*part.get("required", ())} <= {*part.get("properties", ())}


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from _objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _objects(value)


def test_one_text_and_undefined_numbers_are_as_the_schemas_say(tmp_path: Path) -> None:
    gold = np.array([1])
    metrics = classification_metrics(gold, np.eye(3)[gold], LABELS)
    same = compare_metrics(gold, np.eye(3)[gold], np.eye(3)[gold])
    one = many([[0.0, 0.0]])
    paths = [
        write_metrics(tmp_path, "zero_shot", metrics),
        write_metrics(tmp_path, "fine_tuned", metrics, same),
        write_interpretability(tmp_path, interpretability(one, one)),
        write_shap(tmp_path, "zero_shot", one)[0],
    ]
    for path in paths:
        errors = Draft202012Validator(load_schema(path.name)).iter_errors(_read(path))
        assert [error.message for error in errors] == []


def test_the_numbers_at_the_top_are_those_of_the_intervals(folder: Path) -> None:
    found = _read(folder / "fine_tuned_metrics.json")
    for name, estimate in found["intervals"].items():
        assert found[name] == estimate["value"]
    assert sum(row["support"] for row in found["classes"]) == found["texts"]
    assert np.trace(found["confusion_matrix"]) / found["texts"] == found["accuracy"]
    differences = found["against_zero_shot"]["differences"]
    before = _read(folder / "zero_shot_metrics.json")
    assert differences["f1"]["value"] == pytest.approx(found["f1"] - before["f1"])


def test_only_explanations_hold_texts(folder: Path) -> None:
    for name in SCHEMA_OF:
        assert ("w1 w2" in (folder / name).read_text("utf-8")) == name.endswith("_shap.json")


def test_half_a_surrogate_pair_is_written_and_read(tmp_path: Path) -> None:
    text = "a \ud800 b"
    scores = [0.1, 0.2, 0.3][: len(find_words(text))]
    path, picture = write_shap(tmp_path, "zero_shot", Explanations([explanation(text, scores)]))
    assert read_shap(path)[0].text == text
    assert picture.stat().st_size


def test_an_unknown_file_has_no_schema() -> None:
    with pytest.raises(InputError, match="zero_shot_shap"):
        load_schema("zeroshot_shap.json")


def test_a_folder_that_can_not_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be written"):
        write_shap(tmp_path / "file", "zero_shot", many([[1.0, 2.0]]))


def test_an_earlier_run_s_files_stay_until_all_new_ones_are_written(tmp_path: Path) -> None:
    for name in ("question.json", "zero_shot_shap.json", "zero_shot_metrics.json"):
        (tmp_path / name).write_text("earlier")
    with pytest.raises(InputError):
        _half_written(tmp_path)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"earlier"}
    with new_outputs(tmp_path) as new:
        (new / "question.json").write_text("whole")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "question.json": "whole"
    }


def _half_written(folder: Path) -> None:
    with new_outputs(folder) as new:
        (new / "question.json").write_text("half of a run")
        raise InputError("the disk is full")
