"""How well two or more models classify the same texts, side by side, with intervals."""

from collections.abc import Iterator

import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from astrid.plots._axes import bar_lengths, short, with_interval
from astrid.plots._looks import Look, groups
from astrid.plots._paper import TWO_COLUMNS, page, plain, printed, ticks
from astrid.plots._style import GREY, checked, error_bars, escaped, noted, styled

COLUMNS = ("model", "panel", "measure", "value", "value_low", "value_high")

_TITLE = "Classification, model against model"
_WIDTH = 0.8
"""Of the bars of one measure together, of the distance between two measures."""
_HATCHES = ("", "////", "....", "\\\\\\\\")


def draw(frame: pd.DataFrame) -> go.Figure:
    """A panel below the other; in each a group of bars a measure, one bar a model.

    Args:
        frame: one row a model, panel and measure, values from 0 to 1; the order of the rows is
            that of the panels, measures and models.
    """
    rows = checked(frame, COLUMNS, "metrics_comparison")
    panels = list(_panels(rows))
    figure = make_subplots(
        len(panels),
        1,
        subplot_titles=[escaped(short(name, 40)) for name, _ in panels],
        vertical_spacing=0.3 / len(panels),
    )
    for number, (_, part) in enumerate(panels, start=1):
        placed = _placed(part)
        for look, bars in groups(placed, "model"):
            _add_bars(figure, bars, look, number)
        names = _measures(part)
        figure.update_xaxes(
            tickvals=list(range(len(names))),
            ticktext=[escaped(short(name, 18)) for name in names],
            showgrid=False,
            row=number,
            col=1,
        )
    figure.update_yaxes(range=(0, 1.02), tick0=0, dtick=0.2)
    height = 130 + 240 * len(panels)
    legend = {"orientation": "h", "x": 0, "y": -50 / height, "yanchor": "top"}
    figure.update_layout(height=height, barmode="overlay", legend=legend)
    styled(figure, _TITLE, noted(frame))
    figure.update_annotations(font={"size": 13}, x=0, xanchor="left")
    return figure.update_layout(margin={"t": figure.layout.margin.t + 25})


def _add_bars(figure: go.Figure, bars: pd.DataFrame, look: Look, panel: int) -> None:
    figure.add_bar(
        x=bars["place"],
        y=bars["value"],
        width=bars["width"],
        error_y=error_bars(bars, "value", GREY),
        name=escaped(short(look.name)),
        legendgroup=look.name,
        showlegend=panel == 1,
        marker={"color": look.colour, "line": {"width": 0}},
        hovertext=[
            f"{escaped(short(look.name))}, {escaped(str(row['measure']))}: "
            f"{with_interval(row, 'value')}"
            for _, row in bars.iterrows()
        ],
        hoverinfo="text",
        row=panel,
        col=1,
    )


def _panels(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for name, part in rows.groupby("panel", sort=False):
        yield str(name), part


def _measures(part: pd.DataFrame) -> list[str]:
    return [str(name) for name in dict.fromkeys(part["measure"])]


def _placed(part: pd.DataFrame) -> pd.DataFrame:
    """Rows with `place` and `width` of their bars: measures at 0, 1, …, models side by side."""
    measures = {name: float(place) for place, name in enumerate(_measures(part))}
    models = {name: place for place, name in enumerate(dict.fromkeys(part["model"]))}
    width = _WIDTH / len(models)
    offsets = part["model"].map(models).astype(float) - (len(models) - 1) / 2
    place = part["measure"].astype(str).map(measures).astype(float) + width * offsets
    return part.assign(place=place, width=0.94 * width)


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width, the panels side by side."""
    rows = checked(frame, COLUMNS, "metrics_comparison")
    panels = list(_panels(rows))
    figure = page(TWO_COLUMNS, 2.9, _TITLE, noted(frame))
    widths = [max(2, len(_measures(part))) for _, part in panels]
    # Few names of a panel have no room either where another panel takes most of the page.
    slanted = max(widths) > 4
    places = figure.subplots(1, len(panels), squeeze=False, sharey=True, width_ratios=widths)[0]
    for axes, (name, part) in zip(places, panels, strict=True):
        _draw_panel(axes, name, _placed(part), slanted)
    handles = {
        label: handle
        for axes in places
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside right upper")
    return figure


def _draw_panel(axes: Axes, name: str, placed: pd.DataFrame, slanted: bool) -> None:
    for number, (look, bars) in enumerate(groups(placed, "model")):
        axes.bar(
            bars["place"],
            bars["value"],
            width=bars["width"],
            color=look.colour,
            hatch=_HATCHES[number % len(_HATCHES)],
            edgecolor="white",
            linewidth=0,
            yerr=bar_lengths(bars, "value"),
            error_kw={"elinewidth": 0.8, "ecolor": "#222222", "capsize": 1.5},
            label=plain(look.name),
        )
    names = _measures(placed)
    ticks(axes, "x", range(len(names)), names, rotation=30 if slanted else 0, longest=12)
    axes.set_ylim(0, 1.02)
    axes.set_title(plain(name, 40), loc="left")
    axes.grid(visible=True, axis="y")
    axes.set_axisbelow(True)


def example() -> pd.DataFrame:
    """Two models, four measures and three labels; one value has no interval."""
    rows = [
        ("zero-shot", "all labels", "accuracy", 0.44, 0.37, 0.51),
        ("zero-shot", "all labels", "precision", 0.47, 0.38, 0.55),
        ("zero-shot", "all labels", "recall", 0.42, 0.36, 0.49),
        ("zero-shot", "all labels", "F1", 0.39, 0.33, 0.46),
        ("zero-shot", "F1 of each label", "negative", 0.52, 0.43, 0.60),
        ("zero-shot", "F1 of each label", "neutral", 0.18, 0.09, 0.28),
        ("zero-shot", "F1 of each label", "positive", 0.47, 0.38, 0.56),
        ("fine-tuned", "all labels", "accuracy", 0.76, 0.70, 0.81),
        ("fine-tuned", "all labels", "precision", 0.76, 0.69, 0.82),
        ("fine-tuned", "all labels", "recall", 0.75, 0.68, 0.81),
        ("fine-tuned", "all labels", "F1", 0.75, 0.69, 0.81),
        ("fine-tuned", "F1 of each label", "negative", 0.78, 0.70, 0.85),
        ("fine-tuned", "F1 of each label", "neutral", 0.66, 0.57, 0.75),
        ("fine-tuned", "F1 of each label", "positive", 0.82, None, None),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[3:], float))
