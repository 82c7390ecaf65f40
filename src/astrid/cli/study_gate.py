"""`astrid study gate`: reasoning as a regression test."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astrid.cli import options
from astrid.errors import InputError

if TYPE_CHECKING:
    from astrid.analysis.gate import GateResult
    from astrid.models.text_model import TransformerClassifier
    from astrid.text.document import Corpus
    from astrid.text.load import DataSpec

HELP = """May the candidate take the teacher's place? Exit code 0: it may; 1: it may not.

Each requirement is met where the end of its 95 % interval meets it, not the middle: accuracy and
similarity by the lower end, the drop of accuracy against the teacher by the upper end.

Similarity alone needs no labels: a file without the column of labels is then used as a whole.

Examples:

  astrid study gate --teacher runs/demo/teacher --candidate runs/demo/step3 --max-drop 0.05

  astrid study gate --teacher models/a --candidate models/b --min-similarity 0.3 --junit gate.xml
"""


def register(group: typer.Typer) -> None:
    group.command("gate", help=HELP, short_help="May a candidate take the teacher's place?")(gate)


def gate(
    teacher: Annotated[str, typer.Option("--teacher", help="Folder or hub id of the reference.")],
    candidate: Annotated[
        str, typer.Option("--candidate", help="Folder or hub id of the model to decide on.")
    ],
    min_accuracy: Annotated[
        float | None, typer.Option("--min-accuracy", help="Share of right answers to be shown.")
    ] = None,
    min_similarity: Annotated[
        float | None,
        typer.Option("--min-similarity", help="Cosine to the teacher's scores to be shown."),
    ] = None,
    max_drop: Annotated[
        float | None,
        typer.Option("--max-drop", help="Most that accuracy may lie below the teacher's."),
    ] = None,
    data: options.Data = "verdicts",
    text_field: options.TextField = "text",
    label_field: options.LabelField = "label",
    data_path: options.Path_ = None,
    labels: options.Labels = None,
    split: Annotated[
        str | None,
        typer.Option("--split", help="Documents to use: train, validation, test (default) or all."),
    ] = None,
    texts: Annotated[int, typer.Option("--texts", help="How many texts to explain.", min=1)] = 50,
    method: options.Method = "integrated_gradients",
    params: options.Params = None,
    target: options.TargetKind = "probability",
    confidence: Annotated[
        float, typer.Option("--confidence", help="Of the two-sided intervals.")
    ] = 0.95,
    seed: Annotated[
        int, typer.Option("--seed", help="Of the draw of texts and of the intervals.", min=0)
    ] = 0,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Write the checks as JUnit XML.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", help="Write a summary in Markdown.")
    ] = None,
    device: options.Device = "cpu",
    precision: Annotated[
        str,
        typer.Option("--precision", help="Of the candidate's weights: float32, bf16 or fp16."),
    ] = "float32",
    as_json: options.Json = False,
) -> None:
    from astrid.analysis.gate import gate as decide
    from astrid.analysis.gate_checks import GateSettings
    from astrid.files import require_writable
    from astrid.progress import bar
    from astrid.spec import checked

    settings = checked(
        GateSettings,
        {
            "min_accuracy": min_accuracy,
            "min_similarity": min_similarity,
            "max_drop": max_drop,
            "method": method,
            "params": options.settings(params),
            "kind": target,
            "texts": texts,
            "seed": seed,
            "confidence": confidence,
        },
        "gate",
    )
    for path in filter(None, (junit, markdown)):
        require_writable(path)
    spec = options.data_spec(data, text_field, label_field, None, data_path, labels)
    corpus = _documents(spec, split, settings.needs_labels)
    found = decide(*_models(teacher, candidate, device, precision), corpus, settings, bar)
    _show(found, junit, markdown)
    if as_json:
        options.print_json(found.to_dict())
    if not found.passed:
        raise typer.Exit(1)


def _documents(spec: "DataSpec", split: str | None, labels_needed: bool) -> "Corpus":
    """The split; of a file without labels, where none are needed, all texts."""
    from astrid.text.load import has_labels, load_unlabelled

    if labels_needed or has_labels(spec):
        return options.documents(spec, split or "test")
    if split not in (None, "all"):
        raise InputError(f"--split {split}: a file without labels is not divided; use all")
    return load_unlabelled(spec)


def _models(
    teacher: str, candidate: str, device: str, precision: str
) -> "tuple[TransformerClassifier, TransformerClassifier]":
    first = options.open_model(teacher, device)
    second = options.open_model(candidate, device, precision)
    if first.name == second.name:
        # Folders of one name in different places: the path tells them apart.
        first.name, second.name = teacher, candidate
    if second.facts.precision != first.facts.precision:
        second.name = f"{second.name} ({second.facts.precision})"
    return first, second


def _show(found: "GateResult", junit: Path | None, markdown: Path | None) -> None:
    from rich.console import Console

    from astrid.files import write_atomic
    from astrid.report.gate import gate_markdown, gate_table
    from astrid.report.junit import write_junit

    Console(stderr=True).print(gate_table(found))
    if junit is not None:
        write_junit(junit, found)
    if markdown is not None:
        write_atomic(markdown, gate_markdown(found))
    if written := [str(path) for path in (junit, markdown) if path is not None]:
        options.say(f"written: {', '.join(written)}")
