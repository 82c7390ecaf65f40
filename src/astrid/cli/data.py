"""`astrid data`: data sets by name."""

from pathlib import Path
from typing import Annotated

import typer

from astrid.cli import options
from astrid.errors import InputError


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Data sets: list them, look at them, write them to a file.")
    group.command("list", help=LIST, short_help="Data sets by name.")(list_sources)
    group.command("show", help=SHOW, short_help="Figures and examples of a data set.")(show)
    group.command("make", help=MAKE, short_help="Write a data set to a file.")(make)
    app.add_typer(group, name="data")


LIST = """Data sets that Astrid knows by name.

Example:

  astrid data list
"""

SHOW = """Splits, classes and a few documents of a data set, with their evidence marked.

Example:

  astrid data show verdicts
"""

MAKE = """Write a data set as JSON lines: id, text, label, rationale (character spans), split.

Example:

  astrid data make verdicts --out verdicts.jsonl
"""


def list_sources(as_json: options.Json = False) -> None:
    from astrid import plugins

    package = "astrid.text.sources"
    rows = []
    for name in plugins.names(package):
        module = plugins.load(package, name)
        rows.append({"name": name, "what": (module.__doc__ or "").strip().splitlines()[0]})
    options.table(rows)
    if as_json:
        options.print_json(rows)


def show(
    data: str = typer.Argument(help="A data set's name, or a file."),
    text_field: options.TextField = "text",
    label_field: options.LabelField = "label",
    rationale_field: options.RationaleField = None,
    data_path: options.Path_ = None,
    labels: options.Labels = None,
    examples: Annotated[int, typer.Option("--examples", help="Documents to print.", min=0)] = 3,
    as_json: options.Json = False,
) -> None:
    import numpy as np
    from rich.console import Console

    from astrid.report.coloured import marked_evidence
    from astrid.text.load import load_splits

    spec = options.data_spec(data, text_field, label_field, rationale_field, data_path, labels)
    splits = load_splits(spec)
    rows = []
    for name in ("train", "validation", "test"):
        corpus = getattr(splits, name)
        counts = np.bincount(corpus.labels, minlength=len(corpus.classes))
        words = [len(text.split()) for text in corpus.texts]
        shares = {
            label: f"{count / len(corpus):.1%}"
            for label, count in zip(corpus.classes, counts, strict=True)
        }
        rows.append(
            {
                "split": name,
                "documents": len(corpus),
                "median words": int(np.median(words)),
                **shares,
            }
        )
    options.table(rows)
    for fact, value in splits.train.facts.items():
        options.say(f"{fact.replace('_', ' ')}: {value}")
    console = Console(stderr=True)
    for document in splits.train.documents[:examples]:
        console.print(marked_evidence(document, splits.train.classes[document.label]))
    if as_json:
        options.print_json({"splits": rows, "facts": dict(splits.train.facts)})


def make(
    data: str = typer.Argument("verdicts", help="A data set's name."),
    out: Annotated[Path, typer.Option("--out", help="File to write, .jsonl.")] = Path(
        "corpus.jsonl"
    ),
    data_path: options.Path_ = None,
    labels: options.Labels = None,
) -> None:
    import json

    from astrid.files import write_atomic
    from astrid.text.load import load_splits

    if out.suffix != ".jsonl":
        raise InputError(f"{out}: JSON lines are written; call the file something.jsonl")
    spec = options.data_spec(data, "text", "label", None, data_path, labels)
    splits = load_splits(spec)
    lines = []
    for name in ("train", "validation", "test"):
        corpus = getattr(splits, name)
        for document in corpus:
            row = {
                "id": document.id,
                "text": document.text,
                "label": corpus.classes[document.label],
                "rationale": None if document.rationale is None else list(document.rationale),
                "split": name,
            }
            lines.append(json.dumps(row, ensure_ascii=False))
    write_atomic(out, "\n".join(lines) + "\n")
    options.say(f"written: {out}, {len(lines)} documents")
