"""Does compression cost every head the same: accuracy against encoder size, one line a head."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure

from astrid.plots._axes import bar_lengths, log_range, log_ticks, short
from astrid.plots._looks import groups
from astrid.plots._models import hover
from astrid.plots._paper import TWO_COLUMNS, finished, log_axis, page, plain, printed
from astrid.plots._style import checked, error_bars, escaped, noted, styled

COLUMNS = (
    "encoder",
    "classifier",
    "encoder_params",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
)

_TITLE = "Accuracy against encoder size, by head"
_MOVED = "Marks of one encoder are moved apart sideways."
_STEP = 0.012
"""Between two heads at one encoder, as a share of the axis."""


def draw(frame: pd.DataFrame) -> go.Figure:
    """Accuracy with interval against the encoder's parameters (logarithmic), one line a head.

    Args:
        frame: one row a model; a model whose accuracy is unknown leaves a gap.
    """
    frame = _placed(checked(frame, COLUMNS, "size_effect"))
    figure = go.Figure()
    for look, rows in groups(frame, "classifier"):
        figure.add_scatter(
            x=rows["place"],
            y=rows["accuracy"],
            error_y=error_bars(rows, "accuracy", look.colour),
            name=escaped(short(look.name)),
            mode="lines+markers",
            line={"color": look.colour, "dash": look.dash},
            marker={"size": 9, "symbol": look.symbol, "color": look.colour},
            hovertext=hover(rows, {"accuracy": "accuracy"}, {"encoder_params": "in the encoder"}),
            hoverinfo="text",
        )
    places, labels = log_ticks(frame["encoder_params"])
    figure.update_xaxes(
        title="parameters of the encoder",
        type="log",
        range=log_range(frame["encoder_params"]),
        tickvals=places,
        ticktext=labels,
    )
    figure.update_yaxes(title="accuracy", tickformat=".2f")
    figure.update_layout(height=480)
    return styled(figure, _TITLE, (*noted(frame), _MOVED))


def _placed(frame: pd.DataFrame) -> pd.DataFrame:
    """Sorted by size, with places on the axis; each head has its own shift from the true size."""
    heads = list(dict.fromkeys(frame["classifier"]))
    low, high = log_range(frame["encoder_params"])
    step = min(_STEP, 0.08 / len(heads)) * (high - low)
    shifts = {head: step * (place - (len(heads) - 1) / 2) for place, head in enumerate(heads)}
    places = frame["encoder_params"] * 10 ** frame["classifier"].map(shifts).astype(float)
    order = np.argsort(frame["encoder_params"].to_numpy(dtype=float), kind="stable")
    return frame.assign(place=places).iloc[order].pipe(_in_order_of, heads)


def _in_order_of(frame: pd.DataFrame, heads: list[str]) -> pd.DataFrame:
    rank = frame["classifier"].map({head: place for place, head in enumerate(heads)})
    return frame.iloc[np.argsort(rank.to_numpy(), kind="stable")]


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width."""
    frame = _placed(checked(frame, COLUMNS, "size_effect"))
    figure = page(TWO_COLUMNS, 3.0, _TITLE, (*noted(frame), _MOVED))
    axes = figure.add_subplot()
    for look, rows in groups(frame, "classifier"):
        axes.errorbar(
            rows["place"],
            rows["accuracy"],
            yerr=bar_lengths(rows, "accuracy"),
            fmt=look.marker,
            color=look.colour,
            linestyle=look.line,
            elinewidth=0.7,
            label=plain(look.name),
        )
    log_axis(axes, "x", frame["encoder_params"])
    axes.set(xlabel="parameters of the encoder", ylabel="accuracy")
    return finished(figure, axes)


def example() -> pd.DataFrame:
    """Three encoders with two heads; one model without an interval, one without an accuracy."""
    rows = [
        ("bert-base", "linear", 109_482_240, 0.93, 0.90, 0.95),
        ("bert-base", "mlp", 109_482_240, 0.92, 0.89, 0.95),
        ("distilbert", "linear", 66_362_880, 0.91, None, None),
        ("distilbert", "mlp", 66_362_880, None, None, None),
        ("tinybert", "linear", 14_350_248, 0.84, 0.80, 0.88),
        ("tinybert", "mlp", 14_350_248, 0.88, 0.84, 0.92),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[2:], float))
