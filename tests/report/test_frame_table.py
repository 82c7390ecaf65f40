"""Frames as tables, on pages and in Markdown."""

import math

import pandas as pd

from astrid.report.frame_table import Cell, table_view
from astrid.report.markdown import escaped, fenced, table

FRAME = pd.DataFrame(
    {
        "model": ["a", None, "c"],
        "accuracy": [0.5, math.nan, 1.0],
        "accuracy_low": [0.4, math.nan, math.nan],
        "accuracy_high": [0.6, math.nan, math.nan],
        "total_params": [1500, 2_000_000, 10],
        "inference_time": [0.0123, 2.0, math.nan],
        "gain_p_adjusted": [0.0001, 0.04, math.nan],
        "on_front": [True, False, True],
    }
)


def test_intervals_stand_in_the_field_of_their_estimate() -> None:
    view = table_view(FRAME)
    assert view.headings[:3] == ("model", "accuracy", "total params")
    assert view.rows[0][1] == Cell("0.500", "0.400 to 0.600", 0.5)
    assert view.rows[1][1] == Cell("–", "", None)
    assert view.rows[2][1].small == ""


def test_every_column_has_its_unit() -> None:
    rows = table_view(FRAME).rows
    assert [cell.text for cell in rows[0]] == ["a", "0.500", "1,500", "12.3 ms", "<0.001", "yes"]
    assert [cell.text for cell in rows[1]] == ["–", "–", "2.0 M", "2.00 s", "0.040", "no"]


def test_rows_beyond_the_limit_are_counted() -> None:
    view = table_view(FRAME, limit=2, headings={"model": "who"})
    assert (len(view.rows), view.left_out, view.headings[0]) == (2, 1, "who")


def test_an_empty_frame_is_an_empty_table() -> None:
    assert table_view(pd.DataFrame()).rows == ()
    assert table_view(FRAME.head(0)).rows == ()


def test_names_are_no_markdown() -> None:
    frame = pd.DataFrame({"name": ["a|b\n# c", "<img src=x>", "[x](y) `z` $e$"], "x": [1, 2, 3]})
    lines = table(table_view(frame)).splitlines()
    assert len(lines) == 5
    assert all(line.replace("\\|", "").count("|") == 3 for line in lines)
    assert "\\<img src=x\\>" in lines[3]
    assert escaped("integrated_gradients") == "integrated_gradients"
    assert escaped("_not slanted_") == "\\_not slanted\\_"


def test_a_long_table_says_what_it_leaves_out() -> None:
    frame = pd.DataFrame({"x": range(120)})
    assert "70 more rows" in table(table_view(frame))
    assert "more rows" not in table(table_view(frame.head(50)))


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert fenced("a: '````'").splitlines()[0] == "`````"
