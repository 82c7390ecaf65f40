"""The plots of several tasks."""

import re

import numpy as np
import pandas as pd
import pytest

from astrid.plots import important_words, task_quality


def test_a_mark_with_its_interval_a_model_and_task() -> None:
    frame = task_quality.example()
    figure = task_quality.draw(frame)
    panels = {annotation.text for annotation in figure.layout.annotations}
    assert panels == {"accuracy", "macro F1"}
    model = next(trace for trace in figure.data if trace.name == "model")
    rows = frame[(frame["name"] == "model") & (frame["measure"] == "accuracy")]
    np.testing.assert_array_equal(model.x, rows["value"])
    np.testing.assert_allclose(model.x + model.error_x.array, rows["value_high"])
    np.testing.assert_allclose(model.x - model.error_x.arrayminus, rows["value_low"])
    assert {trace.name for trace in figure.data if trace.showlegend} == {*frame["name"]}


def test_marks_of_a_task_stand_apart_and_near_their_label() -> None:
    figure = task_quality.draw(task_quality.example())
    first = [trace for trace in figure.data if trace.xaxis == "x"]
    places = np.array([trace.y for trace in first])
    assert np.abs(np.diff(places, axis=0)).min() > 0.1
    assert np.abs(places - np.arange(places.shape[1])).max() < 0.5


def test_measures_of_another_range_are_left_out() -> None:
    frame = task_quality.example()
    more = frame.replace({"measure": {"f1": "log_loss"}})
    assert [note.text for note in task_quality.draw(more).layout.annotations] == ["accuracy"]


def test_bars_go_to_their_class_and_those_within_the_band_are_hatched() -> None:
    frame = important_words.example()
    figure = important_words.draw(frame)
    assert [note.text for note in figure.layout.annotations] == ["ei: ← I | E →", "sn: ← S | N →"]
    bars = {
        (trace.xaxis, place): (score, trace.marker.color, trace.marker.pattern.shape)
        for trace in figure.data
        for place, score in zip(trace.y, trace.x, strict=True)
    }
    first = [bars["x", place] for place in range(4)]
    assert [score for score, *_ in first] == [0.060, 0.018, -0.012, -0.052]
    assert [shape for *_, shape in first] == ["", "/", "/", ""]
    assert first[0][1] == first[1][1] != first[2][1] == first[3][1]


def test_the_band_is_there_in_every_panel() -> None:
    bands = important_words.draw(important_words.example()).layout.shapes
    assert [(band.xref, band.x0, band.x1) for band in bands] == [
        ("x", -0.02, 0.03),
        ("x2", -0.01, 0.01),
    ]


def test_of_many_words_the_most_extreme_are_drawn() -> None:
    frame = important_words.example().iloc[:1]
    many = frame.loc[frame.index.repeat(80)].reset_index(drop=True)
    many["score"] = np.linspace(-1, 1, 80)
    figure = important_words.draw(many)
    drawn = sorted(score for trace in figure.data for score in trace.x)
    assert drawn == pytest.approx([*many["score"][:15], *many["score"][-15:]])
    assert "50 less extreme words" in figure.layout.title.subtitle.text


def test_each_class_of_a_task_of_several_has_its_own_panel_and_band() -> None:
    first = important_words.example().iloc[:4].assign(task="tone", against="", toward="angry")
    second = first.assign(toward="calm", control_low=-0.04)
    figure = important_words.draw(pd.concat([first, second], ignore_index=True))
    headings = [note.text for note in figure.layout.annotations]
    assert headings == ["tone: ← other classes | angry →", "tone: ← other classes | calm →"]
    assert [band.x0 for band in figure.layout.shapes] == [-0.02, -0.04]


def test_tiny_scores_have_few_short_ticks_in_print() -> None:
    frame = important_words.example()
    scores = ["score", "score_low", "score_high", "control_low", "control_high"]
    frame[scores] *= 1e-3
    figure = important_words.paper(frame)
    figure.canvas.draw()
    for axes in figure.axes:
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert len(labels) <= 8
        assert max(len(re.sub(r"[${}]|\\mathdefault", "", label)) for label in labels) <= 5
