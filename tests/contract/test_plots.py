"""Every plot, whatever it shows."""

import importlib

import plotly.graph_objects as go
import pytest

from astrid import plugins
from astrid.errors import InputError

NAMES = plugins.names("astrid.plots")


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
