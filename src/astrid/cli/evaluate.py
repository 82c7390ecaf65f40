"""`astrid evaluate`: how well a model predicts."""

from typing import TYPE_CHECKING

import typer

from astrid.cli import options, tasks
from astrid.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from astrid.analysis.evaluation import Evaluation
    from astrid.models.text_model import TransformerClassifier
    from astrid.text.document import Corpus

HELP = """Quality of a model's predictions on labelled documents, with intervals over texts.

A model of several tasks is judged task by task, beside the majority and a bag of words; --report
and --words are for these.

Examples:

  astrid evaluate runs/demo/teacher --data verdicts --split test

  astrid evaluate runs/d --data cases.csv --label-field won,costs --report report --words 100
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
    report: tasks.Report = None,
    words: tasks.Words = 0,
    device: options.Device = "cpu",
    precision: options.Precision = "float32",
    as_json: options.Json = False,
) -> None:
    spec = options.data_spec(data, text_field, label_field, None, data_path, labels)
    corpus = options.documents(spec, split)
    opened = options.open_model(model, device, precision)
    if tasks.answers_tasks(opened):
        judging = tasks.Judging(spec, split, report, words)
        judging.check()
        tasks.judge(opened, judging, as_json)
        return
    if report is not None or words:
        raise InputError(
            f"{opened.name}: --report and --words are for models of several tasks; for one that "
            "chooses between classes see astrid explain --html and astrid measure --out"
        )
    _judge_classes(opened, corpus, split, as_json)


def _judge_classes(
    model: "TransformerClassifier", corpus: "Corpus", split: str, as_json: bool
) -> None:
    from rich.console import Console

    from astrid.analysis import evaluation
    from astrid.progress import bar

    with bar("predicting", len(corpus)) as advance:
        found = evaluation.evaluate(model, corpus, advance)
    console = Console(stderr=True)
    console.print(_class_table(found, split))
    console.print(_quality_table(found))
    console.print(
        f"accuracy {found.accuracy} (majority class {found.majority:.3f}), "
        f"macro F1 {found.f1_score:.3f}, log loss {found.log_loss} nats; 95 % intervals over texts",
        markup=False,
    )
    if as_json:
        options.print_json(found.to_dict())


def _class_table(found: "Evaluation", split: str) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(f"{found.model} on {found.documents} documents ({split})"))
    for column in ("class", "precision", "recall", "F1", "documents"):
        table.add_column(column, justify="left" if column == "class" else "right")
    for quality in found.classes:
        figures = (quality.precision, quality.recall, quality.f1_score)
        cells = [f"{figure:.3f}" for figure in figures]
        table.add_row(Text(quality.label), *cells, str(quality.support))
    return table


def _quality_table(found: "Evaluation") -> "Table":
    from rich.table import Table

    from astrid.measures import load_measure
    from astrid.report.numbers import decimal, interval

    table = Table()
    for column in ("measure", "value", "95 % interval", "better"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for name, estimate in found.quality.items():
        measure = load_measure(name)
        ends = interval(estimate)
        if estimate.undefined_resamples:
            ends += f" ({estimate.undefined_resamples} resamples undefined)"
        table.add_row(measure.TITLE, decimal(estimate.value), ends, measure.DIRECTION)
    return table
