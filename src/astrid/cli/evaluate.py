"""`astrid evaluate`: how well a model predicts."""

import typer

from astrid.cli import options

HELP = """Accuracy, F1 and log loss of a model on labelled documents, with intervals.

Example:

  astrid evaluate runs/demo/teacher --data verdicts --split test
"""


def register(app: typer.Typer) -> None:
    app.command("evaluate", help=HELP, short_help="How well a model predicts.")(evaluate)


def evaluate(
    model: str = typer.Argument(help="A model folder or hub id."),
    data: options.Data = "verdicts",
    text_field: options.TextField = "text",
    label_field: options.LabelField = "label",
    data_path: options.Path_ = None,
    labels: options.Labels = None,
    split: options.Split = "test",
    device: options.Device = "cpu",
    precision: options.Precision = "float32",
    as_json: options.Json = False,
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from astrid.analysis import evaluation
    from astrid.progress import bar

    spec = options.data_spec(data, text_field, label_field, None, data_path, labels)
    corpus = options.documents(spec, split)
    opened = options.open_model(model, device, precision)
    with bar("predicting", len(corpus)) as advance:
        found = evaluation.evaluate(opened, corpus, advance)
    table = Table(title=Text(f"{found.model} on {found.documents} documents ({split})"))
    for column in ("class", "precision", "recall", "F1", "documents"):
        table.add_column(column, justify="left" if column == "class" else "right")
    for quality in found.classes:
        figures = (quality.precision, quality.recall, quality.f1_score)
        cells = [f"{figure:.3f}" for figure in figures]
        table.add_row(Text(quality.label), *cells, str(quality.support))
    console = Console(stderr=True)
    console.print(table)
    console.print(
        f"accuracy {found.accuracy} (majority class {found.majority:.3f}), "
        f"macro F1 {found.f1_score:.3f}, log loss {found.log_loss} nats; 95 % intervals over texts",
        markup=False,
    )
    if as_json:
        options.print_json(found.to_dict())
