"""`astrid mbti`: personality types from posts, four yes-or-no tasks on one encoder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from astrid.cli import options, tasks, training
from astrid.cli.explain_run import Shown
from astrid.errors import InputError

if TYPE_CHECKING:
    from astrid.mbti.classifier import MBTIClassifier
    from astrid.text.load import DataSpec

TRAIN = """Train a classifier of personality types.

Settings are given as Hydra overrides, from the groups model (default, quick, scratch), trainer
(default, quick, scratch) and data (personality, mbti). The default model is DistilBERT with its
pretrained weights, from the hub or encoder.source=FOLDER; the data are made-up posts unless --data
names Kaggle's file (columns type and posts). Started again after it was killed, it goes on.

Examples:

  astrid mbti train model=quick trainer=quick --out runs/quick

  astrid mbti train model=scratch trainer=scratch --out runs/mbti

  astrid mbti train --data mbti_1.csv trainer.strategy=gradual tasks.sn.pos_weight=balanced
"""

PREDICT = """The type of who wrote a text, with the probabilities of E, N, T and J.

A text is what one person wrote; several posts are joined by |||.

Examples:

  astrid mbti predict runs/mbti "I love quiet evenings with a book."

  astrid mbti predict runs/mbti --data people.csv --json
"""

EVALUATE = """How well each axis is told, beside the majority and a bag of words.

The figures are those of people: the probabilities of a person are the mean over their posts. The
data are those the model was trained with, unless --data names others.

Example:

  astrid mbti evaluate runs/mbti --split test --report report --words 100
"""

EXPLAIN = """Which words speak for a letter: of E/I with --task ei, and sn, tf, jp.

Scores above 0 speak for E, N, T or J.

Example:

  astrid mbti explain runs/mbti "I love quiet evenings with a book." --task ei -m shap
"""

Model = Annotated[str, typer.Argument(help="A model folder, or a checkpoint (model.ckpt).")]
KaggleFile = Annotated[
    Path | None,
    typer.Option("--data", help="File in Kaggle's layout: columns type and posts."),
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Personality types from posts: four tasks on one encoder.")
    group.command("train", help=TRAIN, short_help="Train a classifier of types.")(train)
    group.command("predict", help=PREDICT, short_help="Types of texts.")(predict)
    group.command("evaluate", help=EVALUATE, short_help="How well a model does.")(evaluate)
    group.command("explain", help=EXPLAIN, short_help="Words that speak for a letter.")(explain)
    app.add_typer(group, name="mbti")


def train(
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Settings, such as model=quick trainer.epochs=5.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder of the model.")] = Path("runs/mbti"),
    data: KaggleFile = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another model in the folder.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    from astrid.config import compose
    from astrid.spec import checked
    from astrid.text.load import DataSpec

    given = list(overrides or [])
    if data is not None:
        given = ["data=mbti", f"data.params.path={_quoted(data)}", *given]
    settings = compose("mbti/train", given)
    chosen = checked(DataSpec, settings["data"], "data")
    training.carry_out(settings, chosen, out, overwrite, as_json)


def predict(
    model: Model,
    texts: Annotated[list[str] | None, typer.Argument(help="Texts, one a person.")] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="A csv, tsv, jsonl or parquet file, instead.")
    ] = None,
    text_field: Annotated[
        str, typer.Option("--text-field", help="Column of the texts in the file.")
    ] = "posts",
    device: options.Device = "cpu",
    precision: options.Precision = "float32",
    as_json: options.Json = False,
) -> None:
    from astrid.progress import bar, no_bar
    from astrid.text.personality import AXES

    asked = _texts(texts, data, text_field)
    classifier = _opened(model, device, precision)
    shown = bar if len(asked) > 1 else no_bar
    with shown("predicting", None) as advance:
        found = classifier.predict_proba(asked, advance)
    rows = [
        {"type": classifier.type_of(row), **dict(zip(AXES, map(float, row), strict=True))}
        for row in found
    ]
    if as_json:
        for row in rows:
            options.print_json(row)
        return
    columns = {axis: f"P({positive})" for axis, (_, positive) in AXES.items()}
    options.table(
        [
            {"type": row["type"], **{columns[axis]: f"{row[axis]:.3f}" for axis in AXES}}
            for row in rows
        ]
    )


def evaluate(
    model: Model,
    data: KaggleFile = None,
    split: Annotated[str, typer.Option("--split", help="People: test or validation.")] = "test",
    report: tasks.Report = None,
    words: tasks.Words = 0,
    device: options.Device = "cpu",
    precision: options.Precision = "float32",
    as_json: options.Json = False,
) -> None:
    from astrid.report.task_report import SELF_REPORTED

    judging = tasks.Judging(_data_of(model, data), split, report, words, SELF_REPORTED)
    judging.check()
    tasks.judge(_opened(model, device, precision).model, judging, as_json)


def explain(
    model: Model,
    texts: Annotated[list[str], typer.Argument(help="Texts, one a person.")],
    task: Annotated[str, typer.Option("--task", help="Axis: ei, sn, tf or jp.")] = "ei",
    method: options.Method = "integrated_gradients",
    params: options.Params = None,
    target: Annotated[
        str, typer.Option("--target", help="probability or logit of the axis.")
    ] = "probability",
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with coloured words.")
    ] = None,
    device: options.Device = "cpu",
    precision: options.Precision = "float32",
    as_json: options.Json = False,
) -> None:
    shown = Shown(html, as_json)
    shown.check()
    classifier = _opened(model, device, precision)
    kind: Any = target
    wanted = options.settings(params)
    found = classifier.explain(texts, task, method, target=kind, params=wanted)
    shown.show(found)


def _opened(model: str, device: str, precision: str) -> "MBTIClassifier":
    from astrid.mbti.classifier import MBTIClassifier

    classifier = MBTIClassifier.load_from_checkpoint(
        model,
        device=device,
        precision=precision,  # type: ignore[arg-type]
    )
    options.say_of(classifier.model)
    return classifier


def _texts(given: list[str] | None, data: Path | None, text_field: str) -> list[str]:
    from astrid.text.load import DataSpec, load_unlabelled

    if (data is None) == (not given):
        raise InputError("mbti predict: give either texts or --data, one of the two")
    if data is None:
        return given or []
    fields = {"path": str(data), "text_field": text_field}
    return load_unlabelled(DataSpec(source="file", params=fields)).texts


def _data_of(model: str, data: Path | None) -> "DataSpec":
    """The data that the model was trained with, or a file divided in the same way."""
    from astrid.models.saving import RECORD, read_record
    from astrid.spec import checked
    from astrid.text.load import DataSpec

    folder = Path(model) if Path(model).is_dir() else Path(model).parent
    known: dict[str, Any] = {}
    if (folder / RECORD).is_file():
        spec = read_record(folder).get("spec")
        trained = spec.get("data") if isinstance(spec, dict) else None
        known = dict(checked(DataSpec, trained, "data")) if isinstance(trained, dict) else {}
    if data is None:
        return checked(DataSpec, known or {"source": "personality"}, "data")
    params = {**known["params"], "path": str(data)} if _is_kaggle(known) else {}
    return checked(
        DataSpec, {**known, "source": "mbti", "params": params or {"path": str(data)}}, "data"
    )


def _is_kaggle(data: dict[str, Any]) -> bool:
    return data.get("source") == "mbti"


def _quoted(path: Path) -> str:
    """The path as a value that Hydra takes as it is."""
    escaped = str(path.expanduser().absolute()).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
