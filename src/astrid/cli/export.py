"""`astrid export`: a model for use without Astrid."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astrid.cli import options

if TYPE_CHECKING:
    from astrid.models.export.onnx import Export

HELP = """Write a classifier as ONNX, for use without Astrid and PyTorch.

The folder holds the graph, its tokenizer, and what its output means. It appears only if the graph,
run by onnxruntime, gives the model's logits to 1e-4: on texts alone, in batches, and of the longest
length that the model reads (at most 2,048 words).

Example:

  astrid export runs/demo/teacher --format onnx --out runs/demo/teacher-onnx
"""


def register(app: typer.Typer) -> None:
    app.command("export", help=HELP, short_help="A model for use without Astrid.")(export)


def export(
    model: Annotated[str, typer.Argument(help="A model folder or hub id.")],
    kind: Annotated[str, typer.Option("--format", help="onnx.")] = "onnx",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the export; else MODEL-onnx.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export in the folder.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    from astrid.errors import InputError
    from astrid.models.export.graph import require_packages
    from astrid.models.export.onnx import STEPS, check_folder, export_onnx
    from astrid.progress import bar

    if kind != "onnx":
        raise InputError(f'--format "{kind}": use onnx')
    folder = out or _beside(model)
    require_packages()
    check_folder(folder, overwrite)
    opened = options.open_model(model, "cpu")
    with bar("exporting", STEPS) as advance:
        found = export_onnx(opened, folder, overwrite=overwrite, advance=advance)
    _say(found)
    if as_json:
        options.print_json(found.to_dict())


def _beside(model: str) -> Path:
    """The folder that an export has by itself: beside a model's folder, or in `runs`."""
    folder = Path(model)
    if not folder.is_dir():
        return Path("runs") / f"{folder.name}-onnx"
    own = folder if folder.name not in ("", "..") else folder.resolve()
    return own.with_name(f"{own.name}-onnx")


def _say(export: "Export") -> None:
    parity = export.parity
    batches = "alone and in batches" if parity.padded else "of one length each: it takes no padding"
    options.say(
        f"{export.folder}: {export.bytes / 1e6:.1f} MB; logits differ by at most "
        f"{parity.largest_difference:.1e} on {parity.texts} texts of up to {parity.longest} "
        f"tokens, {batches}"
    )
