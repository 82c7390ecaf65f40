"""Every plot, whatever it shows."""

import importlib
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import plotly.graph_objects as go
import pytest

from astrid import plugins
from astrid.analysis.plot_frames import FRAMES
from astrid.errors import InputError
from astrid.plots._paper import save_paper

NAMES = plugins.names("astrid.plots")

OF_STUDIES = sorted(
    [
        *FRAMES,
        "important_words",
        "influential_tokens",
        "metrics_comparison",
        "task_quality",
        "token_table",
        "training_curves",
    ]
)


@pytest.fixture(params=NAMES)
def plot(request: pytest.FixtureRequest):
    return importlib.import_module(f"astrid.plots.{request.param}")


def test_the_example_is_drawn(plot) -> None:
    frame = plot.example()
    before = frame.copy()
    figure = plot.draw(frame)
    assert isinstance(figure, go.Figure)
    assert figure.data
    assert figure.layout.title.text
    assert frame.equals(before)
    assert figure.to_json()


def test_the_background_is_the_page_s(plot) -> None:
    layout = plot.draw(plot.example()).layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_a_missing_column_and_an_empty_frame_are_refused(plot) -> None:
    frame = plot.example()
    for column in plot.COLUMNS:
        with pytest.raises(InputError, match=f"no column '{column}'"):
            plot.draw(frame.drop(columns=column))
    with pytest.raises(InputError, match="no rows"):
        plot.draw(frame.iloc[:0])


@pytest.fixture(params=OF_STUDIES)
def printed(request: pytest.FixtureRequest):
    return importlib.import_module(f"astrid.plots.{request.param}")


def test_a_plot_of_a_study_is_also_printed(printed, tmp_path: Path) -> None:
    name = printed.__name__.rpartition(".")[2]
    frame = printed.example()
    frame.attrs["notes"] = ["Made of nothing & <more>."]
    before = frame.copy()
    png, svg = save_paper(name, frame, tmp_path / "new")
    assert (png.name, svg.name) == (f"{name}.png", f"{name}.svg")
    assert frame.equals(before)
    assert png.read_bytes()[:4] == b"\x89PNG"
    texts = [element.text for element in ElementTree.parse(svg).iter() if element.text]
    assert any("Made of nothing & <more>." in text for text in texts)
    first = [path.read_bytes() for path in (png, svg)]
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        again = save_paper(name, frame, tmp_path / "again")
    assert [path.read_bytes() for path in again] == first


def test_print_shows_the_notes_of_the_screen(printed) -> None:
    frame = printed.example()
    frame.attrs["notes"] = ["The first 2 of 3."]
    shown = printed.draw(frame).layout.title.subtitle.text
    assert "The first 2 of 3." in shown.replace("<br>", " ")


def test_print_refuses_the_same_frames(printed) -> None:
    frame = printed.example()
    for column in printed.COLUMNS:
        with pytest.raises(InputError, match=f"no column '{column}'"):
            printed.paper(frame.drop(columns=column))
    with pytest.raises(InputError, match="no rows"):
        printed.paper(frame.iloc[:0])


def test_markup_in_names_is_shown_as_it_is(printed, tmp_path: Path) -> None:
    frame = printed.example()
    texts = list(frame.select_dtypes(["object", "string"]).columns)
    nasty = "<b>$x$ & \x07</b>"
    frame[texts] = frame[texts].map(lambda text: f"{nasty} {text}", na_action="ignore")
    figure = printed.draw(frame).to_json()
    assert "<b>" not in figure.replace("\\u003c", "<")
    _, svg = save_paper(printed.__name__.rpartition(".")[2], frame, tmp_path)
    ElementTree.parse(svg)


def test_a_plot_that_is_not_printed_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no version for print"):
        save_paper(
            "reliability", importlib.import_module("astrid.plots.reliability").example(), tmp_path
        )
