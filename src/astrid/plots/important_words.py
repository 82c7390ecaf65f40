"""Which words speak for and against the classes of tasks: a panel a task of two, or a class."""

import math
from collections.abc import Iterator

import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from astrid.plots._axes import bar_lengths, short, with_interval
from astrid.plots._paper import TWO_COLUMNS, page, plain, printed
from astrid.plots._style import BLUE, GREY, ORANGE, checked, error_bars, escaped, noted, styled
from astrid.plots._words import name_bars, name_lines

COLUMNS = (
    "task",
    "against",
    "toward",
    "word",
    "score",
    "score_low",
    "score_high",
    "groups",
    "control_low",
    "control_high",
)

MOST = 15
"""Words toward each class that a panel shows."""

_TITLE = "Words that matter"
_BAND = "Grey band: how far the scores get where they are shuffled among the words of each text."
_ROW = 21
_ACROSS = 2


def draw(frame: pd.DataFrame) -> go.Figure:
    """Bars of mean scores with intervals: toward class 0 to the left, toward class 1 to the right.

    Bars beyond the grey band are of words that stand out; those within are no more extreme than
    the most extreme of shuffled scores, and hatched.

    Args:
        frame: as `ImportantWords.to_frame()` gives it, of one task or of several, one below the
            other. Of more than fifteen words toward a class, the most extreme are drawn.
    """
    rows, note = _chosen(checked(frame, COLUMNS, "important_words"))
    parts = list(_panels(rows))
    lines = [len(part) for part in parts]
    height = 110 + sum(_ROW * count + 85 for count in lines)
    figure = make_subplots(
        len(parts),
        1,
        subplot_titles=[escaped(_heading(part)) for part in parts],
        row_heights=[float(count + 1) for count in lines],
        vertical_spacing=min(85 / height, 0.9 / len(parts)),
    )
    for panel, part in enumerate(parts):
        _add_panel(figure, part, panel + 1)
    figure.update_xaxes(exponentformat="power")  # not "µ", which reads as a unit
    figure.update_xaxes(title_text="mean score of the word", row=len(parts), col=1)
    figure.update_layout(height=height, showlegend=False, bargap=0.25, barmode="overlay")
    styled(figure, _TITLE, (_BAND, *noted(frame), note))
    figure.update_annotations(font={"size": 13}, x=0, xanchor="left", xref="paper")
    return figure.update_layout(margin={"t": figure.layout.margin.t + 25})


def _add_panel(figure: go.Figure, rows: pd.DataFrame, panel: int) -> None:
    places = list(range(len(rows)))
    placed = rows.assign(place=places, out=_stand_out(rows), colour=_colours(rows))
    # A trace a colour and hatching: plotly takes one of each for the bars' legend.
    for (colour, out), part in placed.groupby(["colour", "out"], sort=False):
        _add_bars(figure, part, str(colour), "" if out else "/", panel)
    # After the bars: plotly leaves out what is added to a panel without any.
    figure.add_vrect(
        x0=rows["control_low"].iloc[0],
        x1=rows["control_high"].iloc[0],
        fillcolor=GREY,
        opacity=0.22,
        line_width=0,
        layer="below",
        row=panel,
        col=1,
    )
    name_lines(figure, rows["word"], panel)


def _add_bars(figure: go.Figure, rows: pd.DataFrame, colour: str, pattern: str, panel: int) -> None:
    figure.add_bar(
        x=rows["score"],
        y=rows["place"],
        orientation="h",
        error_x=error_bars(rows, "score", GREY),
        marker={
            "color": colour,
            "line": {"width": 0},
            "pattern": {"shape": pattern, "fillmode": "overlay"},
        },
        hovertext=[
            f"{escaped(str(row['word']))}: {with_interval(row, 'score')}<br>in {row['groups']:g} "
            "groups or texts"
            for _, row in rows.iterrows()
        ],
        hoverinfo="text",
        row=panel,
        col=1,
    )


def _chosen(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The most extreme words of each panel, falling, and what was left out."""
    parts, left = [], 0
    for part in _panels(frame):
        ordered = part.sort_values("score", ascending=False, kind="stable")
        first = ordered[ordered["score"] > 0].head(MOST)
        last = ordered[ordered["score"] <= 0].tail(MOST)
        parts += [first, last]
        left += len(part) - len(first) - len(last)
    note = f"{left} less extreme words are not drawn." if left else ""
    return pd.concat(parts), note


def _panels(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The words of each class that was explained: of two classes one, of more each has its own."""
    for _, part in rows.groupby(["task", "toward"], sort=False):
        yield part


def _heading(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    against = short(str(first["against"]) or "other classes", 18)
    return f"{short(str(first['task']), 18)}: ← {against} | {short(str(first['toward']), 18)} →"


def _colours(rows: pd.DataFrame) -> list[str]:
    return [ORANGE if score > 0 else BLUE for score in rows["score"]]


def _stand_out(rows: pd.DataFrame) -> list[bool]:
    outside = (rows["score"] < rows["control_low"]) | (rows["score"] > rows["control_high"])
    return [bool(flag) for flag in outside]


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width, two panels a row."""
    rows, note = _chosen(checked(frame, COLUMNS, "important_words"))
    parts = list(_panels(rows))
    across = min(_ACROSS, len(parts))
    down = math.ceil(len(parts) / across)
    most = max(len(part) for part in parts)
    height = 0.8 + down * (0.55 + 0.135 * most)
    figure = page(TWO_COLUMNS, height, _TITLE, (_BAND, *noted(frame), note))
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes in panels[len(parts) :]:
        axes.set_visible(False)
    for place, (axes, part) in enumerate(zip(panels, parts, strict=False)):
        _draw_panel(axes, part)
        if place >= len(parts) - across:
            axes.set_xlabel("mean score of the word")
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    axes.axvspan(
        rows["control_low"].iloc[0], rows["control_high"].iloc[0], color=GREY, alpha=0.22, lw=0
    )
    bars = axes.barh(
        range(len(rows)),
        rows["score"],
        height=0.72,
        color=_colours(rows),
        xerr=bar_lengths(rows, "score"),
        error_kw={"elinewidth": 0.7, "ecolor": "#444444"},
    )
    for bar, out in zip(bars, _stand_out(rows), strict=True):
        if not out:
            bar.set(hatch="////", edgecolor="white", linewidth=0)
    axes.axvline(0, color="#444444", linewidth=0.6)
    name_bars(axes, rows["word"])
    axes.set_title(plain(_heading(rows), 70), loc="left")


def example() -> pd.DataFrame:
    """Two tasks: words beyond the band and within it, one without an interval."""
    rows = [
        ("ei", "I", "E", "party", 0.060, 0.041, 0.078, 24, -0.02, 0.03),
        ("ei", "I", "E", "we", 0.018, 0.004, 0.030, 120, -0.02, 0.03),
        ("ei", "I", "E", "home", -0.012, -0.021, -0.002, 61, -0.02, 0.03),
        ("ei", "I", "E", "alone", -0.052, -0.070, -0.035, 33, -0.02, 0.03),
        ("sn", "S", "N", "theory", 0.024, None, None, 5, -0.01, 0.01),
        ("sn", "S", "N", "facts", -0.008, -0.013, -0.004, 40, -0.01, 0.01),
    ]
    measured = dict.fromkeys([*COLUMNS[4:7], *COLUMNS[8:]], float)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(measured)
