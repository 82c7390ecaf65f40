"""The study as a landscape: encoder size, head complexity and accuracy, coloured by similarity."""

from itertools import chain

import matplotlib as mpl
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.axes3d import Axes3D

from astrid.plots._axes import log_range, log_ticks, short
from astrid.plots._looks import groups
from astrid.plots._models import hover
from astrid.plots._paper import TWO_COLUMNS, page, plain, printed
from astrid.plots._style import GREY, SIMILARITY_SCALE, checked, escaped, noted, styled

COLUMNS = (
    "encoder",
    "classifier",
    "reference",
    "encoder_params",
    "classifier_params",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "attribution_similarity",
    "attribution_similarity_low",
    "attribution_similarity_high",
)

DROPPED = 60
"""Models up to which each has a line down to the floor; more would be a thicket."""

_TITLE = "Encoder size, head complexity and accuracy, coloured by similarity"
_SIZE, _HEAD, _UP, _COLOUR = (
    "encoder_params",
    "classifier_params",
    "accuracy",
    "attribution_similarity",
)
# Without x: plotly draws it in space with a sign that some fonts lack.
_SYMBOLS = ("circle", "square", "diamond", "cross", "circle-open", "square-open", "diamond-open")
_UNKNOWN = "similarity unknown"


def draw(frame: pd.DataFrame) -> go.Figure:
    """Points in space with lines down to the floor; thick lines are the accuracy's intervals.

    Args:
        frame: one row a model; both counts of parameters are drawn on logarithmic axes. A model
            whose similarity is unknown is grey.
    """
    frame = checked(frame, COLUMNS, "landscape")
    rows = frame.dropna(subset=[_SIZE, _HEAD, _UP])
    figure = go.Figure()
    if len(rows) <= DROPPED:
        _add_lines(figure, rows, _floor(rows), rows[_UP], {"width": 2, "dash": "dot"})
    _add_lines(figure, rows, rows["accuracy_low"], rows["accuracy_high"], {"width": 4})
    for number, (look, part) in enumerate(groups(rows, "classifier")):
        _add_points(figure, part.dropna(subset=[_COLOUR]), look.name, _SYMBOLS[number % 7])
    _add_points(figure, rows[rows[_COLOUR].isna()], _UNKNOWN, "circle", coloured=False)
    _add_reference(figure, rows)
    figure.update_layout(
        scene=_scene(rows),
        coloraxis={
            "colorscale": SIMILARITY_SCALE,
            "cmin": _lowest(rows),
            "cmax": 1,
            "colorbar": {"title": {"text": "similarity"}, "thickness": 16, "len": 0.7},
        },
        legend={"x": 0, "y": 0.95, "xanchor": "left"},
        height=640,
    )
    return styled(figure, _TITLE, (*noted(frame), *_gaps(frame, rows)))


def _gaps(frame: pd.DataFrame, rows: pd.DataFrame) -> tuple[str, ...]:
    missing = len(frame) - len(rows)
    return (f"Left out, size or accuracy unknown: {missing}.",) if missing else ()


def _lowest(rows: pd.DataFrame) -> float:
    return float(np.nanmin([0.0, rows[_COLOUR].min()]))


def _floor(rows: pd.DataFrame) -> pd.Series:
    return pd.Series(_heights(rows)[0], index=rows.index)


def _heights(rows: pd.DataFrame) -> tuple[float, float]:
    """Both ends of the upright axis, with some room."""
    if rows.empty:
        return 0.0, 1.0
    ends = rows[["accuracy", "accuracy_low", "accuracy_high"]]
    low, high = float(ends.min().min()), float(ends.max().max())
    room = max(0.02, 0.08 * (high - low))
    return low - room, high + room


def _add_lines(
    figure: go.Figure,
    rows: pd.DataFrame,
    lows: pd.Series,
    highs: pd.Series,
    line: dict[str, object],
) -> None:
    """One trace of upright lines, parted by gaps."""
    figure.add_scatter3d(
        x=_thrice(rows[_SIZE], rows[_SIZE]),
        y=_thrice(rows[_HEAD], rows[_HEAD]),
        z=_thrice(lows, highs),
        mode="lines",
        line={"color": GREY, **line},
        showlegend=False,
        hoverinfo="skip",
    )


def _thrice(starts: pd.Series, ends: pd.Series) -> list[float | None]:
    pairs = zip(starts.to_numpy(dtype=float), ends.to_numpy(dtype=float), strict=True)
    return list(chain.from_iterable((start, end, None) for start, end in pairs))


def _add_points(
    figure: go.Figure, rows: pd.DataFrame, name: str, symbol: str, coloured: bool = True
) -> None:
    if rows.empty:
        return
    colour = {"color": rows[_COLOUR], "coloraxis": "coloraxis"} if coloured else {"color": GREY}
    estimates = {_UP: "accuracy", _COLOUR: "similarity"}
    counts = {_SIZE: "in the encoder", _HEAD: "in the head"}
    figure.add_scatter3d(
        x=rows[_SIZE],
        y=rows[_HEAD],
        z=rows[_UP],
        mode="markers",
        marker={"size": 7, "symbol": symbol, "line": {"width": 1, "color": GREY}, **colour},
        hovertext=hover(rows, estimates, counts),
        hoverinfo="text",
        showlegend=False,
    )
    # In the legend plotly shows coloured marks in black, which vanishes on a dark page.
    figure.add_scatter3d(
        x=[None],
        y=[None],
        z=[None],
        mode="markers",
        name=escaped(short(name)),
        marker={"symbol": symbol, "color": GREY},
    )


def _add_reference(figure: go.Figure, rows: pd.DataFrame) -> None:
    reference = rows[rows["reference"].astype(bool)]
    figure.add_scatter3d(
        x=reference[_SIZE],
        y=reference[_HEAD],
        z=reference[_UP],
        mode="text",
        text=["reference"] * len(reference),
        textposition="middle right",
        showlegend=False,
        hoverinfo="skip",
    )


def _scene(rows: pd.DataFrame) -> dict[str, object]:
    bare = {"showbackground": False, "tickfont": {"size": 12}, "gridcolor": GREY, "zeroline": False}
    axes = {}
    for axis, column, title in (("xaxis", _SIZE, "encoder"), ("yaxis", _HEAD, "head")):
        places, labels = log_ticks(rows[column])
        axes[axis] = {
            **bare,
            "type": "log",
            "title": {"text": f"parameters of the {title}"},
            "range": log_range(rows[column]),
            "tickvals": places,
            "ticktext": labels,
        }
    upright = {**bare, "title": {"text": "accuracy"}, "range": _heights(rows)}
    return {
        **axes,
        "zaxis": upright,
        "camera": {"eye": {"x": -1.4, "y": -1.7, "z": 0.75}, "center": {"z": -0.2}},
        "aspectmode": "manual",
        "aspectratio": {"x": 1.35, "y": 1.35, "z": 0.9},
    }


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for print in two columns' width."""
    frame = checked(frame, COLUMNS, "landscape")
    rows = frame.dropna(subset=[_SIZE, _HEAD, _UP])
    figure = page(TWO_COLUMNS, 4.6, _TITLE, (*noted(frame), *_gaps(frame, rows)))
    axes = figure.add_subplot(projection="3d")
    assert isinstance(axes, Axes3D)
    _draw_points(axes, rows)
    _draw_axes(axes, rows)
    colours = mpl.cm.ScalarMappable(
        mpl.colors.Normalize(_lowest(rows), 1), SIMILARITY_SCALE.lower()
    )
    figure.colorbar(colours, ax=axes, label="similarity", shrink=0.6, pad=0.12)
    if len(rows):
        axes.legend(loc="upper left", bbox_to_anchor=(-0.25, 1))
    return figure


def _draw_points(axes: Axes3D, rows: pd.DataFrame) -> None:
    floor = _heights(rows)[0]
    for look, part in groups(rows, "classifier"):
        # Logarithms by hand: logarithmic axes in space are broken in matplotlib (issue 209).
        across, deep = np.log10(part[_SIZE]), np.log10(part[_HEAD])
        for x, y, (_, row) in zip(across, deep, part.iterrows(), strict=True):
            if len(rows) <= DROPPED:
                axes.plot([x, x], [y, y], [floor, row[_UP]], color="#aaaaaa", lw=0.5, ls=":")
            ends = [row["accuracy_low"], row["accuracy_high"]]
            axes.plot([x, x], [y, y], ends, color="#888888", lw=1.2)
        axes.scatter(
            across,
            deep,
            part[_UP],
            c=part[_COLOUR].fillna(-9),
            cmap=_with_grey(),
            vmin=_lowest(rows),
            vmax=1,
            marker=look.marker,
            s=26,
            edgecolors="#333333",
            linewidths=0.4,
            depthshade=False,
        )
        axes.plot([], [], [], look.marker, color="#777777", label=plain(look.name))
    for _, row in rows[rows["reference"].astype(bool)].iterrows():
        place = np.log10(row[_SIZE]), np.log10(row[_HEAD]), row[_UP]
        axes.text(*place, "   reference", fontsize=6.5, ha="left", va="center")


def _with_grey() -> mpl.colors.Colormap:
    """The scale of similarities; grey where they are unknown."""
    return mpl.colormaps[SIMILARITY_SCALE.lower()].with_extremes(under="#bbbbbb")


def _draw_axes(axes: Axes3D, rows: pd.DataFrame) -> None:
    for axis, column, limit in (
        (axes.xaxis, _SIZE, axes.set_xlim),
        (axes.yaxis, _HEAD, axes.set_ylim),
    ):
        places, labels = log_ticks(rows[column])
        low, high = log_range(rows[column])
        inside = [place for place in places if low <= np.log10(place) <= high]
        axis.set_ticks(np.log10(inside), [labels[places.index(place)] for place in inside])
        limit(low, high)
    axes.set_zlim(*_heights(rows))
    axes.set(xlabel="parameters of the encoder", ylabel="parameters of the head")
    axes.set_zlabel("accuracy")
    axes.view_init(elev=18, azim=-130)
    axes.set_box_aspect((1.2, 1.2, 0.85))


def example() -> pd.DataFrame:
    """Two encoders with two heads; one similarity and one interval are unknown."""
    rows = [
        ("bert-base", "linear", True, 109e6, 1538, 0.93, 0.90, 0.95, 1.0, 1.0, 1.0),
        ("bert-base", "mlp", False, 109e6, 369_000, 0.92, 0.89, 0.95, 0.84, 0.8, 0.88),
        ("tinybert", "linear", False, 14e6, 626, 0.84, None, None, 0.3, 0.25, 0.35),
        ("tinybert", "mlp", False, 14e6, 194_000, 0.88, 0.85, 0.91, None, None, None),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[3:], float))
