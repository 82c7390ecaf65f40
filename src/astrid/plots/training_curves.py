"""How one training went: loss above, accuracy below, a column of panels a task."""

import math
import textwrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from plotly.subplots import make_subplots

from astrid.plots._axes import short
from astrid.plots._paper import TWO_COLUMNS, page, plain, printed
from astrid.plots._style import BLUE, GREY, ORANGE, checked, escaped, noted, styled

COLUMNS = (
    "task",
    "epoch",
    "train_loss",
    "val_loss",
    "val_loss_low",
    "val_loss_high",
    "train_accuracy",
    "val_accuracy",
    "guess_loss",
    "majority",
    "best",
)

_ACROSS = 4
"""Tasks side by side."""

_PANEL = 230
_TITLE = "Training curves"
_BAND = "rgba(224, 130, 20, 0.22)"
_WIDE = 64
"""Signs of a line of findings, so that a narrow window shows them whole."""

_PANELS = {
    "loss": ("train_loss", "val_loss", "guess_loss"),
    "accuracy": ("train_accuracy", "val_accuracy", "majority"),
}
_READ = "Band: 95 % interval over validation texts. Upright line: the epoch that was kept."


def draw(frame: pd.DataFrame) -> go.Figure:
    """Training and validation by epoch, with what guessing by the shares of the classes gives.

    Args:
        frame: one row a task and epoch; `best` marks the epoch whose weights were kept,
            `guess_loss` and `majority` are the same in all rows of a task. What went wrong stands
            in `frame.attrs["notes"]`.
    """
    frame = checked(frame, COLUMNS, "training_curves").sort_values("epoch", kind="stable")
    tasks = _tasks(frame)
    across, bands = _grid(len(tasks))
    height = 200 + bands * (2 * _PANEL + 70)
    figure = make_subplots(
        2 * bands,
        across,
        subplot_titles=_titles(tasks, across, bands),
        vertical_spacing=min(60 / height, 0.9 / (2 * bands)),
        horizontal_spacing=0.18 / across,
    )
    ranges = _ranges(frame)
    for place, task in enumerate(tasks):
        rows = frame[frame["task"] == task]
        for below, (name, columns) in enumerate(_PANELS.items()):
            where = 2 * (place // across) + below + 1, place % across + 1
            _add_panel(figure, rows, columns, where, legend=place + below == 0)
            figure.update_yaxes(range=ranges[name], row=where[0], col=where[1])
            if place % across == 0:
                figure.update_yaxes(title_text=name, row=where[0], col=1)
            if below == 1:
                figure.update_xaxes(title_text="epoch", row=where[0], col=where[1])
    first, last = frame["epoch"].min(), frame["epoch"].max()
    step = max(1, math.ceil((last - first) / 5))
    figure.update_xaxes(tick0=0, dtick=step, range=(first - 0.3, last + 0.3), title_standoff=4)
    legend = {"orientation": "h", "y": -60 / height, "yanchor": "top", "x": 0}
    figure.update_layout(height=height, legend=legend)
    return _titled(figure, (*noted(frame), _READ))


def _titled(figure: go.Figure, notes: tuple[str, ...]) -> go.Figure:
    """Each note on lines of its own, short enough for a narrow window."""
    styled(figure, _TITLE, notes)
    lines = [line for note in notes for line in textwrap.wrap(note, _WIDE)]
    figure.update_annotations(font={"size": 13})
    figure.update_layout(
        title={"subtitle": {"text": "<br>".join(escaped(line) for line in lines)}},
        margin={"t": 92 + 17 * len(lines)},
    )
    return figure


def _tasks(frame: pd.DataFrame) -> list[str]:
    """In the order of the frame before it was sorted by epoch."""
    return list(dict.fromkeys(frame.sort_index()["task"].astype(str)))


def _ranges(frame: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Ends of the axes, the same for all tasks: losses from 0, accuracies up to 1."""
    losses = frame[["train_loss", "val_loss", "val_loss_high", "guess_loss"]].to_numpy(dtype=float)
    shares = frame[["train_accuracy", "val_accuracy", "majority"]].to_numpy(dtype=float)
    return {
        "loss": (0.0, 1.05 * float(np.nanmax(losses))),
        "accuracy": (float(np.nanmin(shares)) - 0.03, 1.02),
    }


def _grid(tasks: int) -> tuple[int, int]:
    """Columns of panels, and pairs of rows."""
    return min(tasks, _ACROSS), math.ceil(tasks / _ACROSS)


def _titles(tasks: list[str], across: int, bands: int) -> list[str]:
    """Names above the upper panel of each pair; a single task needs none."""
    names = [escaped(short(name)) for name in tasks] if len(tasks) > 1 else [""]
    names += [""] * (across * bands - len(names))
    found = []
    for band in range(bands):
        found += [*names[band * across : (band + 1) * across], *[""] * across]
    return found


def _add_panel(
    figure: go.Figure,
    rows: pd.DataFrame,
    columns: tuple[str, str, str],
    where: tuple[int, int],
    legend: bool,
) -> None:
    place = {"row": where[0], "col": where[1]}
    train, val, guess = columns
    if val == "val_loss":
        figure.add_trace(_band(rows), **place)
    for column, name, colour, dash, symbol in (
        (train, "training", BLUE, "dash", "square"),
        (val, "validation", ORANGE, "solid", "circle"),
    ):
        trace = _curve(rows, column, name, colour, dash, symbol)
        figure.add_trace(trace.update(showlegend=legend), **place)
    figure.add_trace(_reference(rows, guess).update(showlegend=legend), **place)
    for epoch in rows.loc[rows["best"].astype(bool), "epoch"]:
        line = {"color": GREY, "width": 1}
        figure.add_vline(x=epoch, line=line, opacity=0.7, **place)


def _curve(
    rows: pd.DataFrame, column: str, name: str, colour: str, dash: str, symbol: str
) -> go.Scatter:
    return go.Scatter(
        x=rows["epoch"],
        y=rows[column],
        name=name,
        legendgroup=name,
        mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 1.8},
        marker={"size": 6, "symbol": symbol},
        hovertemplate=f"{name}, epoch %{{x}}: %{{y:.3f}}<extra></extra>",
    )


def _band(rows: pd.DataFrame) -> go.Scatter:
    """The interval of the validation loss; epochs without one are left out."""
    known = rows.dropna(subset=["val_loss_low", "val_loss_high"])
    return go.Scatter(
        x=[*known["epoch"], *known["epoch"][::-1]],
        y=[*known["val_loss_high"], *known["val_loss_low"][::-1]],
        fill="toself",
        fillcolor=_BAND,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )


def _reference(rows: pd.DataFrame, column: str) -> go.Scatter:
    value = float(rows[column].iloc[0])
    ends = [rows["epoch"].min() - 0.3, rows["epoch"].max() + 0.3]
    return go.Scatter(
        x=ends,
        y=[value, value],
        name="guessing by the shares",
        legendgroup="guessing",
        mode="lines",
        line={"color": GREY, "dash": "dot", "width": 1.8},
        hovertemplate="guessing by the shares of the classes: %{y:.3f}<extra></extra>",
    )


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width."""
    frame = checked(frame, COLUMNS, "training_curves").sort_values("epoch", kind="stable")
    tasks = _tasks(frame)
    across, bands = _grid(len(tasks))
    figure = page(TWO_COLUMNS, 0.9 + 3.4 * bands, _TITLE, (*noted(frame), _READ))
    panels = figure.subplots(2 * bands, across, squeeze=False, sharex=True)
    ranges = _ranges(frame)
    for axes in panels.flat:
        axes.set_visible(False)
    for place, task in enumerate(tasks):
        rows = frame[frame["task"] == task]
        for below, (name, columns) in enumerate(_PANELS.items()):
            axes = panels[2 * (place // across) + below, place % across]
            axes.set_visible(True)
            _draw_panel(axes, rows, columns)
            axes.set_ylim(*ranges[name])
            if place % across == 0:
                axes.set_ylabel(name)
        if len(tasks) > 1:
            panels[2 * (place // across), place % across].set_title(plain(task, 18), loc="left")
        axes.set_xlabel("epoch")
        axes.tick_params(labelbottom=True)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=3)
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, columns: tuple[str, str, str]) -> None:
    train, val, guess = columns
    epochs = rows["epoch"]
    if val == "val_loss":
        ends = rows["val_loss_low"], rows["val_loss_high"]
        axes.fill_between(epochs, *ends, color=ORANGE, alpha=0.22, linewidth=0)
    axes.plot(epochs, rows[train], "s--", color=BLUE, markersize=3, label="training")
    axes.plot(epochs, rows[val], "o-", color=ORANGE, markersize=3, label="validation")
    axes.axhline(rows[guess].iloc[0], color=GREY, linestyle=":", label="guessing by the shares")
    for epoch in rows.loc[rows["best"].astype(bool), "epoch"]:
        axes.axvline(epoch, color=GREY, linewidth=0.7)
    # At least one tick: of a single epoch there is no second whole number to show.
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    axes.set_xlim(epochs.min() - 0.3, epochs.max() + 0.3)
    axes.grid(visible=True)
    axes.set_axisbelow(True)


def example() -> pd.DataFrame:
    """A task that overfits, and one of which neither training nor intervals are known."""
    rows = [
        ("tf", 1, 0.60, 0.55, 0.51, 0.59, 0.68, 0.72, 0.69, 0.54, False),
        ("tf", 2, 0.41, 0.42, 0.38, 0.46, 0.81, 0.81, 0.69, 0.54, True),
        ("tf", 3, 0.15, 0.50, 0.44, 0.56, 0.95, 0.80, 0.69, 0.54, False),
        ("tf", 4, 0.06, 0.62, 0.54, 0.70, 0.99, 0.80, 0.69, 0.54, False),
        ("sn", 1, None, 0.42, None, None, None, 0.86, 0.40, 0.86, False),
        ("sn", 2, None, 0.41, None, None, None, 0.86, 0.40, 0.86, True),
        ("sn", 3, None, 0.41, None, None, None, 0.86, 0.40, 0.86, False),
        ("sn", 4, None, 0.41, None, None, None, 0.86, 0.40, 0.86, False),
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype(dict.fromkeys(COLUMNS[2:-1], float))
