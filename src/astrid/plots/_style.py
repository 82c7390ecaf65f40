"""What all plots share: colours, background, checks."""

import textwrap
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
_NOTE_WIDTH = 110


def checked(frame: pd.DataFrame, columns: Sequence[str], plot: str) -> pd.DataFrame:
    """The frame itself; InputError where it lacks a column or has no rows."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(f"plot {plot}: the frame has no column {missing[0]!r}")
    if frame.empty:
        raise InputError(f"plot {plot}: the frame has no rows; there is nothing to draw")
    return frame


def styled(figure: go.Figure, title: str, notes: Sequence[str] = ()) -> go.Figure:
    """The figure without a background of its own, readable on light and on dark pages.

    Args:
        figure: what is drawn.
        title: of the figure, as HTML.
        notes: sentences below the title: what the intervals are, what was left out.
    """
    figure.update_layout(
        title={"text": title, "x": 0, "xref": "paper"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": _TEXT, "size": 13},
        margin={"l": 10, "r": 10, "t": 50, "b": 40},
    )
    if notes:
        _add_notes(figure, notes)
    figure.update_xaxes(gridcolor=_GRID, zerolinecolor=_GRID, automargin=True)
    figure.update_yaxes(gridcolor=_GRID, zerolinecolor=_GRID, automargin=True)
    return figure


def noted(frame: pd.DataFrame) -> tuple[str, ...]:
    """The sentences that the frame brings along for its plot."""
    return tuple(str(note) for note in frame.attrs.get("notes", ()))


def _add_notes(figure: go.Figure, notes: Sequence[str]) -> None:
    lines = textwrap.wrap(" ".join(str(note) for note in notes), _NOTE_WIDTH)
    figure.update_layout(
        title={
            "subtitle": {
                "text": "<br>".join(escaped(line) for line in lines),
                "font": {"size": 12, "color": _TEXT},
            },
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 14},
        },
        margin={"t": 64 + 17 * len(lines)},
    )


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
