"""What size buys: accuracy against parameters, with the models that nothing smaller beats."""

import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure

from astrid.plots._axes import log_range, log_ticks
from astrid.plots._looks import Look, look
from astrid.plots._models import (
    add_frontier,
    add_models,
    add_reference,
    draw_frontier,
    draw_models,
    draw_reference,
    frontier,
    hover,
    moved_apart,
    thinned,
)
from astrid.plots._paper import TWO_COLUMNS, finished, log_axis, page, plain, printed
from astrid.plots._style import GREY, checked, escaped, noted, styled

COLUMNS = (
    "encoder",
    "classifier",
    "reference",
    "total_params",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
)

SHAPES = 6
"""Kinds of compression that shapes can tell apart."""

_TITLE = "Accuracy against size"
_MOVED = "Marks of nearly the same size are moved apart sideways; their order is kept."


def draw(frame: pd.DataFrame) -> go.Figure:
    """Accuracy with interval against parameters (logarithmic), coloured and shaped by head.

    Args:
        frame: one row a model; `reference` marks the reference. With a further column
            `compression` of up to six kinds, shapes tell the compression instead of the head.
    """
    frame = checked(frame, COLUMNS, "pareto")
    placed = frame.assign(place=moved_apart(frame, "total_params"))
    best = frontier(placed, "total_params")
    placed, bare = thinned(placed, best)
    figure = go.Figure()
    add_frontier(figure, best, "place")
    texts = hover(frame, {"accuracy": "accuracy"}, {"total_params": "parameters"})
    shapes = _shapes(frame)
    add_models(figure, placed, "place", texts, shapes)
    for name, shape in (shapes or {}).items():
        figure.add_scatter(
            x=[None],
            y=[None],
            name=f"compression: {escaped(name)}",
            mode="markers",
            marker={"color": GREY, "symbol": shape.symbol, "size": 10},
        )
    add_reference(figure, placed, "place")
    places, labels = log_ticks(frame["total_params"])
    figure.update_xaxes(
        title="parameters",
        type="log",
        range=log_range(frame["total_params"]),
        tickvals=places,
        ticktext=labels,
    )
    figure.update_yaxes(title="accuracy", tickformat=".2f")
    figure.update_layout(height=480)
    return styled(figure, _TITLE, (*noted(frame), *bare, _MOVED))


def _shapes(frame: pd.DataFrame) -> dict[str, Look] | None:
    if "compression" not in frame:
        return None
    kinds = list(dict.fromkeys(frame["compression"]))
    if not 1 < len(kinds) <= SHAPES:
        return None
    return {kind: look(number, kind) for number, kind in enumerate(kinds)}


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width."""
    frame = checked(frame, COLUMNS, "pareto")
    placed = frame.assign(place=moved_apart(frame, "total_params"))
    best = frontier(placed, "total_params")
    placed, bare = thinned(placed, best)
    figure = page(TWO_COLUMNS, 3.2, _TITLE, (*noted(frame), *bare, _MOVED))
    axes = figure.add_subplot()
    draw_frontier(axes, best, "place")
    shapes = _shapes(frame)
    draw_models(axes, placed, "place", shapes)
    for name, shape in (shapes or {}).items():
        axes.plot([], [], shape.marker, color="#777777", label=f"compression: {plain(name)}")
    draw_reference(axes, placed, "place")
    log_axis(axes, "x", frame["total_params"])
    axes.set(xlabel="parameters", ylabel="accuracy")
    return finished(figure, axes)


def example() -> pd.DataFrame:
    """Two encoders with two heads, one of them compressed; one model without an interval."""
    rows = [
        ("bert-base", "linear", "none", True, 109_483_778, 0.93, 0.90, 0.95),
        ("bert-base", "mlp", "none", False, 109_851_650, 0.92, 0.89, 0.95),
        ("bert-base", "mlp", "int8", False, 27_462_912, 0.91, 0.87, 0.94),
        ("tinybert", "linear", "none", False, 14_350_874, 0.84, 0.80, 0.88),
        ("tinybert", "mlp", "none", False, 14_718_746, 0.88, None, None),
    ]
    columns = [*COLUMNS[:2], "compression", *COLUMNS[2:]]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(COLUMNS[4:], float))
