"""Which words moved a model's answers most over all explained texts, a panel a model."""

import math
from collections.abc import Iterator

import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from astrid.plots._axes import short
from astrid.plots._paper import TWO_COLUMNS, page, plain, printed
from astrid.plots._style import BLUE, ORANGE, checked, escaped, noted, styled
from astrid.plots._words import name_bars, name_lines

COLUMNS = ("model", "word", "toward", "against", "texts")

_TITLE = "Most influential words"
_AXIS = "sum of |score| over all texts"
_SIDES = (("toward", "toward the explained label", ORANGE), ("against", "against it", BLUE))
_ROW = 21
_ACROSS = 2


def draw(frame: pd.DataFrame) -> go.Figure:
    """Bars of the total absolute score of each word, parted by the sign of the scores.

    Args:
        frame: one row a model and word, as `astrid.llm.influential.influential_words` gives it;
            the rows of a model are drawn in their order, the first one on top.
    """
    rows = checked(frame, COLUMNS, "influential_tokens")
    panels = list(_panels(rows))
    lines = [len(part) for _, part in panels]
    height = 120 + sum(_ROW * count + 70 for count in lines)
    figure = make_subplots(
        len(panels),
        1,
        subplot_titles=[escaped(short(name, 40)) for name, _ in panels],
        row_heights=lines,
        vertical_spacing=min(70 / height, 0.9 / max(1, len(panels) - 1)),
    )
    for number, (_, part) in enumerate(panels, start=1):
        _add_panel(figure, part, number)
    figure.update_xaxes(exponentformat="power", rangemode="tozero")
    figure.update_xaxes(title_text=_AXIS, row=len(panels), col=1)
    legend = {"orientation": "h", "x": 0, "y": -60 / height, "yanchor": "top"}
    figure.update_layout(height=height, barmode="stack", bargap=0.25, legend=legend)
    styled(figure, _TITLE, noted(frame))
    figure.update_annotations(font={"size": 13}, x=0, xanchor="left")
    return figure.update_layout(margin={"t": figure.layout.margin.t + 25})


def _add_panel(figure: go.Figure, part: pd.DataFrame, panel: int) -> None:
    places = list(range(len(part)))
    for column, name, colour in _SIDES:
        figure.add_bar(
            x=part[column],
            y=places,
            orientation="h",
            name=name,
            legendgroup=column,
            showlegend=panel == 1,
            marker={"color": colour, "line": {"width": 0}},
            hovertext=[
                f"{escaped(str(row['word']))}: {row[column]:.3g} {name}, in {row['texts']:g} texts"
                for _, row in part.iterrows()
            ],
            hoverinfo="text",
            row=panel,
            col=1,
        )
    name_lines(figure, part["word"], panel)


def _panels(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for name, part in rows.groupby("model", sort=False):
        yield str(name), part


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width, two panels a row."""
    panels = list(_panels(checked(frame, COLUMNS, "influential_tokens")))
    across = min(_ACROSS, len(panels))
    down = math.ceil(len(panels) / across)
    most = max(len(part) for _, part in panels)
    figure = page(TWO_COLUMNS, 0.9 + down * (0.5 + 0.135 * most), _TITLE, noted(frame))
    places = figure.subplots(down, across, squeeze=False).ravel()
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    for axes, (name, part) in zip(places, panels, strict=False):
        _draw_panel(axes, name, part)
    handles, labels = places[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper")
    return figure


def _draw_panel(axes: Axes, name: str, part: pd.DataFrame) -> None:
    ends = pd.Series(0.0, index=part.index)
    for column, label, colour in _SIDES:
        axes.barh(range(len(part)), part[column], height=0.72, left=ends, color=colour, label=label)
        ends = ends + part[column]
    name_bars(axes, part["word"])
    axes.set_xlabel(_AXIS)
    axes.set_title(plain(name, 40), loc="left")


def example() -> pd.DataFrame:
    """Two models: words that speak for labels, against them, and both."""
    rows = [
        ("zero-shot", "the", 0.31, 0.22, 9),
        ("zero-shot", "love", 0.40, 0.03, 3),
        ("zero-shot", "today", 0.12, 0.19, 4),
        ("fine-tuned", "love", 1.10, 0.00, 3),
        ("fine-tuned", "hate", 0.84, 0.06, 2),
        ("fine-tuned", "but", 0.02, 0.35, 5),
        ("fine-tuned", "fine", 0.21, 0.09, 2),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"toward": float, "against": float})
