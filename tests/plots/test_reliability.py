from pathlib import Path

import numpy as np
import pytest

from astrid.analysis.reliability import confidence_counts, reliability_frame, reliability_table
from astrid.plots import reliability
from tests.contract.test_quality import predictions

INPUTS = predictions(200, 2, seed=0)
FRAME = reliability_frame(reliability_table(*INPUTS), confidence_counts(*INPUTS))
FIGURE = reliability.draw(FRAME)


def test_a_dot_a_bin_with_answers_and_its_interval() -> None:
    filled = FRAME[FRAME["n"] > 0]
    assert 0 < len(filled) < len(FRAME)
    dots = next(trace for trace in FIGURE.data if trace.mode == "markers")
    np.testing.assert_array_equal(dots.x, filled["confidence"])
    np.testing.assert_array_equal(dots.y, filled["accuracy"])
    np.testing.assert_allclose(dots.y + dots.error_y.array, filled["accuracy_high"])
    np.testing.assert_allclose(dots.y - dots.error_y.arrayminus, filled["accuracy_low"])


def test_the_bars_count_all_answers_and_differ_by_more_than_colour() -> None:
    right, wrong = (trace for trace in FIGURE.data if trace.type == "bar")
    assert sum(right.y) == (INPUTS[1].argmax(1) == INPUTS[0]).sum()
    assert sum(right.y) + sum(wrong.y) == 200
    assert right.marker.color != wrong.marker.color
    assert right.marker.pattern.shape != wrong.marker.pattern.shape


def test_an_evaluation_is_drawn_as_its_frame() -> None:
    class Evaluated:
        def to_frame(self):
            return FRAME

    assert reliability.draw(Evaluated()).to_json() == FIGURE.to_json()


def test_a_frame_of_empty_bins_only_is_drawn() -> None:
    empty = np.zeros(0, int), np.zeros((0, 2))
    frame = reliability_frame(reliability_table(*empty), confidence_counts(*empty))
    assert len(reliability.draw(frame).data[1].x) == 0


def test_it_becomes_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("kaleido")
    path = tmp_path / "reliability.png"
    try:
        FIGURE.write_image(path, width=700, height=500)
    except Exception as error:  # noqa: BLE001 - kaleido has no error of its own for this
        pytest.skip(f"no browser to draw with: {type(error).__name__}")
    assert path.read_bytes()[:4] == b"\x89PNG"
