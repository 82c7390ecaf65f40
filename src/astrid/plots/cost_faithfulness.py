"""What a method costs and what it gives: seconds a text against faithfulness, one mark a method."""

import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure

from astrid.plots._axes import (
    DASH,
    bar_lengths,
    log_range,
    log_ticks,
    seconds,
    short,
    with_interval,
)
from astrid.plots._looks import groups
from astrid.plots._paper import TWO_COLUMNS, finished, log_axis, page, plain, printed
from astrid.plots._style import GREY, checked, error_bars, escaped, noted, styled

COLUMNS = (
    "method",
    "interpretation_cost",
    "interpretation_cost_low",
    "interpretation_cost_high",
    "faithfulness",
    "faithfulness_low",
    "faithfulness_high",
)

_TITLE = "Cost and faithfulness of the methods"
_X, _Y = "interpretation_cost", "faithfulness"
_X_TITLE = "time a text"
_Y_TITLE = "comprehensiveness above random"
_ZERO = "no better than random scores"


def draw(frame: pd.DataFrame) -> go.Figure:
    """Faithfulness against cost (logarithmic), both with intervals; 0 is what random scores reach.

    Args:
        frame: one row a method; cost in seconds a text. Faithfulness: by how much more the
            explained output falls without the words with the highest scores than without random
            ones.
    """
    frame = checked(frame, COLUMNS, "cost_faithfulness")
    figure = go.Figure()
    figure.add_hline(
        y=0,
        line={"color": GREY, "dash": "dash"},
        annotation={"text": _ZERO, "xanchor": "right", "yanchor": "bottom"},
    )
    for look, rows in groups(frame, "method"):
        figure.add_scatter(
            x=rows[_X],
            y=rows[_Y],
            error_x=error_bars(rows, _X, look.colour),
            error_y=error_bars(rows, _Y, look.colour),
            name=escaped(short(look.name)),
            mode="markers",
            marker={"size": 11, "symbol": look.symbol, "color": look.colour},
            hovertext=[_hover(row) for _, row in rows.iterrows()],
            hoverinfo="text",
        )
    costs = _costs(frame)
    places, labels = log_ticks(costs, "s")
    figure.update_xaxes(
        title=_X_TITLE, type="log", range=log_range(costs), tickvals=places, ticktext=labels
    )
    figure.update_yaxes(title=_Y_TITLE)
    figure.update_layout(height=480, showlegend=True)
    return styled(figure, _TITLE, noted(frame))


def _costs(frame: pd.DataFrame) -> pd.Series:
    return pd.concat([frame[_X], frame[f"{_X}_low"], frame[f"{_X}_high"]])


def _hover(row: pd.Series) -> str:
    cost = seconds(row[_X]) if pd.notna(row[_X]) else DASH
    if pd.notna(row[f"{_X}_low"]):
        cost += f" [{seconds(row[f'{_X}_low'])}, {seconds(row[f'{_X}_high'])}]"
    return f"{escaped(row['method'])}<br>{_Y_TITLE} {with_interval(row, _Y)}<br>{cost} a text"


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width."""
    frame = checked(frame, COLUMNS, "cost_faithfulness")
    figure = page(TWO_COLUMNS, 3.0, _TITLE, noted(frame))
    axes = figure.add_subplot()
    for look, rows in groups(frame, "method"):
        axes.errorbar(
            rows[_X],
            rows[_Y],
            xerr=bar_lengths(rows, _X),
            yerr=bar_lengths(rows, _Y),
            fmt=look.marker,
            color=look.colour,
            elinewidth=0.8,
            label=plain(look.name),
        )
    axes.axhline(0, color="#777777", linestyle=(0, (4, 2)), linewidth=1, label=_ZERO)
    log_axis(axes, "x", _costs(frame), "s")
    axes.set(xlabel=_X_TITLE, ylabel=_Y_TITLE)
    return finished(figure, axes)


def example() -> pd.DataFrame:
    """A cheap method, a costly one, one worse than random, and one without faithfulness."""
    rows = [
        ("gradient_x_input", 0.012, 0.004, 0.03, 0.05, 0.02, 0.08),
        ("lime", 2.4, 0.8, 6.0, 0.21, 0.17, 0.25),
        ("attention", 0.006, None, None, -0.04, -0.07, -0.01),
        ("shap", 1.1, 0.5, 2.0, None, None, None),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[1:], float))
