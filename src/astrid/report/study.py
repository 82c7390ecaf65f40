"""The report of a study: one HTML page that needs nothing but itself, Markdown, and figures."""

from pathlib import Path

from markupsafe import Markup

from astrid.analysis.selection import Requirements
from astrid.errors import InputError
from astrid.files import write_atomic
from astrid.progress import Bar, no_bar
from astrid.report._templates import fill
from astrid.report.study_cases import Explained
from astrid.report.study_figures import plot_frames, save_figures
from astrid.report.study_markdown import study_markdown
from astrid.report.study_view import StudyView, study_view
from astrid.study.records import StudyRecords


def write_study_report(
    folder: Path,
    records: StudyRecords,
    explanations: Explained,
    progress: Bar = no_bar,
    requirements: Requirements | None = None,
) -> tuple[Path, ...]:
    """Write `report.html`, `report.md` and `figures/` into `folder`.

    The page is one file that opens from disk with no network; what is chosen, tested and shown
    is decided by `records` alone.

    Args:
        folder: the study's; made where it is not there.
        records: what the study left behind, of one cell or more.
        explanations: of a cell, in the order of the explained texts; None where they are missing.
        progress: shows how far the writing is.
        requirements: what a model must meet to be chosen; none by default.

    Returns:
        What was written, the page first.

    Raises:
        InputError: no cell is finished, or the folder can't be written.
    """
    if records.results.empty:
        raise InputError(f"{folder}: no cell of the study is finished; run it first")
    frames = plot_frames(records)
    with progress("report", len(frames) + 2) as advance:
        view = study_view(records, frames, explanations, requirements or Requirements(), folder)
        advance()
        page, text = folder / "report.html", folder / "report.md"
        # Half of a surrogate pair, as some data sets have them, has no UTF-8 form.
        write_atomic(page, study_page(view).encode("utf-8", "replace"))
        advance()
        figures = save_figures(frames, folder / "figures", advance)
        write_atomic(text, study_markdown(view, figures).encode("utf-8", "replace"))
    return page, text, *(path for paths in figures.values() for path in paths)


def study_page(view: StudyView) -> str:
    """The page as HTML, from the answer to how it was made."""
    figures = [*(item.figure for item in view.answers), *view.figures]
    drawn = any(figure.data is not None for figure in figures)
    plotly = plotly_script() if drawn else Markup()
    return fill("study.html", {"view": view, "has_figures": drawn, "plotly": plotly})


def plotly_script() -> Markup:
    """The library that draws figures, to stand within `<script>`."""
    from plotly.offline import get_plotlyjs

    # Its authors make the bundle such that it can stand within <script>.
    return Markup(get_plotlyjs())
