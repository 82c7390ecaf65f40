"""`astrid train`: train one classifier."""

from pathlib import Path
from typing import Annotated

import typer

from astrid.cli import options

HELP = """Train one classifier.

Settings are given as Hydra overrides, from the groups data, encoder, head and trainer. A run that
was killed goes on where it stopped when it is started again. Beside the model lie its curves:
training.html and training.png. What they show to be wrong is said, with what to change.

Examples:

  astrid train encoder=demo-teacher trainer=scratch --out runs/first

  astrid train --data cases.csv --text-field facts --label-field won encoder=distilbert --out runs/d

  astrid train --data cases.csv encoder=teacher encoder.teacher=runs/d encoder.layers=3 --out runs/s
"""


def register(app: typer.Typer) -> None:
    app.command("train", help=HELP, short_help="Train one classifier.")(train)


def train(
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Settings, such as head=attention trainer.epochs=5.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder of the model.")] = Path("runs/model"),
    data: Annotated[
        str | None, typer.Option("--data", help="A data set's name, or a file; else data=… counts.")
    ] = None,
    text_field: options.TextField = "text",
    label_field: options.LabelField = "label",
    rationale_field: options.RationaleField = None,
    data_path: options.Path_ = None,
    labels: options.Labels = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another model in the folder.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    from astrid.config import compose
    from astrid.errors import InputError
    from astrid.report.training import PAGE, write_training
    from astrid.spec import checked
    from astrid.text.load import DataSpec, load_splits
    from astrid.training.fit import fit
    from astrid.training.spec import TrainSpec

    settings = compose("train", overrides or [])
    if data is not None:
        chosen = options.data_spec(
            data, text_field, label_field, rationale_field, data_path, labels
        )
        drawn = {name: settings["data"][name] for name in ("fractions", "seed")}
        chosen = checked(DataSpec, {**chosen.model_dump(), **drawn}, "data")
    elif data_path is not None or labels is not None:
        raise InputError("--data-path and --labels go with --data; else use data=… data.params.…=…")
    else:
        chosen = checked(DataSpec, settings["data"], "data")
    spec = checked(TrainSpec, settings | {"data": chosen.model_dump(mode="json")}, "train")
    splits = load_splits(chosen)
    options.say(
        f"{splits.train.name}: {len(splits.train)} texts to train on, "
        f"{len(splits.validation)} for validation, classes {', '.join(splits.train.classes)}"
    )
    for reason, count in splits.train.facts.get("skipped", {}).items():
        options.say(f"left out: {count} rows ({reason})")
    result = fit(spec, splits.train, splits.validation, out, overwrite=overwrite)
    metrics = result.metrics
    how = "was there already" if result.reused else f"trained for {result.epochs} epochs"
    options.say(f"{out}: {how}; validation accuracy {metrics['accuracy']:.3f}")
    options.say_findings(result.diagnosis)
    if not (result.reused and (out / PAGE).is_file()):
        write_training(out)
    if (out / PAGE).is_file():
        options.say(f"curves: {out / PAGE}")
    if as_json:
        options.print_json(
            {
                "folder": str(out),
                "metrics": dict(metrics),
                "epochs": result.epochs,
                "best_epoch": result.best_epoch,
                "resumed": result.resumed,
                "reused": result.reused,
                "diagnosis": [found.to_dict() for found in result.diagnosis],
            }
        )
