"""What size costs in accuracy, and what it does to the reasons."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from astrid.plots._style import GREY, SIMILARITY_SCALE, checked, error_bars, escaped, styled

COLUMNS = (
    "role",
    "name",
    "parameters",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "similarity",
)


def draw(frame: pd.DataFrame) -> go.Figure:
    """Accuracy with interval against parameters (logarithmic), coloured by similarity.

    Args:
        frame: as `FamilyComparison.to_frame()` gives it; rows of other roles than student and
            teacher are left out. The teacher is a diamond with the colour of similarity 1; a
            student whose similarity is unknown is hollow.
    """
    frame = checked(frame, COLUMNS, "size_accuracy")
    models = frame[frame["role"].isin(["teacher", "student"])]
    is_teacher = models["role"] == "teacher"
    similarity = models["similarity"].where(~is_teacher, 1.0)
    figure = go.Figure(
        go.Scatter(
            x=models["parameters"],
            y=models["accuracy"],
            error_y=error_bars(models, "accuracy", GREY),
            mode="markers+text",
            text=[escaped(name) for name in models["name"]],
            textposition="middle right",
            customdata=similarity,
            marker={
                "size": 14,
                "symbol": [_symbol(*pair) for pair in zip(is_teacher, similarity, strict=True)],
                "color": similarity,
                "colorscale": SIMILARITY_SCALE,
                "cmin": min(0.0, similarity.min()),
                "cmax": 1.0,
                "colorbar": {"title": {"text": "similarity"}},
                "line": {"width": 1, "color": GREY},
            },
            hovertemplate="%{text}<br>%{x:,} parameters<br>accuracy %{y:.3f}"
            "<br>similarity %{customdata:.3f}<extra></extra>",
        )
    )
    sizes = np.log10(models["parameters"].to_numpy(dtype=float))
    figure.update_xaxes(
        title="parameters",
        type="log",
        dtick="D2",
        range=(sizes.min() - 0.2, sizes.max() + 0.5),  # room for the names on the right
    )
    figure.update_yaxes(title="accuracy")
    return styled(figure, "Accuracy against size, coloured by similarity")


def _symbol(is_teacher: bool, similarity: float) -> str:
    if is_teacher:
        return "diamond"
    return "circle-open" if math.isnan(similarity) else "circle"


def example() -> pd.DataFrame:
    """A teacher, two students, one of them without a known similarity, and a line of chance."""
    rows = [
        ("teacher", "teacher", 110e6, 0.93, 0.90, 0.95, None),
        ("student", "six layers", 66e6, 0.91, 0.88, 0.94, 0.84),
        ("student", "two layers", 11e6, 0.84, 0.80, 0.88, None),
        ("chance", "chance", None, None, None, None, 0.11),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[2:], float))
