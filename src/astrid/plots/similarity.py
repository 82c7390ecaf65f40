"""How alike the reasons are: a dot with its interval a student, between chance and ceiling."""

import math

import pandas as pd
import plotly.graph_objects as go

from astrid.plots._style import BLUE, GREY, ORANGE, checked, error_bars, escaped, styled

COLUMNS = ("role", "name", "similarity", "similarity_low", "similarity_high")

_LINES = {"chance": ORANGE, "ceiling": GREY}


def draw(frame: pd.DataFrame) -> go.Figure:
    """Similarity to the teacher, with chance and ceiling as lines and their intervals as bands.

    Args:
        frame: as `FamilyComparison.to_frame()` gives it: `role` is student, teacher, chance or
            ceiling; the teacher is not drawn.
    """
    frame = checked(frame, COLUMNS, "similarity")
    students = frame[frame["role"] == "student"].iloc[::-1]
    figure = go.Figure(
        go.Scatter(
            x=students["similarity"],
            y=[escaped(name) for name in students["name"]],
            error_x=error_bars(students, "similarity", BLUE),
            mode="markers",
            marker={"size": 11, "color": BLUE},
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    for role, colour in _LINES.items():
        for line in frame.loc[frame["role"] == role, list(COLUMNS[2:])].to_numpy(dtype=float):
            _add_line(figure, role, colour, *line)
    figure.update_yaxes(range=(-0.6, len(students) - 0.4))
    figure.update_xaxes(title="cosine similarity to the teacher", range=_range(frame))
    return styled(figure, "Similarity to the teacher's explanations")


def _add_line(
    figure: go.Figure, role: str, colour: str, value: float, low: float, high: float
) -> None:
    label = {"text": role, "font": {"color": colour}, "y": 1.0, "yanchor": "bottom"}
    figure.add_vline(x=value, line={"color": colour, "dash": "dash"}, annotation=label)
    if not (math.isnan(low) or math.isnan(high)):
        figure.add_vrect(x0=low, x1=high, fillcolor=colour, opacity=0.15, line_width=0)


def _range(frame: pd.DataFrame) -> tuple[float, float]:
    """From 0 or the lowest end, whichever is lower, to 1."""
    lowest = frame[["similarity", "similarity_low"]].min().min()
    return (min(0.0, lowest) - 0.03 if pd.notna(lowest) else 0.0, 1.03)


def example() -> pd.DataFrame:
    """Two students, one of them without an interval, and both lines."""
    rows = [
        ("teacher", "teacher", None, None, None),
        ("student", "six layers", 0.84, 0.79, 0.88),
        ("student", "two layers", -0.1, None, None),
        ("chance", "chance", 0.11, 0.08, 0.14),
        ("ceiling", "ceiling", 0.9, 0.87, 0.93),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[2:], float))
