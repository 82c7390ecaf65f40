"""What all plots share: colours, background, checks."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from astrid.errors import InputError

BLUE = "#3b82c4"
ORANGE = "#e08214"
GREY = "#808080"
SIMILARITY_SCALE = "Cividis"
"""Readable with any colour vision, and in grey."""

_TEXT = "#7b7b7b"  # at least 4.2:1 on white and on black
_GRID = "rgba(128, 128, 128, 0.25)"


def checked(frame: pd.DataFrame, columns: Sequence[str], plot: str) -> pd.DataFrame:
    """The frame itself; InputError where it lacks a column or has no rows."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(f"plot {plot}: the frame has no column {missing[0]!r}")
    if frame.empty:
        raise InputError(f"plot {plot}: the frame has no rows; there is nothing to draw")
    return frame


def styled(figure: go.Figure, title: str) -> go.Figure:
    """The figure without a background of its own, readable on light and on dark pages."""
    figure.update_layout(
        title={"text": title, "x": 0, "xref": "paper"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": _TEXT, "size": 13},
        margin={"l": 10, "r": 10, "t": 50, "b": 40},
    )
    figure.update_xaxes(gridcolor=_GRID, zerolinecolor=_GRID, automargin=True)
    figure.update_yaxes(gridcolor=_GRID, zerolinecolor=_GRID, automargin=True)
    return figure


def escaped(text: str) -> str:
    """`text` for plotly, which reads some HTML tags in labels."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def error_bars(rows: pd.DataFrame, column: str, colour: str) -> dict[str, object]:
    """Asymmetric bars from `{column}_low` to `{column}_high`."""
    return {
        "type": "data",
        "symmetric": False,
        "array": (rows[f"{column}_high"] - rows[column]).to_numpy(),
        "arrayminus": (rows[column] - rows[f"{column}_low"]).to_numpy(),
        "thickness": 1.5,
        "color": colour,
    }
