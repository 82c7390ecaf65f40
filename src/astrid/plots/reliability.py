"""Is the model as often right as it is sure? Accuracy against confidence, and how many answers."""

from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from astrid.plots._style import BLUE, GREY, ORANGE, checked, error_bars, styled

if TYPE_CHECKING:
    from astrid.analysis.evaluation import Evaluation

COLUMNS = (
    "low",
    "high",
    "n",
    "confidence",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "right",
    "wrong",
)


def draw(subject: "Evaluation | pd.DataFrame") -> go.Figure:
    """Reliability diagram, with the right and wrong answers by confidence below.

    A dot below the dashed line is a bin of answers that are less often right than sure; the bars
    are Wilson intervals.

    Args:
        subject: an evaluation, or a frame as `Evaluation.to_frame()` gives it: one row a bin.
            Bins without answers are left out.
    """
    frame = subject if isinstance(subject, pd.DataFrame) else subject.to_frame()
    frame = checked(frame, COLUMNS, "reliability")
    filled = frame[frame["n"] > 0]
    start = float(filled["low"].min()) if len(filled) else 0.0
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.06
    )
    figure.add_trace(_diagonal(start), row=1, col=1)
    figure.add_trace(_dots(filled), row=1, col=1)
    for answers, colour, pattern in (("right", BLUE, ""), ("wrong", ORANGE, "/")):
        figure.add_trace(_bars(filled, answers, colour, pattern), row=2, col=1)
    legend = {"orientation": "h", "y": -0.18, "yanchor": "top", "traceorder": "normal"}
    figure.update_layout(barmode="stack", legend=legend)
    figure.update_xaxes(range=(start - 0.02, 1.02), tick0=0, dtick=0.1)
    figure.update_xaxes(title="confidence: the highest probability", row=2, col=1)
    figure.update_yaxes(title="share of right answers", range=(-0.03, 1.03), row=1, col=1)
    figure.update_yaxes(title="answers", row=2, col=1)
    return styled(figure, "Reliability: as often right as sure?")


def _diagonal(start: float) -> go.Scatter:
    return go.Scatter(
        x=[start, 1],
        y=[start, 1],
        mode="lines",
        name="as often right as sure",
        line={"color": GREY, "dash": "dash"},
        hoverinfo="skip",
    )


def _dots(filled: pd.DataFrame) -> go.Scatter:
    return go.Scatter(
        x=filled["confidence"],
        y=filled["accuracy"],
        error_y=error_bars(filled, "accuracy", BLUE),
        customdata=filled["n"],
        mode="markers",
        name="the model, with intervals",
        marker={"color": BLUE, "size": 10},
        hovertemplate="confidence %{x:.3f}<br>right %{y:.3f}<br>%{customdata} answers"
        "<extra></extra>",
    )


def _bars(filled: pd.DataFrame, answers: str, colour: str, pattern: str) -> go.Bar:
    """Counts a bin; the hatching tells the two apart where the colours can't."""
    return go.Bar(
        x=(filled["low"] + filled["high"]) / 2,
        y=filled[answers],
        width=(filled["high"] - filled["low"]) * 0.94,
        name=f"{answers} answers",
        marker={
            "color": colour,
            "line": {"width": 0},
            "pattern": {"shape": pattern, "fillmode": "overlay"},
        },
        hovertemplate=f"%{{y}} {answers}<extra></extra>",
    )


def example() -> pd.DataFrame:
    """A model that is too sure; one bin is empty, one holds a single answer."""
    rows = [
        (0.4, 0.5, 1, 0.49, 0.0, 0.0, 0.793, 0, 1),
        (0.5, 0.6, 0, None, None, None, None, 0, 0),
        (0.6, 0.7, 20, 0.66, 0.55, 0.342, 0.742, 11, 9),
        (0.7, 0.8, 40, 0.76, 0.65, 0.495, 0.779, 26, 14),
        (0.8, 0.9, 90, 0.86, 0.767, 0.670, 0.842, 69, 21),
        (0.9, 1.0, 250, 0.97, 0.9, 0.857, 0.931, 225, 25),
    ]
    measured = dict.fromkeys(("confidence", "accuracy", "accuracy_low", "accuracy_high"), float)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(measured)
