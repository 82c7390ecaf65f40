"""Do methods agree: correlation of each two methods, one small matrix an encoder."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from plotly.subplots import make_subplots

from astrid.plots._axes import DASH, number, short, sized, with_interval
from astrid.plots._paper import TWO_COLUMNS, page, plain, printed, ticks
from astrid.plots._scales import SIGNED, ink, paper_scale, plotly_scale
from astrid.plots._style import checked, escaped, noted, styled

COLUMNS = (
    "encoder",
    "encoder_params",
    "first",
    "second",
    "correlation",
    "correlation_low",
    "correlation_high",
)

_TITLE = "Agreement of methods, by encoder"
_ACROSS = 3
_LONGEST = 22
_WIDEST = 2
"""Most methods less one for which a field has room for its interval."""


def draw(frame: pd.DataFrame) -> go.Figure:
    """The lower triangle of the correlation matrix of each encoder, the largest first.

    Args:
        frame: one row an encoder and pair of methods; each pair in one order only. Undefined pairs
            show a dash.
    """
    frame = _placed(checked(frame, COLUMNS, "method_agreement"))
    across, down = _grid(frame)
    pairs = int(frame["row"].max()) + 1
    panel = (44 if pairs <= _WIDEST else 34) * pairs + (150 if pairs > 1 else 170)
    height = 110 + down * panel
    figure = make_subplots(
        down,
        across,
        subplot_titles=[escaped(title) for title in _titles(frame)],
        vertical_spacing=min(0.9 / max(down - 1, 1), 150 / height) if down > 1 else 0,
        horizontal_spacing=0.03,
        shared_yaxes=True,
    )
    for place, (_, rows) in enumerate(frame.groupby("encoder", sort=False)):
        _add_matrix(figure, rows, place // across + 1, place % across + 1)
    figure.update_xaxes(
        tickvals=list(range(pairs)),
        ticktext=[escaped(short(name, _LONGEST)) for name in _methods(frame)[:-1]],
        tickangle=-35,
        range=(-0.5, pairs - 0.5),
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=list(range(pairs)),
        ticktext=[escaped(short(name, _LONGEST)) for name in _methods(frame)[1:]],
        range=(pairs - 0.5, -0.5),
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(
        height=height,
        coloraxis={
            "colorscale": plotly_scale(SIGNED),
            "cmin": -1,
            "cmax": 1,
            "colorbar": {"thickness": 16, "tickvals": [-1, -0.5, 0, 0.5, 1]},
        },
    )
    styled(figure, _TITLE, noted(frame))
    figure.update_annotations(font={"size": 13})
    return figure.update_layout(margin={"t": figure.layout.margin.t + 25})


def _placed(frame: pd.DataFrame) -> pd.DataFrame:
    """The largest encoder first, with each pair's place in the triangle."""
    places = {name: place for place, name in enumerate(_methods(frame))}
    first, second = frame["first"].map(places), frame["second"].map(places)
    return frame.assign(
        column=np.minimum(first, second), row=np.maximum(first, second) - 1
    ).sort_values("encoder_params", ascending=False, kind="stable")


def _methods(frame: pd.DataFrame) -> list[str]:
    """In an order in which a pair's first stands before its second, where the frame has one."""
    return list(dict.fromkeys([*frame["first"], *frame["second"]]))


def _grid(frame: pd.DataFrame) -> tuple[int, int]:
    """Panels across and down."""
    encoders = frame["encoder"].nunique()
    across = min(encoders, _ACROSS if frame["row"].max() < 8 else 2)
    if encoders == 4:
        across = 2
    return across, math.ceil(encoders / across)


def _titles(frame: pd.DataFrame, longest: int = 26) -> list[str]:
    sizes = frame.groupby("encoder", sort=False)["encoder_params"].first()
    return [
        f"{short(str(name), longest)} ({sized(size)})" if size > 0 else short(str(name), longest)
        for name, size in sizes.items()
    ]


def _add_matrix(figure: go.Figure, rows: pd.DataFrame, row: int, column: int) -> None:
    known, missing = rows.dropna(subset=["correlation"]), rows[rows["correlation"].isna()]
    figure.add_heatmap(
        x=known["column"],
        y=known["row"],
        z=known["correlation"],
        coloraxis="coloraxis",
        xgap=1,
        ygap=1,
        text=[_field(pair, rows, "<br>") for _, pair in known.iterrows()],
        texttemplate="%{text}",
        hovertext=[_hover(pair) for _, pair in known.iterrows()],
        hoverinfo="text",
        row=row,
        col=column,
    )
    figure.add_scatter(
        x=missing["column"],
        y=missing["row"],
        mode="text",
        text=[DASH] * len(missing),
        hovertext=[_hover(pair) for _, pair in missing.iterrows()],
        hoverinfo="text",
        showlegend=False,
        row=row,
        col=column,
    )


def _field(pair: pd.Series, rows: pd.DataFrame, newline: str) -> str:
    """The correlation, with its interval below where there is one and room for it."""
    value, low, high = (pair[f"correlation{end}"] for end in ("", "_low", "_high"))
    if rows["row"].max() >= _WIDEST or math.isnan(low) or math.isnan(high):
        return number(value)
    return f"{number(value)}{newline}[{number(low)}, {number(high)}]"


def _hover(pair: pd.Series) -> str:
    names = f"{escaped(pair['first'])} and {escaped(pair['second'])}"
    return f"{escaped(pair['encoder'])}<br>{names}<br>{with_interval(pair, 'correlation')}"


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width."""
    frame = _placed(checked(frame, COLUMNS, "method_agreement"))
    across, down = _grid(frame)
    pairs = int(frame["row"].max()) + 1
    panel = 1.0 + (0.3 if pairs <= _WIDEST else 0.2) * pairs
    figure = page(TWO_COLUMNS, 0.7 + down * panel, _TITLE, noted(frame))
    panels = figure.subplots(down, across, squeeze=False)
    names, drawn = _methods(frame), None
    parts = [rows for _, rows in frame.groupby("encoder", sort=False)]
    for place, (axes, title) in enumerate(zip(panels.flat, _titles(frame, 18), strict=False)):
        drawn = _draw_matrix(axes, parts[place], pairs)
        axes.set_title(plain(title, 40), loc="left")
        ticks(axes, "x", range(pairs), names[:-1], rotation=35, longest=_LONGEST)
        ticks(axes, "y", range(pairs), names[1:] if place % across == 0 else [""] * pairs)
    for axes in panels.flat[len(parts) :]:
        axes.set_visible(False)
    if drawn is not None:
        figure.colorbar(drawn, ax=list(panels.flat), fraction=0.03, ticks=[-1, -0.5, 0, 0.5, 1])
    return figure


def _draw_matrix(axes: Axes, rows: pd.DataFrame, pairs: int) -> AxesImage:
    values = np.full((pairs, pairs), np.nan)
    values[rows["row"], rows["column"]] = rows["correlation"]
    masked = np.ma.masked_invalid(values)
    drawn = axes.imshow(masked, cmap=paper_scale(SIGNED), vmin=-1, vmax=1, aspect="auto")
    for _, pair in rows.iterrows():
        value, size = pair["correlation"], 6.5 if pairs <= 5 else 5
        colour = "black" if math.isnan(value) else ink(SIGNED, (value + 1) / 2)
        text = _field(pair, rows, "\n")
        place = pair["column"], pair["row"]
        axes.text(*place, text, ha="center", va="center", fontsize=size, color=colour)
    axes.spines[:].set_visible(False)
    return drawn


def example() -> pd.DataFrame:
    """Two encoders under three methods; one pair is undefined, one has no interval."""
    methods = ("integrated_gradients", "attention", "lime")
    rows = [
        ("tinybert", 14e6, methods[0], methods[1], -0.25, -0.32, -0.18),
        ("tinybert", 14e6, methods[0], methods[2], 0.3, None, None),
        ("tinybert", 14e6, methods[1], methods[2], None, None, None),
        ("bert-base", 109e6, methods[0], methods[1], 0.15, 0.1, 0.2),
        ("bert-base", 109e6, methods[0], methods[2], 0.62, 0.55, 0.69),
        ("bert-base", 109e6, methods[1], methods[2], 0.05, -0.02, 0.12),
    ]
    numbers = ["encoder_params", *COLUMNS[4:]]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(numbers, float))
