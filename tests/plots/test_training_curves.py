"""The curves of one training, with what is known of them."""

import numpy as np
import pytest

from astrid.analysis.training_frame import training_frame
from astrid.plots import training_curves
from astrid.training.finding import Finding
from astrid.training.task_curves import TaskFacts

FACTS = TaskFacts("label", ("no", "yes"), (0.86, 0.14), 400, (0.8, 0.2), 100)
ROWS = [
    {
        "epoch": epoch,
        "train_loss": 9.0,
        "train_log_loss": 0.5 / epoch,
        "train_accuracy": 0.9,
        "val_loss": 0.4,
        "val_loss_error": 0.1,
        "accuracy": 0.85,
        "f1_score": 0.7,
    }
    for epoch in (1, 2, 3)
]
FOUND = Finding("overfitting", None, "overfitting", "loss rose & <b>rose</b>", {}, ("stop",))


def test_one_row_an_epoch_with_interval_and_guessing() -> None:
    frame = training_frame(ROWS, [FACTS], 2, [FOUND])
    assert list(frame.columns) == list(training_curves.COLUMNS)
    assert frame["train_loss"].tolist() == [0.5, 0.25, 0.5 / 3]
    assert (frame["val_loss_high"] - frame["val_loss"]).tolist() == pytest.approx([0.196] * 3)
    assert frame["majority"].tolist() == [0.8] * 3
    expected = -(0.8 * np.log(0.86) + 0.2 * np.log(0.14))
    assert frame["guess_loss"].tolist() == pytest.approx([expected] * 3)
    assert frame["best"].tolist() == [False, True, False]


def test_findings_stand_under_the_title() -> None:
    figure = training_curves.draw(training_frame(ROWS, [FACTS], 2, [FOUND]))
    shown = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert "overfitting: loss rose &amp; &lt;b>rose&lt;/b>" in shown
    quiet = training_curves.draw(training_frame(ROWS, [FACTS], 2))
    assert "overfitting" not in quiet.layout.title.subtitle.text


def test_panels_of_each_task_share_their_axes() -> None:
    other = TaskFacts("other", ("a", "b"), (0.5, 0.5), 400, (0.5, 0.5), 100)
    rows = [
        {"epoch": row["epoch"], "train_accuracy": 0.9}
        | {
            f"{start}_{task}": value
            for task in ("label", "other")
            for start, value in (("val_loss", 0.4), ("val_loss_error", 0.1), ("acc", 0.85))
        }
        for row in ROWS
    ]
    frame = training_frame(rows, [FACTS, other], 3)
    assert frame["train_accuracy"].isna().all()
    assert frame["val_accuracy"].tolist() == [0.85] * 6
    layout = training_curves.draw(frame).layout
    assert layout.yaxis.range == layout.yaxis2.range
    assert layout.yaxis3.range == layout.yaxis4.range
    assert [note.text for note in layout.annotations] == ["label", "other"]


def test_of_one_epoch_print_shows_whole_epochs_alone() -> None:
    figure = training_curves.paper(training_frame(ROWS[:1], [FACTS], 1, []))
    figure.canvas.draw()
    for axes in figure.axes:
        low, high = axes.get_xlim()
        assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1]
