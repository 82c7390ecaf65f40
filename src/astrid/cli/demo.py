"""`astrid demo`: the main job on the embedded corpus."""

from pathlib import Path
from typing import Annotated

import typer

from astrid.cli import compare, options

HELP = """Train a teacher and five students on the embedded corpus, and compare them.

Writes the models, comparison.json and comparison.html; started again, it goes on where it stopped.

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
    from astrid.analysis.examine import compare_models
    from astrid.config import compose
    from astrid.models.load import load_model
    from astrid.progress import bar
    from astrid.spec import checked
    from astrid.study.family import FamilySpec, train_family
    from astrid.text.load import load_splits

    spec = checked(FamilySpec, compose("study/demo", overrides or []), "demo")
    splits = load_splits(spec.data)
    best = splits.validation.facts.get("best_accuracy")
    if best is not None:
        options.say(f"{splits.train.name}: the best possible accuracy is {best:.3f}")
    family = train_family(spec, splits, out)
    teacher = load_model(family.teacher)
    students = [load_model(folder, name=name) for name, folder in family.students.items()]
    twin = load_model(family.twin) if family.twin else None
    with bar("comparing", 1 + len(students) + (twin is not None)) as advance:
        compared = compare_models(teacher, students, splits.validation, twin, advance=advance)
    compare.show(compared, out)
    if as_json:
        options.print_json(compare.as_dict(compared))
