"""Explanations as files, frames and notebook output."""

import json
import sys
from types import SimpleNamespace

import pandas as pd
import pytest

from astrid import _notebook
from astrid.errors import InputError
from astrid.explain.run import explain
from astrid.models.black_box import CallableModel
from tests import tiny

TEXTS = ["<b>good</b> day", "he won"]


@pytest.fixture(scope="module")
def explained():
    return explain(tiny.classifier(), TEXTS, "gradient_x_input")


def test_saved_lines_hold_every_record(explained, tmp_path):
    path = tmp_path / "found.jsonl"
    explained.save(path)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows == [item.to_dict() for item in explained]


def test_saved_table_holds_every_record(explained, tmp_path):
    path = tmp_path / "found.parquet"
    explained.save(path)
    table = pd.read_parquet(path)
    assert list(table.text) == TEXTS
    assert list(table.word_scores[0]) == pytest.approx(list(explained[0].word_scores))


def test_half_a_surrogate_pair_is_saved(tmp_path):
    text = "good \udc80 day é"
    box = CallableModel(lambda texts: [[0.5, 0.5]] * len(texts), ["neg", "pos"])
    found = explain(box, text, "occlusion")
    found.save(tmp_path / "found.jsonl")
    (row,) = (tmp_path / "found.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(row) == found[0].to_dict()
    found.save(tmp_path / "found.parquet")
    table = pd.read_parquet(tmp_path / "found.parquet")
    assert list(table.text) == ["good \ufffd day é"]
    spans = [table.text[0][start:end] for start, end in table.offsets[0]]
    assert spans == list(table.words[0]) == list(found[0].words)


def test_other_endings_are_refused(explained, tmp_path):
    with pytest.raises(InputError, match="parquet"):
        explained.save(tmp_path / "found.pkl")
    assert not list(tmp_path.iterdir())


def test_the_frame_has_a_row_a_word(explained):
    frame = explained.to_frame()
    assert len(frame) == sum(len(item.words) for item in explained)
    assert set(frame.text) == {0, 1}


def test_slices_are_explanations_too(explained):
    assert len(explained[:1]) == 1
    assert explained[:1].to_frame().word.tolist() == list(explained[0].words)


def test_notebooks_show_escaped_words(explained, monkeypatch):
    shown = {}
    formatter = SimpleNamespace(for_type_by_name=lambda _, name, show: shown.update({name: show}))
    shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters={"text/html": formatter}))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    _notebook.register()
    page = shown["Explanations"](explained)
    assert "good" in page
    assert "<b>good" not in page
