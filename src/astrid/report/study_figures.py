"""The figures of a study's report: interactive on the page, and as files for print."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from astrid import plugins
from astrid.analysis.plot_frames import FRAMES
from astrid.errors import InputError
from astrid.files import without_surrogates
from astrid.plots._paper import save_paper
from astrid.plots._style import noted
from astrid.progress import Advance, silent
from astrid.study.records import StudyRecords

TITLES = {
    "landscape": "Size, head and accuracy at once, coloured by similarity",
    "similarity_heatmap": "Similarity of every encoder and head to the reference's reasoning",
    "method_agreement": "How far the methods agree, for each encoder",
    "pareto": "Accuracy against parameters, by head",
    "stability": "How much the methods' scores differ, model by model",
    "accuracy_stability": "Accuracy against the stability of the explanations",
    "size_effect": "Accuracy against the size of the encoder, one line a head",
    "learning_curves": "How the models learned",
    "cost_faithfulness": "What a method costs, and how far it beats random scores",
}
"""By plot of a study: its heading on the page, and what it is called where it can't be seen."""

SHOWS = {
    "landscape": "A mark is a model; the dotted line leads down to its sizes.",
    "similarity_heatmap": "Read it between chance and ceiling, which stand beside the colours.",
    "method_agreement": "1: both methods order the words of a text alike, 0: no relation.",
    "pareto": "Pareto frontier: the models that no other beats in both accuracy and size.",
    "stability": "0: all methods give a word the same share of their largest score.",
    "accuracy_stability": "Pareto frontier: the models that no other beats in both.",
    "size_effect": "The lines join the models of one head; they are not the fitted straight lines.",
    "learning_curves": "Upper row: accuracy on the validation texts after each epoch; lower: loss.",
    "cost_faithfulness": "Comprehensiveness: by how much the explained output falls when the words "
    "with the highest scores are left out.",
}
"""By plot of a study: how to read it, for those who see it for the first time."""

_HEIGHT = 460
"""Pixels of a figure that asks for none."""


@dataclass(frozen=True)
class FigureView:
    """A figure as the page shows it.

    Attributes:
        name: of the plot.
        title: its heading.
        notes: how to read it, what its intervals are, and what was left out.
        height: in pixels.
        data: JSON for plotly, safe within `<script>`; None where it can't be drawn.
        reason: why it can't be drawn; empty where it can.
    """

    name: str
    title: str
    notes: tuple[str, ...]
    height: int
    data: Markup | None
    reason: str = ""


def plot_frames(records: StudyRecords) -> dict[str, pd.DataFrame]:
    """The frames of all plots of a study, by plot."""
    return {name: make(records) for name, make in FRAMES.items()}


def figure_view(name: str, frame: pd.DataFrame) -> FigureView:
    """The plot `name` of a study; a frame that it can't draw gives the reason instead."""
    return shown(name, frame, TITLES[name], (SHOWS[name], *noted(frame)))


def shown(name: str, frame: pd.DataFrame, title: str, notes: tuple[str, ...]) -> FigureView:
    """The plot `name` of the frame under `title`, with `notes` beside it."""
    try:
        figure = plugins.load("astrid.plots", name).draw(frame)
    except InputError as error:
        return FigureView(name, title, (), 0, None, str(error))
    content = figure.to_plotly_json()
    layout = content["layout"]
    # The page itself writes title and notes: there they wrap, and can be searched and copied.
    for part in ("title", "template"):
        layout.pop(part, None)
    layout["margin"] = {**layout.get("margin", {}), "t": 24}
    height = int(layout.get("height") or _HEIGHT)
    layout["height"] = height
    return FigureView(name, title, notes, height, _json(content))


def save_figures(
    frames: dict[str, pd.DataFrame], folder: Path, advance: Advance = silent
) -> dict[str, tuple[Path, ...]]:
    """Write each plot that can be drawn as PNG and SVG; by plot, the files.

    Raises:
        InputError: the folder can't be written.
    """
    written: dict[str, tuple[Path, ...]] = {}
    for name, frame in frames.items():
        if not frame.empty:
            written[name] = save_paper(name, frame, folder)
        advance()
    return written


def _json(content: dict[str, Any]) -> Markup:
    from plotly.utils import PlotlyJSONEncoder

    return for_script(json.dumps(content, cls=PlotlyJSONEncoder, separators=(",", ":")))


_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def for_script(text: str) -> Markup:
    """JSON that can stand within `<script>`: nothing in it ends the element or opens another.

    >>> for_script('"</script>"')
    Markup('"\\\\u003c/script\\\\u003e"')
    """
    return Markup(without_surrogates(text).translate(_ESCAPES))
