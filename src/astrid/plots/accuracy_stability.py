"""Is there a price: accuracy against the stability of the reasons, with the fitted line."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure

from astrid.analysis.slopes import Slope, slope
from astrid.plots._models import (
    add_frontier,
    add_models,
    add_reference,
    draw_frontier,
    draw_models,
    draw_reference,
    frontier,
    hover,
    thinned,
)
from astrid.plots._paper import TWO_COLUMNS, finished, page, printed
from astrid.plots._style import BLUE, checked, noted, styled

COLUMNS = (
    "encoder",
    "classifier",
    "reference",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "interpretation_stability",
    "interpretation_stability_low",
    "interpretation_stability_high",
)

_TITLE = "Accuracy against interpretation stability"
_X, _Y = "interpretation_stability", "accuracy"
_X_TITLE = "interpretation stability (spread over methods; lower is more stable)"
_POINTS = 40


def draw(frame: pd.DataFrame) -> go.Figure:
    """Models with both intervals, the frontier, and the least squares line with its 95 % band.

    Args:
        frame: one row a model; `reference` marks the reference. The line takes models as
            independent of each other; with fewer than three there is none.
    """
    frame = checked(frame, COLUMNS, "accuracy_stability")
    figure = go.Figure()
    line = slope(frame[_X].to_numpy(dtype=float), frame[_Y].to_numpy(dtype=float))
    if not line.reason:
        _add_line(figure, *_band(frame, line))
    best = frontier(frame, _X)
    drawn, bare = thinned(frame, best)
    add_frontier(figure, best, _X)
    titles = {_Y: "accuracy", _X: "interpretation stability"}
    add_models(figure, drawn, _X, hover(frame, titles, {}))
    add_reference(figure, frame, _X)
    figure.update_xaxes(title=_X_TITLE)
    figure.update_yaxes(title="accuracy", tickformat=".2f")
    figure.update_layout(height=500)
    return styled(figure, _TITLE, (_slope_text(line), *noted(frame), *bare))


def _slope_text(line: Slope) -> str:
    if line.reason:
        return f"No line: {line.reason}."
    found = line.estimate
    numbers = [f"{value / 10:+.3f}" for value in (found.value, found.low, found.high)]
    text = "Slope: {} [{}, {}] accuracy for each 0.1 of spread".format(*numbers)
    return f"{text} (95 %, over {found.n} models as if independent).".replace("-", "−")


def _band(frame: pd.DataFrame, line: Slope) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`[P]` places, the line there, and half the width of the 95 % band of the mean.

    With the slope's half interval h, the band at x is h·√(variance of x + (x − mean of x)²).
    """
    known = frame.dropna(subset=[_X, _Y])[_X].to_numpy(dtype=float)
    places = np.linspace(known.min(), known.max(), _POINTS)
    reach = line.estimate.high - line.estimate.value
    half = reach * np.sqrt(known.var() + (places - known.mean()) ** 2)
    return places, line.intercept + line.estimate.value * places, half


def _add_line(figure: go.Figure, places: np.ndarray, heights: np.ndarray, half: np.ndarray) -> None:
    figure.add_scatter(
        x=np.concatenate([places, places[::-1]]),
        y=np.concatenate([heights + half, (heights - half)[::-1]]),
        fill="toself",
        fillcolor="rgba(59, 130, 196, 0.15)",
        line={"width": 0},
        mode="lines",
        name="95 % band of the line",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=places,
        y=heights,
        mode="lines",
        line={"color": BLUE, "width": 2},
        name="least squares line",
        hoverinfo="skip",
    )


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width."""
    frame = checked(frame, COLUMNS, "accuracy_stability")
    line = slope(frame[_X].to_numpy(dtype=float), frame[_Y].to_numpy(dtype=float))
    best = frontier(frame, _X)
    drawn, bare = thinned(frame, best)
    figure = page(TWO_COLUMNS, 3.4, _TITLE, (_slope_text(line), *noted(frame), *bare))
    axes = figure.add_subplot()
    if not line.reason:
        places, heights, half = _band(frame, line)
        axes.fill_between(
            places, heights - half, heights + half, color="#e3e6ea", label="95 % band"
        )
        axes.plot(places, heights, color="#777777", label="least squares line")
    draw_frontier(axes, best, _X)
    draw_models(axes, drawn, _X)
    draw_reference(axes, frame, _X)
    axes.set(xlabel=_X_TITLE, ylabel="accuracy")
    return finished(figure, axes)


def example() -> pd.DataFrame:
    """Four models, of which one has no stability: it is explained by a single method."""
    rows = [
        ("bert-base", "linear", True, 0.93, 0.90, 0.95, 0.30, 0.27, 0.33),
        ("bert-base", "mlp", False, 0.92, 0.89, 0.95, 0.28, 0.25, 0.31),
        ("tinybert", "linear", False, 0.84, 0.80, 0.88, 0.24, 0.21, 0.27),
        ("tinybert", "mlp", False, 0.88, None, None, None, None, None),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[3:], float))
