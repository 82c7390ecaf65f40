"""`astrid study report` and `astrid study select`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astrid.cli import options

if TYPE_CHECKING:
    from astrid.analysis.opened import Study

REPORT = """Write what a study found: report.html, report.md and the figures as PNG and SVG.

Also comparison.json and comparison.html: the teacher and its students, word by word.

Example:

  astrid study report runs/smoke
"""

SELECT = """Which model to ship: the five best of those that meet the requirements.

The score is 0.4 · accuracy + 0.3 · similarity + 0.2 · (1 − parameters/most) + 0.1 · (1 − time/most).
Exit code 1 where none meets them.

Examples:

  astrid study select runs/smoke --max-params 5000000 --min-accuracy 0.8

  astrid study select runs/smoke --priority robustness
"""


def register(group: typer.Typer) -> None:
    group.command("report", help=REPORT, short_help="Write what a study found.")(report)
    group.command("select", help=SELECT, short_help="Which model to ship.")(select)


def report(
    folder: Annotated[Path, typer.Argument(help="Folder of the study.")],
    as_json: options.Json = False,
) -> None:
    from astrid.analysis.opened import open_study

    written = write_all(open_study(folder), folder)
    if as_json:
        options.print_json({"written": [str(path) for path in written]})


def write_all(study: "Study", folder: Path) -> list[Path]:
    """The report, its figures and the comparison, in the study's folder."""
    from astrid.progress import bar
    from astrid.report.study import write_study_report

    records = study.records(bar)
    written = write_study_report(folder, records, study.explanations, bar)
    options.say(f"written: {folder / 'report.html'}, {folder / 'report.md'}")
    return list(written)


def select(
    folder: Annotated[Path, typer.Argument(help="Folder of the study.")],
    max_params: Annotated[
        float | None, typer.Option("--max-params", help="Most parameters, encoder and head.")
    ] = None,
    min_accuracy: Annotated[
        float | None, typer.Option("--min-accuracy", help="Least accuracy.")
    ] = None,
    min_similarity: Annotated[
        float | None, typer.Option("--min-similarity", help="Least similarity to the reference.")
    ] = None,
    max_inference_time: Annotated[
        float | None, typer.Option("--max-inference-time", help="Most seconds a text.")
    ] = None,
    priority: Annotated[
        str | None,
        typer.Option(
            "--priority", help="Instead: accuracy, speed, interpretability or robustness."
        ),
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", help="Whose similarity counts; else the reference's.")
    ] = None,
    as_json: options.Json = False,
) -> None: ...
