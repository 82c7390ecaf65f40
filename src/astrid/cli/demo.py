"""`astrid demo`: the main job on the embedded corpus."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astrid.cli import compare, options, study_report, study_run

if TYPE_CHECKING:
    from astrid.analysis.opened import Study

HELP = """Run the whole study on the embedded corpus: 4 encoders × 5 heads × 5 methods.

Writes results.parquet, report.html, and comparison.json and comparison.html of a teacher and its
five students; started again, it goes on where it stopped.

Example:

  astrid demo --out runs/demo
"""


def register(app: typer.Typer) -> None:
    app.command("demo", help=HELP, short_help="The main job on the embedded corpus.")(demo)


def demo(
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Settings, such as trainer.epochs=2.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for all results.")] = Path("runs/demo"),
    as_json: options.Json = False,
) -> None:
    from astrid.study.run import Engine
    from astrid.study.spec import load_study

    spec = load_study("demo", overrides or [])
    study = study_run.run_and_compare(spec, out, Engine(), retry_failed=False, overwrite=False)
    best = study.documents.facts.get("best_accuracy")
    if best is not None:
        options.say(f"{study.documents.name}: the best possible accuracy is {best:.3f}")
    study_report.write_all(study, out)
    compared = study.comparison()
    compare.show(compared, out)
    _link_models(study, out)
    if as_json:
        options.print_json(compare.as_dict(compared))


def _link_models(study: "Study", out: Path) -> None:
    """`out/teacher`, `out/step1` and so on: short names of the models that are compared."""
    from astrid.files import link_atomic

    for name, model in study.compared_models().items():
        link_atomic(out / name, Path("models") / model.folder)
