"""`astrid study report` and `astrid study select`."""

import math
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from astrid.cli import options
from astrid.errors import InputError

if TYPE_CHECKING:
    from astrid.analysis.opened import Study
    from astrid.analysis.selection import Selection

REPORT = """Write what a study found: report.html, report.md and the figures as PNG and SVG.

Also comparison.json and comparison.html: the teacher and its students, word by word.

Example:

  astrid study report runs/smoke
"""

SELECT = """Which model to ship: the five best of those that meet the requirements.

The score is 0.4 · accuracy + 0.3 · similarity + 0.2 · (1 − parameters / most)
+ 0.1 · (1 − time / most). A priority chooses by a ready rule instead, and says what speaks for it.
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
) -> None:
    from astrid.analysis.opened import open_study

    asked: dict[str, float | None] = {
        "max_params": max_params,
        "min_accuracy": min_accuracy,
        "min_similarity": min_similarity,
        "max_inference_time": max_inference_time,
    }
    study = open_study(folder)
    if priority is not None:
        given = [name for name, value in asked.items() if value is not None]
        if given or method:
            names = ", ".join(f"--{name.replace('_', '-')}" for name in given or ["method"])
            raise InputError(f"--priority: its rule is fixed; leave out {names}")
        _show_priority(study, priority, as_json)
        return
    found = study.select(method=method, **asked)
    if as_json:
        options.print_json(found.to_dict())
    elif found.chosen is not None:
        options.table(_ranked(found))
        options.say(_READ)
    for line in (found.answer, *(f"Note: {note}" for note in found.notes)):
        options.say(line)
    if found.chosen is None:
        raise typer.Exit(1)


_READ = (
    "Below the figures: 95 % intervals over texts; below the score, that with the worse and with "
    "the better end of all of them. --json and the report give the score's parts."
)


def _ranked(found: "Selection") -> list[dict[str, object]]:
    """The ranking as people read it, in a terminal of 80 signs with names of ordinary length."""
    from astrid.report import numbers

    def with_ends(row: Mapping[Hashable, Any], column: str) -> str:
        value, low, high = (float(row[f"{column}{end}"]) for end in ("", "_low", "_high"))
        ends = "" if math.isnan(low) or math.isnan(high) else f"\n{low:.2f}–{high:.2f}"
        return numbers.decimal(value) + ends

    return [
        {
            "model": row["name"],
            "score": with_ends(row, "score"),
            "accuracy": with_ends(row, "accuracy"),
            "similar": with_ends(row, "attribution_similarity"),
            "params": numbers.count(int(row["total_params"])),
            "a text": numbers.duration(row["inference_time"]),
        }
        for row in found.ranked.to_dict("records")
    ]


def _show_priority(study: "Study", priority: str, as_json: bool) -> None:
    from typing import cast

    from astrid.analysis.priorities import PriorityName, prioritise

    # Another name is refused by the function itself.
    found = prioritise(study.records(), cast(PriorityName, priority))
    if as_json:
        options.print_json(found.to_dict())
    notes = (f"Note: {note}" for note in found.notes)
    for line in (f"{priority}: {found.rule}", found.answer, *found.statements, *notes):
        options.say(line)
    if found.chosen is None:
        raise typer.Exit(1)
