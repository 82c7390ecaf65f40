"""`astrid data`: data sets by name."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from astrid.cli import options
from astrid.errors import InputError

if TYPE_CHECKING:
    from astrid.text.document import Corpus, Document

_LONGEST_FACT = 200
"""Characters of the longest fact that is said to people; `--json` has them all."""


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

Of several tasks each has its own key; the group stands there where a text belongs to one.

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
    from rich.console import Console

    from astrid.report.coloured import marked_evidence
    from astrid.text.load import load_splits

    spec = options.data_spec(data, text_field, label_field, rationale_field, data_path, labels)
    splits = load_splits(spec)
    names = ("train", "validation", "test")
    rows = [{"split": name, **_figures(getattr(splits, name))} for name in names]
    options.table(rows)
    for fact, value in splits.train.facts.items():
        if len(str(value)) <= _LONGEST_FACT:
            options.say(f"{fact.replace('_', ' ')}: {value}")
    console = Console(stderr=True)
    for document in splits.train.documents[:examples]:
        console.print(marked_evidence(document, _label(splits.train, document)))
    if as_json:
        options.print_json({"splits": rows, "facts": dict(splits.train.facts)})


def _figures(corpus: "Corpus") -> dict[str, Any]:
    """Sizes, and the shares of classes among the documents that have a label of their task."""
    import numpy as np

    groups = {document.group for document in corpus} - {None}
    found: dict[str, Any] = {"groups": len(groups)} if groups else {}
    found["documents"] = len(corpus)
    found["median words"] = int(np.median([len(text.split()) for text in corpus.texts]))
    for task, classes in corpus.label_names.items():
        labels = [document.labels[task] for document in corpus if task in document.labels]
        shares = np.bincount(labels, minlength=len(classes)) / max(len(labels), 1)
        named = list(zip(classes, shares, strict=True))
        if len(corpus.label_names) == 1:
            found |= {name: f"{share:.1%}" for name, share in named}
        else:
            # Of two classes the second says it all, and the table stays narrow.
            told = named[1:] if len(named) == 2 else named
            found |= {f"{task} {name}": f"{share:.1%}" for name, share in told}
    return found


def _label(corpus: "Corpus", document: "Document") -> str:
    named = {task: corpus.label_names[task][place] for task, place in document.labels.items()}
    if len(corpus.label_names) == 1:
        return next(iter(named.values()))
    return ", ".join(f"{task} {name}" for task, name in named.items())


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
    lines = [
        json.dumps(_record(corpus, document, name), ensure_ascii=False)
        for name in ("train", "validation", "test")
        for corpus in (getattr(splits, name),)
        for document in corpus
    ]
    write_atomic(out, "\n".join(lines) + "\n")
    options.say(f"written: {out}, {len(lines)} documents")
    if len(splits.train.label_names) > 1:
        options.say(f"to train on it: {_overrides(splits.train, out)}")


def _record(corpus: "Corpus", document: "Document", split: str) -> dict[str, Any]:
    """A line of the file: a key a task, and the group where there is one."""
    rationale = None if document.rationale is None else list(document.rationale)
    labels = {
        task: classes[document.labels[task]] if task in document.labels else None
        for task, classes in corpus.label_names.items()
    }
    row = {"id": document.id, "text": document.text, "rationale": rationale, "split": split}
    if document.group is not None:
        row["group"] = document.group
    for task in labels:
        if task in row:
            raise InputError(f'the task "{task}" is called like a field of the file; rename it')
    return row | labels


def _overrides(corpus: "Corpus", out: Path) -> str:
    """The settings that read the file back with the tasks, the order of classes and the groups."""
    tasks = ",".join(f"{task}:[{','.join(names)}]" for task, names in corpus.label_names.items())
    grouped = any(document.group is not None for document in corpus)
    groups = " data.params.group_field=group" if grouped else ""
    told = (f"data.params.path={out}", f"data.params.label_fields={{{tasks}}}")
    return f"data=file {shlex.join(told)}{groups}"
