"""`astrid compress`: make a trained model smaller."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astrid.cli import options

if TYPE_CHECKING:
    from astrid.training.compressing import CompressResult

HELP = """Make a trained model smaller: int8 weights, weights, heads or layers left out.

--how names the compression, with its number: int8, prune30 (the smallest 30 % of the weights),
prune_heads25 (a quarter of each layer's attention heads), drop_layers1 (the last layer). With
--data, heads are chosen by what they do for the training texts, the result is measured on the
validation texts, and --epochs trains it on. Distillation is a way of training: see astrid train.

Examples:

  astrid compress runs/demo/teacher --how int8 --out runs/demo/int8

  astrid compress runs/d --how prune30 --data cases.csv --label-field won --epochs 1 --out runs/p
"""

_HOW = "int8, prune30, prune_heads25, drop_layers1 …"


def register(app: typer.Typer) -> None:
    app.command("compress", help=HELP, short_help="Make a trained model smaller.")(compress)


def compress(
    model: Annotated[str, typer.Argument(help="Folder of the trained model.")],
    how: Annotated[str, typer.Option("--how", help=_HOW)],
    out: Annotated[Path, typer.Option("--out", help="Folder of the compressed model.")],
    params: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="A setting, such as embeddings=true; repeatable."),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", help="A data set's name, or a file with labels.")
    ] = None,
    text_field: options.TextField = "text",
    label_field: options.LabelField = "label",
    data_path: options.Path_ = None,
    labels: options.Labels = None,
    epochs: Annotated[
        int, typer.Option("--epochs", min=0, help="Epochs of training after compression.")
    ] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another model in the folder.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    from astrid.models.compression import parse_compression
    from astrid.text.load import load_splits
    from astrid.training.compressing import Order, compress_folder
    from astrid.training.spec import TrainerSpec

    spec = parse_compression(how)
    spec = spec.model_copy(update={"params": {**spec.params, **options.settings(params)}})
    splits = None
    if data is not None:
        splits = load_splits(
            options.data_spec(data, text_field, label_field, None, data_path, labels)
        )
    order = Order(
        source=Path(model),
        spec=spec,
        train=splits.train if splits else None,
        validation=splits.validation if splits else None,
        recover=TrainerSpec(epochs=epochs) if epochs else None,
    )
    result = compress_folder(order, out, overwrite=overwrite)
    _say(result)
    if as_json:
        options.print_json(
            {
                "folder": str(out),
                "before": result.before.to_dict(),
                "after": result.after.to_dict(),
                "metrics": dict(result.metrics) if result.metrics else None,
                "reused": result.reused,
                "diagnosis": [found.to_dict() for found in result.diagnosis],
            }
        )


def _say(result: "CompressResult") -> None:
    options.table(
        [
            {
                "": name,
                "on disk": f"{size.disk_bytes / 1e6:.2f} MB",
                "parameters": f"{size.parameters:,}",
                "not zero": f"{size.nonzero_parameters:,}",
            }
            for name, size in (("before", result.before), ("after", result.after))
        ]
    )
    how = "was there already" if result.reused else "written"
    accuracy = result.metrics["accuracy"] if result.metrics else None
    shown = "" if accuracy is None else f"; validation accuracy {accuracy:.3f}"
    options.say(f"{result.folder}: {how}{shown}")
    options.say_findings(result.diagnosis)
