"""Bars that lie beside words: a line a word, the first one on top."""

from collections.abc import Iterable

import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from astrid.plots._axes import short
from astrid.plots._paper import ticks
from astrid.plots._style import escaped


def name_lines(figure: go.Figure, words: Iterable[object], panel: int) -> None:
    """Write the words beside lines 0, 1, … of the panel, counted from 1, of a figure."""
    names = [escaped(short(str(word), 16)) for word in words]
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        range=_ends(len(names)),
        showgrid=False,
        zeroline=False,
        row=panel,
        col=1,
    )


def name_bars(axes: Axes, words: Iterable[object]) -> None:
    """As `name_lines`, for print, with an axis of scores, which can be very small, below."""
    names = [str(word) for word in words]
    # Few ticks, and the power of ten at the axis's end.
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.ticklabel_format(axis="x", scilimits=(-2, 3), useMathText=True)
    ticks(axes, "y", range(len(names)), names, longest=18)
    axes.set_ylim(*_ends(len(names)))
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)


def _ends(lines: int) -> tuple[float, float]:
    return lines - 0.4, -0.6
