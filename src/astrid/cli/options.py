"""Options that several commands share, and what they lead to."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from astrid.errors import InputError

if TYPE_CHECKING:
    from astrid.models.protocol import TextModel
    from astrid.models.text_model import TransformerClassifier
    from astrid.text.document import Corpus
    from astrid.text.load import DataSpec
    from astrid.training.finding import Finding

Data = Annotated[
    str,
    typer.Option(
        "--data",
        help="A data set by name (astrid data list), or a csv, tsv, jsonl or parquet file.",
    ),
]
TextField = Annotated[str, typer.Option("--text-field", help="Column of the texts in a file.")]
LabelField = Annotated[
    str,
    typer.Option(
        "--label-field", help="Column of the labels in a file; several, with commas: several tasks."
    ),
]
GroupField = Annotated[
    str | None,
    typer.Option(
        "--group-field",
        help="Column of what a text belongs to, such as its writer: never in two splits.",
    ),
]
RationaleField = Annotated[
    str | None, typer.Option("--rationale-field", help="Column of the evidence in a file.")
]
Path_ = Annotated[
    str | None,
    typer.Option("--data-path", help="File or folder of a data set that is read from disk."),
]
Labels = Annotated[
    str | None, typer.Option("--labels", help="Classes to keep, in order, separated by commas.")
]
Split = Annotated[
    str, typer.Option("--split", help="Documents to use: train, validation, test or all.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Method = Annotated[str, typer.Option("--method", "-m", help="Attribution method (astrid methods).")]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", help="A setting of the method, such as steps=32; repeatable."),
]
TargetKind = Annotated[
    str, typer.Option("--target", help="probability, logit, logit_difference or value.")
]
Task = Annotated[
    str | None,
    typer.Option(
        "--task",
        help="Of a model with several tasks, the one to explain; default: the first, or of "
        "yes-or-no tasks alone the one whose yes is likeliest.",
    ),
]
Precision = Annotated[
    str, typer.Option("--precision", help="Of the weights: float32, bf16 or fp16; less is faster.")
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:0 …")]


def settings(pairs: list[str] | None) -> dict[str, Any]:
    """The method's settings from `name=value`; values are read as JSON where they are JSON."""
    found: dict[str, Any] = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InputError(f'--param "{pair}": write it as name=value, such as steps=32')
        try:
            found[name.strip()] = json.loads(value)
        except ValueError:
            found[name.strip()] = value
    return found


def data_spec(
    data: str,
    text_field: str,
    label_field: str,
    rationale_field: str | None,
    path: str | None,
    labels: str | None,
    group_field: str | None = None,
) -> "DataSpec":
    """The data set that the options describe."""
    from astrid.text.load import DataSpec, data_spec_for

    spec = data_spec_for(data, text_field, label_field, rationale_field)
    extra: dict[str, Any] = {}
    if path is not None:
        extra["path"] = path
    if group_field is not None:
        extra["group_field"] = group_field
    if labels is not None:
        extra["labels"] = [label.strip() for label in labels.split(",")]
    if not extra:
        return spec
    return DataSpec.model_validate({**spec.model_dump(), "params": {**spec.params, **extra}})


def documents(spec: "DataSpec", split: str) -> "Corpus":
    """The documents of one split, or all of them."""
    from astrid.text.load import load_corpus, load_splits

    if split == "all":
        return load_corpus(spec)
    splits = load_splits(spec)
    if split not in ("train", "validation", "test"):
        raise InputError(f'--split "{split}": use train, validation, test or all')
    chosen: Corpus = getattr(splits, split)
    return chosen


def open_model(source: str, device: str, precision: str = "float32") -> "TransformerClassifier":
    """The model, with what is doubtful about it said on stderr."""
    from astrid.models.address import is_address, public_address
    from astrid.models.load import load_model

    if is_address(source):
        address = public_address(source)
        raise InputError(f"{address}: only astrid explain takes a model behind an address")
    model = load_model(source, device=device, precision=precision)  # type: ignore[call-overload]
    say_of(model)
    return model


def say_of(model: "TextModel") -> None:
    """What is doubtful about a model, on stderr."""
    if model.facts.precision != "float32":
        say(f"{model.name}: its weights are {model.facts.precision}, not float32")
    for warning in model.facts.warnings:
        say(f"warning: {warning}")


def say(line: str) -> None:
    """A line for people, on stderr."""
    from astrid.progress import visible

    print(visible(line), file=sys.stderr)


def say_findings(findings: "Sequence[Finding]") -> None:
    """What went wrong in a training, and what to change, on stderr."""
    for finding in findings:
        what, change = finding.lines()
        say(what)
        say(f"  {change}")


def print_json(value: Any) -> None:
    """One JSON object on one line, on stdout."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def write_json(path: Path, value: Any) -> None:
    """`value` as an indented JSON file, written atomically."""
    from astrid.files import write_atomic

    write_atomic(path, json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def table(rows: list[dict[str, Any]]) -> None:
    """Rows of like columns as a table, on stderr."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table()
    for place, column in enumerate(rows[0] if rows else ()):
        # The first column holds names, which people copy: never broken over lines.
        shown.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        shown.add_row(*(Text(str(value)) for value in row.values()))
    Console(stderr=True).print(shown)
