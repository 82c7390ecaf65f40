"""How well each task is answered, beside what no model is needed for."""

from collections.abc import Iterator

import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from astrid.plots._axes import bar_lengths, short, with_interval
from astrid.plots._looks import Look, groups
from astrid.plots._paper import TWO_COLUMNS, page, plain, printed, ticks
from astrid.plots._style import checked, error_bars, escaped, noted, styled

COLUMNS = ("name", "task", "measure", "value", "value_low", "value_high")

MEASURES = {
    "accuracy": "accuracy",
    "f1": "macro F1",
    "balanced_accuracy": "balanced accuracy",
}
"""What is drawn, a panel each, where the frame has it."""

_TITLE = "Quality of each task"
_ROW = 24


def draw(frame: pd.DataFrame) -> go.Figure:
    """A panel a measure, a row a task, in it a mark with its interval a model or baseline.

    Args:
        frame: one row a model, task and measure, as `TaskBoard.to_frame()` gives it. Measures
            that don't lie between 0 and 1, such as log loss, are left out.
    """
    rows = _placed(checked(frame, COLUMNS, "task_quality"))
    shown = _shown(rows)
    height = 150 + len(shown) * (60 + _ROW * _lines(rows))
    figure = make_subplots(
        max(1, len(shown)),
        1,
        subplot_titles=[MEASURES[name] for name in shown],
        vertical_spacing=min(0.3, 75 / height),
    )
    for look, of_name in groups(rows, "name"):
        for panel, measure in enumerate(shown):
            part = of_name[of_name["measure"] == measure]
            _add_marks(figure, part, look, panel + 1)
    for panel, measure in enumerate(shown):
        places, labels = _tasks(rows, measure)
        figure.update_yaxes(
            tickvals=places,
            ticktext=[escaped(short(label, 18)) for label in labels],
            range=(max(places) + 0.5, min(places) - 0.5),
            showgrid=False,
            zeroline=False,
            row=panel + 1,
            col=1,
        )
    figure.update_xaxes(range=(-0.02, 1.02), tick0=0, dtick=0.2, zeroline=False)
    legend = {"orientation": "h", "x": 0, "y": -50 / height, "yanchor": "top"}
    figure.update_layout(height=height, legend=legend)
    styled(figure, _TITLE, noted(frame))
    figure.update_annotations(font={"size": 13}, x=0, xanchor="left")
    return figure.update_layout(margin={"t": figure.layout.margin.t + 25})


def _add_marks(figure: go.Figure, rows: pd.DataFrame, look: Look, panel: int) -> None:
    texts = [
        f"{escaped(short(str(row['name'])))}, {escaped(str(row['task']))}: "
        f"{with_interval(row, 'value')}"
        for _, row in rows.iterrows()
    ]
    figure.add_scatter(
        x=rows["value"],
        y=rows["place"],
        error_x=error_bars(rows, "value", look.colour),
        name=escaped(short(look.name)),
        legendgroup=look.name,
        showlegend=panel == 1,
        mode="markers",
        marker={"size": 9, "symbol": look.symbol, "color": look.colour},
        hovertext=texts,
        hoverinfo="text",
        row=panel,
        col=1,
    )


def _placed(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows with `place`: tasks at 0, 1, … from above, and the names of a task side by side."""
    tasks = {task: place for place, task in enumerate(dict.fromkeys(frame["task"]))}
    names = {name: place for place, name in enumerate(dict.fromkeys(frame["name"]))}
    step = 0.7 / len(names)
    offsets = frame["name"].map(names).astype(float) - (len(names) - 1) / 2
    return frame.assign(place=frame["task"].map(tasks).astype(float) + step * offsets)


def _lines(rows: pd.DataFrame) -> float:
    """How many marks stand below each other in a panel."""
    return float(rows["task"].nunique() * max(1.5, 0.6 * rows["name"].nunique() + 0.4))


def _shown(rows: pd.DataFrame) -> list[str]:
    return [name for name in MEASURES if (rows["measure"] == name).any()]


def _tasks(rows: pd.DataFrame, measure: str) -> tuple[list[float], list[str]]:
    """Places and names of the tasks that a panel has."""
    every = list(dict.fromkeys(rows["task"]))
    has = set(rows.loc[rows["measure"] == measure, "task"])
    found = [(float(place), task) for place, task in enumerate(every) if task in has]
    return [place for place, _ in found], [str(task) for _, task in found]


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width, the panels side by side."""
    rows = _placed(checked(frame, COLUMNS, "task_quality"))
    shown = _shown(rows)
    figure = page(TWO_COLUMNS, 1.1 + 0.17 * _lines(rows), _TITLE, noted(frame))
    panels = figure.subplots(1, max(1, len(shown)), squeeze=False, sharex=True, sharey=True)[0]
    for axes, measure in zip(panels, shown, strict=False):
        _draw_panel(axes, rows, measure)
    handles = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside right upper")
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, measure: str) -> None:
    for look, part in _of_measure(rows, measure):
        axes.errorbar(
            part["value"],
            part["place"],
            xerr=bar_lengths(part, "value"),
            fmt=look.marker,
            color=look.colour,
            markersize=3.5,
            elinewidth=0.8,
            label=plain(look.name),
        )
    tasks = [str(task) for task in dict.fromkeys(rows["task"])]
    ticks(axes, "y", range(len(tasks)), tasks, longest=14)
    axes.set_ylim(len(tasks) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.set_title(MEASURES[measure], loc="left")
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)


def _of_measure(rows: pd.DataFrame, measure: str) -> Iterator[tuple[Look, pd.DataFrame]]:
    for look, part in groups(rows, "name"):
        yield look, part[part["measure"] == measure]


def example() -> pd.DataFrame:
    """A model and two baselines in two tasks and in both at once; one value has no interval."""
    rows = [
        ("model", "ei", "accuracy", 0.82, 0.73, 0.89),
        ("model", "ei", "f1", 0.71, 0.58, 0.82),
        ("model", "sn", "accuracy", 0.86, 0.77, 0.92),
        ("model", "sn", "f1", 0.46, 0.44, 0.58),
        ("model", "total", "accuracy", 0.71, 0.61, 0.80),
        ("majority", "ei", "accuracy", 0.77, 0.67, 0.85),
        ("majority", "ei", "f1", 0.43, 0.40, 0.46),
        ("majority", "sn", "accuracy", 0.86, 0.77, 0.92),
        ("majority", "sn", "f1", 0.46, None, None),
        ("majority", "total", "accuracy", 0.66, 0.55, 0.75),
        ("bag of words", "ei", "accuracy", 0.79, 0.70, 0.86),
        ("bag of words", "ei", "f1", 0.66, 0.53, 0.77),
        ("bag of words", "sn", "accuracy", 0.85, 0.76, 0.91),
        ("bag of words", "sn", "f1", 0.55, 0.44, 0.70),
        ("bag of words", "total", "accuracy", 0.68, 0.58, 0.77),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[3:], float))
