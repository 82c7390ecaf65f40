"""`astrid train`: train one classifier."""

from pathlib import Path
from typing import Annotated

import typer

from astrid.cli import options, training

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
    group_field: options.GroupField = None,
    data_path: options.Path_ = None,
    labels: options.Labels = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another model in the folder.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    from astrid.config import compose
    from astrid.errors import InputError
    from astrid.spec import checked
    from astrid.text.load import DataSpec

    settings = compose("train", overrides or [])
    if data is not None:
        chosen = options.data_spec(
            data, text_field, label_field, rationale_field, data_path, labels, group_field
        )
        drawn = {name: settings["data"][name] for name in ("fractions", "seed")}
        chosen = checked(DataSpec, {**chosen.model_dump(), **drawn}, "data")
    elif data_path is not None or labels is not None or group_field is not None:
        raise InputError(
            "--data-path, --labels and --group-field go with --data; "
            "else use data=… data.params.…=…"
        )
    else:
        chosen = checked(DataSpec, settings["data"], "data")
    training.carry_out(settings, chosen, out, overwrite, as_json)
