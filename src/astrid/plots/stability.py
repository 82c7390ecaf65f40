"""How much a model's explanations depend on the method, one row a model, the most stable first."""

import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure

from astrid.plots._axes import bar_lengths, short
from astrid.plots._looks import groups
from astrid.plots._models import hover, named
from astrid.plots._paper import TWO_COLUMNS, finished, page, plain, printed, ticks
from astrid.plots._style import checked, error_bars, escaped, noted, styled

COLUMNS = (
    "encoder",
    "classifier",
    "interpretation_stability",
    "interpretation_stability_low",
    "interpretation_stability_high",
)

MOST = 50
"""Models that are shown."""

_X = "interpretation_stability"
_TITLE = "Interpretation stability by model"
_X_TITLE = "spread of normalised scores over methods (lower is more stable)"
_LONGEST = 44


def draw(frame: pd.DataFrame) -> go.Figure:
    """A mark with its interval a model, coloured and shaped by head.

    Args:
        frame: one row a model. Of more than fifty, the most and the least stable are shown. Models
            whose stability is undefined come last, without a mark.
    """
    rows, note = _chosen(checked(frame, COLUMNS, "stability"))
    figure = go.Figure()
    for look, part in groups(rows, "classifier"):
        figure.add_scatter(
            x=part[_X],
            y=part["place"],
            error_x=error_bars(part, _X, look.colour),
            name=escaped(short(look.name)),
            mode="markers",
            marker={"size": 10, "symbol": look.symbol, "color": look.colour},
            hovertext=hover(part, {_X: "spread over methods"}, {}),
            hoverinfo="text",
        )
    figure.update_yaxes(
        tickvals=rows["place"],
        ticktext=[escaped(label) for label in _labels(rows)],
        range=(len(rows) - 0.4, -0.6),
    )
    figure.update_xaxes(title=_X_TITLE)
    figure.update_layout(height=170 + 22 * len(rows))
    return styled(figure, _TITLE, (*noted(frame), note))


def _chosen(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows to show, sorted and with their place from above, and what was left out."""
    rows, note = frame.sort_values(_X, kind="stable", na_position="last"), ""
    if len(rows) > MOST:
        note = f"The {MOST // 2} most and the {MOST // 2} least stable of {len(rows)} models."
        known = rows.dropna(subset=[_X])
        rows = pd.concat([known.iloc[: MOST // 2], known.iloc[MOST // 2 :].iloc[-MOST // 2 :]])
    rows = rows.assign(place=range(len(rows)))
    heads = {head: place for place, head in enumerate(dict.fromkeys(frame["classifier"]))}
    return rows.sort_values("classifier", key=lambda names: names.map(heads), kind="stable"), note


def _labels(rows: pd.DataFrame) -> list[str]:
    names = [short(named(row), _LONGEST) for _, row in rows.iterrows()]
    unknown = rows[_X].isna()
    return [f"{name}: undefined" if gap else name for name, gap in zip(names, unknown, strict=True)]


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width."""
    rows, note = _chosen(checked(frame, COLUMNS, "stability"))
    height = 1.2 + 0.145 * len(rows)
    figure = page(TWO_COLUMNS, height, _TITLE, (*noted(frame), note))
    axes = figure.add_subplot()
    for look, part in groups(rows, "classifier"):
        axes.errorbar(
            part[_X],
            part["place"],
            xerr=bar_lengths(part, _X),
            fmt=look.marker,
            color=look.colour,
            elinewidth=0.8,
            label=plain(look.name),
        )
    ticks(axes, "y", list(rows["place"]), _labels(rows), longest=_LONGEST + 11)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set(xlabel=_X_TITLE)
    return finished(figure, axes)


def example() -> pd.DataFrame:
    """Three models; one has no interval, and one is explained by a single method."""
    rows = [
        ("bert-base", "linear", 0.30, 0.27, 0.33),
        ("bert-base", "mlp", 0.21, None, None),
        ("tinybert", "linear", 0.24, 0.21, 0.27),
        ("tinybert", "mlp", None, None, None),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[2:], float))
