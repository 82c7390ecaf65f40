"""How the models learned: validation accuracy and loss by epoch, two panels an encoder."""

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from plotly.subplots import make_subplots

from astrid.plots._axes import bar_lengths, short, with_interval
from astrid.plots._looks import Look, groups
from astrid.plots._models import named
from astrid.plots._paper import TWO_COLUMNS, grid_behind, page, plain, printed
from astrid.plots._style import checked, error_bars, escaped, noted, styled

COLUMNS = (
    "encoder",
    "classifier",
    "epoch",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "val_loss",
    "val_loss_low",
    "val_loss_high",
)

_TITLE = "Learning curves"
_PANELS = {"accuracy": "accuracy", "val_loss": "loss"}
_ACROSS = 4
_PANEL = 175


def draw(frame: pd.DataFrame) -> go.Figure:
    """Accuracy above, loss below, both on the validation texts; colours and lines tell the head.

    Args:
        frame: one row a model and epoch; intervals, where there are any, are drawn as whiskers.
    """
    frame = checked(frame, COLUMNS, "learning_curves").sort_values("epoch", kind="stable")
    encoders = _encoders(frame)
    across, bands = min(len(encoders), _ACROSS), math.ceil(len(encoders) / _ACROSS)
    height = 140 + bands * (2 * _PANEL + 60)
    figure = make_subplots(
        2 * bands,
        across,
        subplot_titles=_titles(encoders, across, bands),
        shared_yaxes="rows",
        vertical_spacing=min(50 / height, 0.9 / (2 * bands)),
        horizontal_spacing=0.03,
    )
    for look, rows in groups(frame, "classifier"):
        for place, encoder in enumerate(encoders):
            part = rows[rows["encoder"] == encoder]
            for below, column in enumerate(_PANELS):
                where = 2 * (place // across) + below + 1, place % across + 1
                _add_curves(figure, part, look, column, where, legend=place + below == 0)
    for row in range(2 * bands):
        title = list(_PANELS.values())[row % 2]
        figure.update_yaxes(title_text=title, row=row + 1, col=1)
    figure.update_xaxes(title_text="epoch", row=2 * bands)
    first, last = frame["epoch"].min(), frame["epoch"].max()
    figure.update_xaxes(
        title_standoff=4,
        tick0=0,
        dtick=max(1, math.ceil((last - first) / 5)),
        range=(first - 0.3, last + 0.3),
    )
    figure.update_layout(height=height)
    styled(figure, f"{_TITLE} on the validation texts", noted(frame))
    figure.update_annotations(font={"size": 13})
    return figure.update_layout(margin={"t": figure.layout.margin.t + 25})


def _encoders(frame: pd.DataFrame) -> list[str]:
    """In the order of the frame before it was sorted by epoch."""
    return list(dict.fromkeys(frame.sort_index()["encoder"]))


def _titles(encoders: list[str], across: int, bands: int) -> list[str]:
    """Names above the upper panel of each pair, none above the lower."""
    names = [escaped(short(name, 34)) for name in encoders]
    names += [""] * (across * bands - len(names))
    found = []
    for band in range(bands):
        found += [*names[band * across : (band + 1) * across], *[""] * across]
    return found


def _add_curves(
    figure: go.Figure,
    rows: pd.DataFrame,
    look: Look,
    column: str,
    where: tuple[int, int],
    legend: bool,
) -> None:
    texts = [
        f"{escaped(named(row))}<br>epoch {row['epoch']:g}: {with_interval(row, column)}"
        for _, row in rows.iterrows()
    ]
    if not legend and rows.empty:
        return
    curves = [part for _, part in rows.assign(text=texts).groupby("classifier", sort=False)]
    for number, part in enumerate(curves or [rows.assign(text=texts)]):
        figure.add_scatter(
            x=part["epoch"],
            y=part[column],
            error_y=error_bars(part, column, look.colour) if _has_ends(part, column) else None,
            name=escaped(short(look.name)),
            legendgroup=look.name,
            showlegend=legend and number == 0,
            mode="lines+markers",
            line={"color": look.colour, "dash": look.dash, "width": 1.5},
            marker={"size": 6, "symbol": look.symbol},
            hovertext=part["text"],
            hoverinfo="text",
            row=where[0],
            col=where[1],
        )


def _has_ends(rows: pd.DataFrame, column: str) -> bool:
    return bool(rows[f"{column}_low"].notna().any())


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width."""
    frame = checked(frame, COLUMNS, "learning_curves").sort_values("epoch", kind="stable")
    encoders = _encoders(frame)
    across, bands = min(len(encoders), _ACROSS), math.ceil(len(encoders) / _ACROSS)
    title = f"{_TITLE} on the validation texts"
    figure = page(TWO_COLUMNS, 0.8 + 2.7 * bands, title, noted(frame))
    panels = figure.subplots(2 * bands, across, squeeze=False, sharey="row")
    handles: dict[str, Any] = {}
    for place in range(across * bands):
        pair = panels[2 * (place // across) : 2 * (place // across) + 2, place % across]
        if place >= len(encoders):
            for axes in pair:
                axes.set_visible(False)
            continue
        pair[0].set_title(plain(encoders[place], 18), loc="left")
        pair[1].set_xlabel("epoch")
        for axes, (column, name) in zip(pair, _PANELS.items(), strict=True):
            if place % across == 0:
                axes.set_ylabel(name)
            handles |= _draw_panel(axes, frame, encoders[place], column)
    figure.legend(handles.values(), [plain(name) for name in handles], loc="outside right upper")
    return figure


def _draw_panel(axes: Axes, frame: pd.DataFrame, encoder: str, column: str) -> dict[str, Any]:
    """One panel; gives what the legend shows of each head."""
    handles = {}
    for look, rows in groups(frame, "classifier"):
        for _, part in rows[rows["encoder"] == encoder].groupby("classifier", sort=False):
            handles[look.name] = axes.errorbar(
                part["epoch"],
                part[column],
                yerr=bar_lengths(part, column),
                fmt=look.marker,
                color=look.colour,
                linestyle=look.line,
                markersize=3,
                elinewidth=0.6,
            )
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlim(frame["epoch"].min() - 0.3, frame["epoch"].max() + 0.3)
    grid_behind(axes)
    return handles


def example() -> pd.DataFrame:
    """Two encoders over two epochs: one with two heads and whiskers, one with a missing value."""
    rows = [
        ("bert-base", "linear", 1, 0.85, 0.83, 0.87, 0.45, 0.43, 0.47),
        ("bert-base", "linear", 2, 0.92, 0.91, 0.93, 0.30, 0.28, 0.32),
        ("bert-base", "mlp", 1, 0.80, None, None, 0.50, None, None),
        ("bert-base", "mlp", 2, 0.91, None, None, 0.33, None, None),
        ("tinybert", "mlp", 1, 0.70, None, None, 0.61, None, None),
        ("tinybert", "mlp", 2, 0.83, None, None, None, None, None),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[3:], float))
