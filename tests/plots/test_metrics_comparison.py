"""Bars of two models side by side."""

import numpy as np
import pandas as pd

from astrid.plots import metrics_comparison


def test_a_bar_with_its_interval_a_model_and_measure() -> None:
    frame = metrics_comparison.example()
    figure = metrics_comparison.draw(frame)
    assert {note.text for note in figure.layout.annotations} == {*frame["panel"]}
    before, after = [bars for bars in figure.data if bars.xaxis == "x"]
    assert (before.name, after.name) == ("zero-shot", "fine-tuned")
    rows = frame[(frame["model"] == "fine-tuned") & (frame["panel"] == "all labels")]
    np.testing.assert_array_equal(after.y, rows["value"])
    np.testing.assert_allclose(after.y + after.error_y.array, rows["value_high"])
    np.testing.assert_allclose(after.y - after.error_y.arrayminus, rows["value_low"])


def test_bars_of_a_measure_touch_no_other_bar() -> None:
    figure = metrics_comparison.draw(metrics_comparison.example())
    first = [bars for bars in figure.data if bars.xaxis == "x"]
    places = np.sort(np.concatenate([np.asarray(bars.x, dtype=float) for bars in first]))
    widths = float(first[0].width[0])
    assert np.diff(places).min() > widths
    np.testing.assert_allclose(sum(np.asarray(bars.x) for bars in first) / 2, np.arange(4))


def test_names_of_a_narrow_panel_do_not_run_into_each_other() -> None:
    frame = metrics_comparison.example()
    many = frame[frame["panel"] != "all labels"].iloc[[0] * 20].copy()
    many["measure"] = [f"label{number}" for number in range(20)]
    whole = frame[(frame["panel"] == "all labels") & (frame["model"] == "zero-shot")]
    first, _ = metrics_comparison.paper(pd.concat([whole, many])).axes
    assert {tick.get_rotation() for tick in first.get_xticklabels()} == {30.0}


def test_paper_gives_every_panel_its_measures() -> None:
    figure = metrics_comparison.paper(metrics_comparison.example())
    labels = [[tick.get_text() for tick in axes.get_xticklabels()] for axes in figure.axes]
    assert labels == [
        ["accuracy", "precision", "recall", "F1"],
        ["negative", "neutral", "positive"],
    ]
