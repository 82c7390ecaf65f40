"""Which head keeps the teacher's reasons: similarity of every encoder with every head."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from astrid.plots._axes import DASH, number, short, with_interval
from astrid.plots._models import named
from astrid.plots._paper import TWO_COLUMNS, page, printed, ticks
from astrid.plots._scales import RED_GREEN, ink, paper_scale, plotly_scale
from astrid.plots._style import checked, escaped, noted, styled

COLUMNS = (
    "encoder",
    "classifier",
    "reference",
    "attribution_similarity",
    "attribution_similarity_low",
    "attribution_similarity_high",
    "chance",
    "chance_low",
    "chance_high",
    "ceiling",
    "ceiling_low",
    "ceiling_high",
)

_TITLE = "Similarity to the reference's explanations"
_Z = "attribution_similarity"
_LINES = {
    "chance": "scores shuffled within each text",
    "ceiling": "the reference trained again with another seed",
}
_CLOSE = 0.07
"""Labels of the colour bar that would overlap."""


def draw(frame: pd.DataFrame) -> go.Figure:
    """One cell an encoder and head, red for low and green for high, its number written in it.

    Args:
        frame: one row a cell, in the order of the axes; undefined cells show a dash. `chance` and
            `ceiling` are the same in all rows, or NaN.
    """
    frame = _placed(checked(frame, COLUMNS, "similarity_heatmap"))
    known, missing = frame.dropna(subset=[_Z]), frame[frame[_Z].isna()]
    low = _lowest(frame)
    places, labels = _bar_ticks(frame, low)
    figure = go.Figure(
        go.Heatmap(
            x=known["column"],
            y=known["row"],
            z=known[_Z],
            zmin=low,
            zmax=1,
            colorscale=plotly_scale(RED_GREEN),
            xgap=2,
            ygap=2,
            text=[_cell(row, "<br>") for _, row in known.iterrows()],
            texttemplate="%{text}",
            hovertext=[
                f"{escaped(named(row))}<br>{with_interval(row, _Z)}" for _, row in known.iterrows()
            ],
            hoverinfo="text",
            colorbar={"tickvals": places, "ticktext": labels, "thickness": 16},
        )
    )
    figure.add_scatter(
        x=missing["column"],
        y=missing["row"],
        mode="text",
        text=[DASH] * len(missing),
        hovertext=[f"{escaped(named(row))}: missing" for _, row in missing.iterrows()],
        hoverinfo="text",
        showlegend=False,
    )
    rows, columns = _names(frame, "encoder"), _names(frame, "classifier")
    figure.update_xaxes(
        tickvals=list(range(len(columns))),
        ticktext=[escaped(short(name)) for name in columns],
        range=(-0.5, len(columns) - 0.5),
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[escaped(short(name)) for name in rows],
        range=(len(rows) - 0.5, -0.5),
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(height=170 + max(150, 52 * len(rows)))
    return styled(figure, _TITLE, _notes(frame))


def _placed(frame: pd.DataFrame) -> pd.DataFrame:
    rows = {name: place for place, name in enumerate(_names(frame, "encoder"))}
    columns = {name: place for place, name in enumerate(_names(frame, "classifier"))}
    return frame.assign(row=frame["encoder"].map(rows), column=frame["classifier"].map(columns))


def _names(frame: pd.DataFrame, column: str) -> list[str]:
    return list(dict.fromkeys(frame[column]))


def _lowest(frame: pd.DataFrame) -> float:
    """0, or the lowest number below it."""
    return float(np.nanmin([0.0, frame[_Z].min(), frame["chance"].min()]))


def _cell(row: pd.Series, newline: str) -> str:
    lines = [number(row[_Z])]
    low, high = row[f"{_Z}_low"], row[f"{_Z}_high"]
    if row["reference"]:
        lines[0] += " (reference)"
    if pd.notna(low) and pd.notna(high) and low < high:
        lines.append(f"[{number(low)}, {number(high)}]")
    return newline.join(lines)


def _notes(frame: pd.DataFrame) -> tuple[str, ...]:
    first = frame.iloc[0]
    lines = [
        f"{name.capitalize()}: {with_interval(first, name)}, {what}."
        for name, what in _LINES.items()
        if pd.notna(first[name])
    ]
    return (*lines, *noted(frame))


def _bar_ticks(frame: pd.DataFrame, low: float) -> tuple[list[float], list[str]]:
    """Places and labels on the colour bar: chance and ceiling, and round numbers elsewhere."""
    marks: list[tuple[float, str]] = []
    for name in _LINES:
        value = float(frame[name].iloc[0])
        if math.isnan(value):
            continue
        if marks and abs(marks[-1][0] - value) < _CLOSE:
            marks[-1] = (marks[-1][0], f"{marks[-1][1]}, {name}")
        else:
            marks.append((value, name))
    round_ones = [low, *(value for value in (0.0, 0.25, 0.5, 0.75, 1.0) if value > low + _CLOSE)]
    marks += [
        (value, number(value))
        for value in round_ones
        if all(abs(value - mark) >= _CLOSE for mark, _ in marks)
    ]
    return [value for value, _ in marks], [label for _, label in marks]


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width; missing cells are hatched."""
    frame = _placed(checked(frame, COLUMNS, "similarity_heatmap"))
    rows, columns = _names(frame, "encoder"), _names(frame, "classifier")
    figure = page(TWO_COLUMNS, 1.3 + max(0.9, 0.33 * len(rows)), _TITLE, _notes(frame))
    axes = figure.add_subplot()
    low = _lowest(frame)
    values = frame.pivot(index="row", columns="column", values=_Z).to_numpy(dtype=float)
    drawn = axes.imshow(
        np.ma.masked_invalid(values), cmap=paper_scale(RED_GREEN), vmin=low, vmax=1, aspect="auto"
    )
    for _, row in frame.iterrows():
        place = row["column"], row["row"]
        if pd.isna(row[_Z]):
            axes.add_patch(_hatched(*place))
            continue
        colour = ink(RED_GREEN, (row[_Z] - low) / (1 - low))
        size = 6 if len(columns) <= 7 else 4.5
        text = _cell(row, "\n")
        axes.text(*place, text, ha="center", va="center", fontsize=size, color=colour)
    ticks(axes, "x", range(len(columns)), columns, rotation=30 if len(columns) > 5 else 0)
    ticks(axes, "y", range(len(rows)), rows)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(drawn, ax=axes, fraction=0.04)
    ticks(bar.ax, "y", *_bar_ticks(frame, low))
    bar.outline.set_visible(False)
    return figure


def _hatched(column: float, row: float) -> Rectangle:
    corner = (column - 0.5, row - 0.5)
    return Rectangle(corner, 1, 1, facecolor="white", edgecolor="#999999", hatch="////", lw=0)


def example() -> pd.DataFrame:
    """The reference, a cell without an interval, a missing one, and one below 0; no ceiling."""
    lines = (0.1, 0.08, 0.12, None, None, None)
    rows = [
        ("bert-base", "linear", True, 1.0, 1.0, 1.0, *lines),
        ("bert-base", "mlp", False, 0.84, 0.79, 0.88, *lines),
        ("tinybert", "linear", False, 0.4, None, None, *lines),
        ("tinybert", "mlp", False, None, None, None, *lines),
        ("mini", "linear", False, -0.12, -0.2, -0.04, *lines),
        ("mini", "mlp", False, 0.15, 0.1, 0.2, *lines),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[3:], float))
