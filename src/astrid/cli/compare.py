"""`astrid compare`: do students reason like their teacher?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astrid.cli import options

if TYPE_CHECKING:
    from astrid.analysis.examine import ComparedModels

HELP = """Compare students with their teacher: accuracy, similarity of reasons, size, and verdict.

Example:

  astrid compare runs/demo/teacher runs/demo/step1 runs/demo/step3 --twin runs/demo/twin
"""


def register(app: typer.Typer) -> None:
    app.command("compare", help=HELP, short_help="Do students reason like their teacher?")(compare)


def compare(
    teacher: str = typer.Argument(help="Folder or hub id of the reference."),
    students: Annotated[list[str], typer.Argument(help="Folders or hub ids.")] = ...,  # type: ignore[assignment]
    twin: Annotated[
        str | None, typer.Option("--twin", help="The teacher trained again: gives the ceiling.")
    ] = None,
    data: options.Data = "verdicts",
    text_field: options.TextField = "text",
    label_field: options.LabelField = "label",
    data_path: options.Path_ = None,
    labels: options.Labels = None,
    split: options.Split = "validation",
    texts: Annotated[int, typer.Option("--texts", help="How many texts to explain.", min=1)] = 50,
    method: options.Method = "integrated_gradients",
    params: options.Params = None,
    target: options.TargetKind = "probability",
    classes: Annotated[
        str, typer.Option("--class-of", help="Class to explain: teacher's, own or gold.")
    ] = "teacher",
    measures: Annotated[
        str | None,
        typer.Option(
            "--measures", help="More measures of agreement, separated by commas (in the JSON)."
        ),
    ] = None,
    min_accuracy: Annotated[float, typer.Option("--min-accuracy")] = 0.70,
    min_similarity: Annotated[float, typer.Option("--min-similarity")] = 0.80,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for comparison.json and comparison.html.")
    ] = None,
    device: options.Device = "cpu",
    as_json: options.Json = False,
) -> None:
    from astrid.analysis.comparison import ComparisonSettings
    from astrid.analysis.decision import DecisionRule
    from astrid.analysis.examine import ExplainSettings, compare_models
    from astrid.progress import bar
    from astrid.spec import checked

    explaining = checked(
        ExplainSettings,
        {"method": method, "params": options.settings(params), "kind": target, "texts": texts},
        "compare",
    )
    more = [name.strip() for name in (measures or "").split(",") if name.strip()]
    settings = checked(ComparisonSettings, {"target": classes, "more_measures": more}, "compare")
    limits = {"min_accuracy": min_accuracy, "min_similarity": min_similarity}
    rule = checked(DecisionRule, limits, "compare")
    spec = options.data_spec(data, text_field, label_field, None, data_path, labels)
    corpus = options.documents(spec, split)
    opened = [options.open_model(source, device) for source in (teacher, *students)]
    if len({model.name for model in opened}) < len(opened):
        # Folders of one name in different places: the path tells them apart.
        for model, source in zip(opened, (teacher, *students), strict=True):
            model.name = source
    second = options.open_model(twin, device) if twin else None
    with bar("comparing", len(opened) + (second is not None)) as advance:
        compared = compare_models(
            opened[0], opened[1:], corpus, second, explaining, settings, rule, advance
        )
    show(compared, out)
    if as_json:
        options.print_json(as_dict(compared))


def as_dict(compared: "ComparedModels") -> dict[str, object]:
    """What `comparison.json` holds."""
    evidence = compared.evidence.to_dict() if compared.evidence else None
    return {**compared.family.to_dict(), "evidence": evidence}


def show(compared: "ComparedModels", out: Path | None) -> None:
    """Print the table; write `comparison.json` and `comparison.html` to `out`."""
    from rich.console import Console

    from astrid.report.comparison import write_comparison_page
    from astrid.report.table import comparison_table

    if out is not None:
        options.write_json(out / "comparison.json", as_dict(compared))
        write_comparison_page(out / "comparison.html", compared.family, compared.cases)
        options.say(f"written: {out / 'comparison.json'}, {out / 'comparison.html'}")
    Console(stderr=True).print(comparison_table(compared.family))
    if compared.evidence is not None:
        options.say(f"Known evidence, found by the teacher's explanations: {compared.evidence}")
