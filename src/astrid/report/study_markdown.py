"""A study's report as Markdown, with its figures as files beside it."""

from collections.abc import Mapping
from pathlib import Path

from astrid.report._templates import fill_markdown
from astrid.report.study_view import StudyView


def study_markdown(view: StudyView, figures: Mapping[str, tuple[Path, ...]]) -> str:
    """The report as Markdown.

    Args:
        view: what is shown.
        figures: by plot, its files; they are referred to as `figures/{name}`.
    """
    images = {
        name: next(path.name for path in paths if path.suffix == ".png")
        for name, paths in figures.items()
    }
    return fill_markdown("study.md", {"view": view, "images": images})
