"""What is left of explanations as the model's weights become random: one line a method."""

import pandas as pd
import plotly.graph_objects as go

from astrid.plots._style import BLUE, GREY, ORANGE, checked, error_bars, escaped, styled

COLUMNS = ("method", "step", "random", "agreement", "agreement_low", "agreement_high", "chance")

_COLOURS = (BLUE, "#1b9e77", "#9467bd", "#d62728", "#8c6d31", GREY)
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
# Neither count divides the other: methods that share a colour have different symbols.


def draw(frame: pd.DataFrame) -> go.Figure:
    """Agreement with the original explanations at each step, with intervals; chance is dashed.

    Args:
        frame: as `SanityCheck.to_frame()` gives it; steps go from the original model (left) to
            the fully random one. Chance is the mean over the methods.
    """
    frame = checked(frame, COLUMNS, "sanity")
    figure = go.Figure()
    for number, (method, rows) in enumerate(frame.groupby("method", sort=False)):
        _add_method(figure, number, str(method), rows.sort_values("step"))
    steps = frame.sort_values("step").groupby("step")
    chance = steps["chance"].mean()
    figure.add_scatter(
        x=chance.index,
        y=chance,
        name="chance",
        mode="lines",
        line={"color": ORANGE, "dash": "dash"},
        hovertemplate="chance: %{y:.3f}<extra></extra>",
    )
    names = steps["random"].first()
    figure.update_xaxes(
        title="random from the output up to",
        tickvals=list(names.index),
        ticktext=[escaped(str(name)) for name in names],
    )
    figure.update_yaxes(title="agreement with the original", range=_range(frame))
    return styled(figure, "Explanations of ever more random models")


def _add_method(figure: go.Figure, number: int, method: str, rows: pd.DataFrame) -> None:
    colour = _COLOURS[number % len(_COLOURS)]
    figure.add_scatter(
        x=rows["step"],
        y=rows["agreement"],
        error_y=error_bars(rows, "agreement", colour),
        name=escaped(method),
        mode="lines+markers",
        line={"color": colour},
        marker={"size": 9, "symbol": _SYMBOLS[number % len(_SYMBOLS)]},
        hovertemplate=f"{escaped(method)}: %{{y:.3f}}<extra></extra>",
    )


def _range(frame: pd.DataFrame) -> tuple[float, float]:
    """From 0 or the lowest end, whichever is lower, to 1."""
    lowest = frame[["agreement", "agreement_low", "chance"]].min().min()
    return (min(0.0, lowest) - 0.05 if pd.notna(lowest) else 0.0, 1.05)


def example() -> pd.DataFrame:
    """A method that loses its agreement, one that keeps it, and a step that is undefined."""
    rows = [
        ("integrated_gradients", 0, "nothing", 1.0, 1.0, 1.0, 0.0),
        ("integrated_gradients", 1, "head", 0.3, 0.2, 0.4, 0.0),
        ("integrated_gradients", 2, "layer 1", 0.1, 0.0, 0.2, 0.0),
        ("integrated_gradients", 3, "embeddings", -0.02, -0.06, 0.03, 0.0),
        ("attention", 0, "nothing", 1.0, 1.0, 1.0, 0.0),
        ("attention", 1, "head", 1.0, 1.0, 1.0, 0.0),
        ("attention", 2, "layer 1", 0.6, None, None, 0.0),
        ("attention", 3, "embeddings", None, None, None, None),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[3:], float))
