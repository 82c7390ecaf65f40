"""Explanations written and read again."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from astrid.errors import InputError
from astrid.explain.records import Explanations
from astrid.llm.shap_json import read_shap, shap_document
from tests.explanations import explanation


def some() -> Explanations:
    first = explanation("I love this", [0.1, 0.6, -0.05], method="shap")
    second = explanation(
        "caf\u00e9 \U0001f600 bad", [0.0, -0.3, 1 / 3], method="shap", truncated=True
    )
    errors = np.array([0.1, 0.2, 0.3])
    return Explanations([first, replace(second, standard_errors=errors, converged=True)])


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "shap.json"
    path.write_text(json.dumps(shap_document("zero_shot", some()), allow_nan=False), "utf-8")
    for one, other in zip(some(), read_shap(path), strict=True):
        for field in fields(one):
            np.testing.assert_equal(getattr(other, field.name), getattr(one, field.name))


def test_base_value_and_scores_add_up_to_the_output() -> None:
    for entry in shap_document("zero_shot", some())["explanations"]:
        total = entry["base_value"] + sum(entry["token_scores"])
        assert total == pytest.approx(entry["target"]["value"])


def test_nothing_and_several_methods_are_refused() -> None:
    with pytest.raises(InputError, match="0 explanations"):
        shap_document("zero_shot", Explanations([]))
    mixed = [*some(), explanation("a", [1.0], method="lime")]
    with pytest.raises(InputError, match="by 2 methods"):
        shap_document("zero_shot", Explanations(mixed))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no JSON"),
        ("[1]", "no explanations of version 1"),
        ('{"version": 2}', "no explanations of version 1"),
        ('{"version": 1, "explanations": [{"text": "secret"}]}', "lacks a part"),
    ],
)
def test_another_file_is_one_line_without_its_text(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "shap.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        read_shap(path)
    assert "secret" not in str(caught.value)
    with pytest.raises(InputError, match="can't be read"):
        read_shap(tmp_path / "none.json")
