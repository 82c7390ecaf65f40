"""ONNX folders: a graph, its tokenizer and what its output means, for use without Astrid."""

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from astrid.errors import InputError
from astrid.files import new_folder, require_writable, write_atomic
from astrid.models.export.check import BATCHES, Parity, check_graph, pad_id
from astrid.models.export.graph import OUTPUT, PACKAGES, require_packages, write_graph
from astrid.models.loading import quiet
from astrid.models.saving import versions
from astrid.models.text_model import TransformerClassifier
from astrid.progress import Advance, silent

GRAPH = "model.onnx"
RECORD = "onnx.json"

STEPS = BATCHES + 1
"""How often `export_onnx` tells of progress, at most."""


@dataclass(frozen=True)
class Export:
    """A folder that was written, and how the graph in it was checked.

    Attributes:
        folder: with `model.onnx`, `tokenizer.json`, `config.json` and `onnx.json`.
        inputs: names of the graph's inputs.
        bytes: of the graph with its weights.
        parity: the largest difference from the model, and on what it was found.
    """

    folder: Path
    inputs: tuple[str, ...]
    bytes: int
    parity: Parity

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "folder": str(self.folder)}


def export_onnx(
    model: TransformerClassifier,
    folder: str | Path,
    *,
    overwrite: bool = False,
    advance: Advance = silent,
) -> Export:
    """Write a classifier to `folder` as ONNX, with its tokenizer, once it is seen to agree.

    The graph takes `input_ids`, `attention_mask` and, where the model does, `token_type_ids`, each
    `[batch, length]` of any size, and gives `logits` `[batch, K]`. It is run by onnxruntime on
    texts alone, in batches and of the longest length, and compared with the model.

    Args:
        model: in float32 on the processor, as `astrid.load_model` opens it.
        folder: appears only when it is complete and checked.
        overwrite: whether an earlier export in `folder` is replaced.
        advance: told of progress, `STEPS` times at most.

    Raises:
        InputError: a missing package, a folder that is there, a model of other numbers than
            float32, an architecture that can't be exported, or logits that differ by more than
            1e-4.
    """
    folder = Path(folder)
    require_packages()
    check_folder(folder, overwrite)
    _check_model(model)
    with new_folder(folder) as temporary:
        inputs = write_graph(model, temporary / GRAPH)
        advance()
        parity = check_graph(model, temporary / GRAPH, inputs, advance)
        size = sum(file.stat().st_size for file in temporary.glob(f"{GRAPH}*"))
        export = Export(folder, inputs, size, parity)
        _write_tokenizer(model, inputs, pad_id(model), temporary)
        _write_settings(model, export, temporary)
    return export


def check_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a place where something else is.

    Raises:
        InputError: something is there that is no export, or an export that is to stay; or nothing
            can be written there.
    """
    require_writable(folder / GRAPH)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / GRAPH).is_file():
        raise InputError(f"{folder}: holds something else already; choose another folder")
    if not overwrite:
        raise InputError(f"{folder}: holds an export; choose another folder or --overwrite")


def _check_model(model: TransformerClassifier) -> None:
    precision = model.facts.precision
    if precision in ("float16", "bfloat16", "float64"):
        raise InputError(f"{model.name}: its weights are {precision}; open it in float32 to export")
    if precision != "float32":
        raise InputError(
            f"{model.name}: its weights are {precision}, which ONNX can't take over; export the "
            "model that it was made from"
        )
    if model.device.type != "cpu":
        raise InputError(f'{model.name}: is on {model.device}; open it with device="cpu" to export')


def _write_tokenizer(
    model: TransformerClassifier, inputs: tuple[str, ...], filler: int | None, folder: Path
) -> None:
    """`tokenizer.json`, which cuts and fills up by itself, and its settings for transformers."""
    rules, known = model.tokenizer(), model.token_ids
    named = {"pad_token": filler, "mask_token": known.mask, "unk_token": known.unknown}
    pieces = {name: rules.id_to_token(token) for name, token in named.items() if token is not None}
    with quiet():
        PreTrainedTokenizerFast(
            tokenizer_object=model.tokenizer(),
            model_max_length=model.max_length,
            model_input_names=list(inputs),
            **{name: piece for name, piece in pieces.items() if piece is not None},
        ).save_pretrained(folder)
    if filler is not None:
        rules.enable_padding(pad_id=filler, pad_token=pieces.get("pad_token") or "[PAD]")
    write_atomic(folder / "tokenizer.json", rules.to_str(pretty=True))


def _write_settings(model: TransformerClassifier, export: Export, folder: Path) -> None:
    record = {
        "name": model.name,
        "inputs": export.inputs,
        "output": OUTPUT,
        "labels": model.labels,
        "tasks": [asdict(task) for task in model.tasks],
        "max_length": model.max_length,
        "parity": asdict(export.parity),
        "versions": {**versions(), **{name: version(name) for name in PACKAGES}},
    }
    for name, value in (
        ("config.json", _without_folders(model.config.to_dict())),
        (RECORD, record),
    ):
        text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
        write_atomic(folder / name, text + "\n")


def _without_folders(settings: Any) -> Any:
    """A configuration without the places that its parts were read from."""
    if not isinstance(settings, dict):
        return settings
    return {
        name: _without_folders(value) for name, value in settings.items() if name != "_name_or_path"
    }
