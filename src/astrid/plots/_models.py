"""Models as marks with intervals: what the plots of accuracy against something share."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from scipy.optimize import isotonic_regression

from astrid.analysis.pareto import pareto_front
from astrid.plots._axes import bar_lengths, short, with_interval
from astrid.plots._looks import Look, groups
from astrid.plots._paper import plain
from astrid.plots._style import GREY, error_bars, escaped

FAINT_FROM = 80
"""Models from which on their intervals are drawn faintly, so that the marks stay visible."""


BARE_FROM = 200
"""Models from which on only the frontier's intervals are drawn."""


def named(row: pd.Series) -> str:
    """A model's name: encoder + head, and its compression where it has one.

    >>> named(pd.Series({"encoder": "tinybert", "classifier": "mlp"}))
    'tinybert + mlp'
    """
    name = f"{row['encoder']} + {row['classifier']}"
    compression = str(row.get("compression", "none"))
    return name if compression == "none" else f"{name}, {compression}"


def frontier(frame: pd.DataFrame, cost: str) -> pd.DataFrame:
    """The rows that none beats in accuracy and in `cost` (lower is better), cheapest first."""
    return frame[pareto_front(frame, higher=["accuracy"], lower=[cost])].sort_values(cost)


def moved_apart(frame: pd.DataFrame, column: str, gap: float = 0.012) -> pd.Series:
    """Sizes for a logarithmic axis, none closer to the next than `gap` of the axis.

    Models of one encoder differ in size by less than a mark is wide. The order stays, so a
    frontier stays one; shifts are as small as they can be (least squares). Of equal sizes the most
    accurate stands first.

    Args:
        frame: one row a model.
        column: sizes, above 0; NaN stays NaN.
        gap: as a share of the axis.
    """
    known = frame.dropna(subset=[column]).sort_values(
        [column, "accuracy"], ascending=[True, False], kind="stable"
    )
    logs = np.log10(known[column].to_numpy(dtype=float))
    if len(logs) < 2:
        return frame[column].astype(float)
    span = max(float(np.ptp(logs)), 0.5)
    steps = min(gap, 0.5 / len(logs)) * span * np.arange(len(logs))
    places = isotonic_regression(logs - steps).x + steps
    return pd.Series(10**places, index=known.index).reindex(frame.index)


def thinned(frame: pd.DataFrame, best: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Of many models, only the frontier's and the reference's intervals; and a note that says so.

    Hundreds of whiskers would hide the marks.
    """
    if len(frame) <= BARE_FROM:
        return frame, ()
    others = ~frame.index.isin(best.index) & ~frame["reference"].astype(bool)
    ends = [name for name in frame if str(name).endswith(("_low", "_high"))]
    bare = frame.copy()
    bare.loc[others, ends] = np.nan
    return bare, ("Whiskers of the frontier and the reference only.",)


def hover(rows: pd.DataFrame, estimates: dict[str, str], counts: dict[str, str]) -> list[str]:
    """What shows when the pointer rests on each row's mark.

    Args:
        rows: of models.
        estimates: what to call each column that has an interval.
        counts: the same of columns of whole numbers.
    """
    return [
        "<br>".join(
            [
                escaped(named(row)),
                *(f"{title} {with_interval(row, column)}" for column, title in estimates.items()),
                *(f"{row[column]:,.0f} {title}" for column, title in counts.items()),
            ]
        )
        for _, row in rows.iterrows()
    ]


def add_models(
    figure: go.Figure,
    frame: pd.DataFrame,
    x: str,
    texts: list[str],
    symbols: dict[str, Look] | None = None,
) -> None:
    """One trace a head, coloured and shaped by head, with the accuracy's intervals.

    Args:
        figure: where to.
        frame: one row a model.
        x: column of the horizontal axis; drawn with its interval where it has one.
        texts: of each row, for the pointer.
        symbols: shapes by compression instead of by head.
    """
    texts_of = pd.Series(texts, index=frame.index)
    faint = len(frame) > FAINT_FROM
    for look, rows in groups(frame, "classifier"):
        bars = _faded(look.colour, 0.2 if faint else 0.6)
        shapes = [look.symbol] * len(rows)
        if symbols is not None:
            shapes = [symbols[name].symbol for name in rows["compression"]]
        figure.add_scatter(
            x=rows[x],
            y=rows["accuracy"],
            error_y=error_bars(rows, "accuracy", bars),
            error_x=error_bars(rows, x, bars) if f"{x}_low" in rows else None,
            name=escaped(short(look.name)),
            mode="markers",
            marker={
                "size": 7 if faint else 10,
                "color": look.colour,
                "symbol": shapes,
                "line": {"width": 0.5, "color": GREY},
            },
            hovertext=texts_of[rows.index],
            hoverinfo="text",
        )


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def add_frontier(figure: go.Figure, best: pd.DataFrame, x: str) -> None:
    """The frontier as a step line: the best accuracy up to each place."""
    figure.add_scatter(
        x=best[x],
        y=best["accuracy"],
        name="Pareto frontier",
        mode="lines",
        line={"color": GREY, "shape": "hv", "width": 2, "dash": "dash"},
        hoverinfo="skip",
    )


def add_reference(figure: go.Figure, frame: pd.DataFrame, x: str) -> None:
    """A ring around the reference."""
    rows = frame[frame["reference"].astype(bool)]
    if rows.empty:
        return
    figure.add_scatter(
        x=rows[x],
        y=rows["accuracy"],
        name="reference",
        mode="markers",
        marker={"size": 20, "symbol": "circle-open", "color": GREY, "line": {"width": 2}},
        hoverinfo="skip",
    )


def draw_models(
    axes: Axes, frame: pd.DataFrame, x: str, symbols: dict[str, Look] | None = None
) -> None:
    """As `add_models`, for print."""
    faint = len(frame) > FAINT_FROM
    for look, rows in groups(frame, "classifier"):
        kinds = {look.marker: rows}
        if symbols is not None:
            of_rows = rows["compression"].map(lambda name: symbols[name].marker)
            kinds = {str(marker): part for marker, part in rows.groupby(of_rows, sort=False)}
        axes.plot([], [], look.marker, color=look.colour, label=plain(look.name))
        for marker, part in kinds.items():
            drawn = axes.errorbar(
                part[x],
                part["accuracy"],
                yerr=bar_lengths(part, "accuracy"),
                xerr=bar_lengths(part, x) if f"{x}_low" in part else None,
                fmt=marker,
                color=look.colour,
                markersize=3 if faint else 5,
                markeredgecolor="white",
                markeredgewidth=0.4,
                elinewidth=0.7,
            )
            for bar in drawn[2]:
                bar.set_alpha(0.2 if faint else 0.6)


def draw_frontier(axes: Axes, best: pd.DataFrame, x: str) -> None:
    """As `add_frontier`, for print."""
    axes.step(
        best[x],
        best["accuracy"],
        where="post",
        color="#444444",
        linestyle=(0, (4, 2)),
        linewidth=1,
        zorder=1,
        label="Pareto frontier",
    )


def draw_reference(axes: Axes, frame: pd.DataFrame, x: str) -> None:
    """As `add_reference`, for print."""
    rows = frame[frame["reference"].astype(bool)]
    if len(rows):
        axes.plot(
            rows[x],
            rows["accuracy"],
            "o",
            markersize=10,
            markerfacecolor="none",
            markeredgecolor="#222222",
            label="reference",
        )
