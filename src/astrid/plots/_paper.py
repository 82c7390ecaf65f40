"""Figures for print: white, small, without a screen, and the same bytes each time."""

import io
import textwrap
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path

import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from astrid import plugins
from astrid.errors import InputError
from astrid.files import without_surrogates, write_atomic
from astrid.plots._axes import log_range, log_ticks, short
from astrid.progress import visible

ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0
"""Widths in inches."""

_SIGNS_AN_INCH = 20  # of notes, at their size
_DPI = 300
_STYLE = {
    "font.size": 8,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture everywhere
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "lines.markersize": 4.5,
    "grid.color": "#d8dde3",
    "grid.linewidth": 0.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",  # text stays text: it can be searched and edited
    "svg.hashsalt": "astrid",  # the same names of parts each time
}


def printed(paper: Callable[[pd.DataFrame], Figure]) -> Callable[[pd.DataFrame], Figure]:
    """Draw in the style of print, whatever the user's own settings are."""

    @wraps(paper)
    def drawn(frame: pd.DataFrame) -> Figure:
        with style.context(_STYLE, after_reset=True):
            return paper(frame)

    return drawn


def page(width: float, height: float, title: str, notes: Sequence[str] = ()) -> Figure:
    """An empty figure in inches, with its title above and notes below."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=9)
    lines = textwrap.wrap(" ".join(notes), round(width * _SIGNS_AN_INCH))
    if lines:
        below = "\n".join(plain(line, len(line)) for line in lines)
        figure.supxlabel(below, x=0.01, ha="left", fontsize=6, color="#444444")
    return figure


def plain(text: str, longest: int = 26) -> str:
    """A name as matplotlib shows it, sign by sign: `$` is no formula, control signs are spaces."""
    return visible(without_surrogates(short(text, max(longest, 1)))).replace("$", r"\$")


def ticks(
    axes: Axes,
    which: str,
    places: Sequence[float],
    labels: Sequence[str],
    rotation: float = 0,
    longest: int = 26,
) -> None:
    """Set the ticks of axis `x` or `y`, and no small ones between."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(list(places), [plain(label, longest) for label in labels])
    axis.set_tick_params(which="minor", length=0)
    axis.set_minor_locator(NullLocator())
    if rotation:
        for label in axis.get_ticklabels():
            label.set(rotation=rotation, ha="right", rotation_mode="anchor")


def grid_behind(axes: Axes) -> None:
    """Grid lines, below what is drawn."""
    axes.grid(visible=True)
    axes.set_axisbelow(True)


def finished(figure: Figure, axes: Axes) -> Figure:
    """The figure with a grid behind its one panel and the legend beside it."""
    grid_behind(axes)
    figure.legend(loc="outside right upper")
    return figure


def log_axis(axes: Axes, which: str, values: pd.Series, unit: str = "") -> None:
    """Make axis `x` or `y` logarithmic, with readable ticks."""
    ends = [10**end for end in log_range(values)]
    if which == "x":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    places, labels = log_ticks(values, unit)
    inside = [place for place in places if ends[0] <= place <= ends[1]]
    ticks(axes, which, inside, [labels[places.index(place)] for place in inside])
    if which == "x":
        axes.set_xlim(*ends)
    else:
        axes.set_ylim(*ends)


def save_paper(name: str, frame: pd.DataFrame, folder: Path) -> tuple[Path, Path]:
    """Write the plot `name` as `{name}.png` (300 dpi) and `{name}.svg`, and return both paths.

    Files hold no date and no version: the same frame gives the same bytes.

    Raises:
        InputError: no such plot, a plot without a version for print, a wrong frame, or a folder
            that can't be written.
    """
    figure = _figure(name, frame)
    paths = folder / f"{name}.png", folder / f"{name}.svg"
    for path in paths:
        write_atomic(path, _bytes(figure, path.suffix[1:]))
    return paths


def save_picture(name: str, frame: pd.DataFrame, path: Path) -> None:
    """Write the plot `name` to `path`, a PNG or SVG by its ending, as `save_paper` does."""
    write_atomic(path, _bytes(_figure(name, frame), path.suffix[1:]))


def _figure(name: str, frame: pd.DataFrame) -> Figure:
    plot = plugins.load("astrid.plots", name)
    if not hasattr(plot, "paper"):
        raise InputError(f"plot {name}: has no version for print")
    figure: Figure = plot.paper(frame)
    return figure


def _bytes(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    metadata = {"Software" if kind == "png" else "Date": None}
    with style.context(_STYLE, after_reset=True), warnings.catch_warnings():
        # A sign that the font lacks is a box: one font, so that pictures are the same everywhere.
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")
        figure.savefig(buffer, format=kind, dpi=_DPI, metadata=metadata)
    return buffer.getvalue()
