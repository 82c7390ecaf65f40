"""What is no text, and models that are none of the axes, are said in one line."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astrid.cli.main import run
from astrid.errors import InputError
from astrid.mbti.classifier import MBTIClassifier


@pytest.mark.parametrize("texts", [None, 5, 1.5, b"ab", {"a": 1}, {"a"}], ids=repr)
def test_what_is_no_list_of_texts_is_refused(classifier: MBTIClassifier, texts: Any) -> None:
    for act in (classifier.predict, classifier.predict_proba, classifier.explain):
        with pytest.raises(InputError, match=f"a list of strings, not {type(texts).__name__}"):
            act(texts)


@pytest.mark.parametrize("texts", [["a", None], [["a"]], [float("nan")]], ids=repr)
def test_what_is_no_text_in_a_list_is_refused(classifier: MBTIClassifier, texts: Any) -> None:
    with pytest.raises(InputError, match=r"text \d: a text must be a string"):
        classifier.predict(texts)


def test_half_a_surrogate_pair_is_refused(classifier: MBTIClassifier) -> None:
    for act in (classifier.predict, classifier.predict_proba, classifier.explain):
        with pytest.raises(InputError, match=r"text 1: .* not valid Unicode") as caught:
            act(["fine", "secret \ud83d half"])
        assert "secret" not in str(caught.value)


def test_arrays_and_iterators_of_texts_are_lists(classifier: MBTIClassifier) -> None:
    texts = ["evenings with a book", "parties"]
    expected = classifier.predict_proba(texts)
    others: list[Any] = [np.array(texts), iter(texts)]
    for given in others:
        np.testing.assert_array_equal(classifier.predict_proba(given), expected)


@pytest.mark.parametrize("task", [None, ["ei"], 1], ids=repr)
def test_what_is_no_axis_is_refused(classifier: MBTIClassifier, task: Any) -> None:
    with pytest.raises(InputError, match="known: ei, jp, sn, tf"):
        classifier.explain("a text", task=task)


@pytest.mark.parametrize(
    "spec", [None, [1], {"data": None}, {"data": [1]}, {"data": {"params": [1]}}], ids=repr
)
def test_a_record_of_anything_says_nothing_of_cleaning(
    spec: Any, folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    (copy / "astrid.json").write_text(json.dumps({"spec": spec}), encoding="utf-8")
    opened = MBTIClassifier.load_from_checkpoint(copy)
    assert (opened.clean_links, opened.clean_types) == (True, True)


def test_evaluating_with_a_damaged_record_is_one_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    (copy / "astrid.json").write_text('{"spec": {"data": {"source": 5}}}', encoding="utf-8")
    assert run(["mbti", "evaluate", str(copy)]) == 2
    assert "data.source" in capsys.readouterr().err
