"""Model folders: what Hugging Face expects, plus `astrid.json` with how the model came about."""

import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from astrid.errors import InputError
from astrid.files import cannot_write, new_folder, write_atomic
from astrid.models.int8_layers import stored_copy
from astrid.models.loading import quiet
from astrid.models.quantised import is_packed

RECORD = "astrid.json"


def save_model(
    folder: Path,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    record: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
) -> None:
    """Write the model to `folder`, which appears only when it is complete.

    Args:
        folder: replaced if it exists.
        model: saved as safetensors; int8 layers as integers and scales.
        tokenizer: saved beside it.
        record: how the model came about; versions are added.
        files: further small text files, by name.
    """
    with new_folder(folder) as temporary, writing(folder), quiet():
        packed = any(map(is_packed, model.modules()))
        (stored_copy(model) if packed else model).save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
        for name, content in (files or {}).items():
            write_atomic(temporary / name, content)
        text = json.dumps({**record, "versions": versions()}, indent=2, ensure_ascii=False)
        write_atomic(temporary / RECORD, text + "\n")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in one line that `path` can't be written, whichever library finds it out.

    Raises:
        InputError: the disk is full, or the folder can't be written.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise cannot_write(path, error) from error


def read_record(folder: Path) -> dict[str, Any]:
    """What `astrid.json` in `folder` says.

    Raises:
        InputError: there is none, or it is damaged.
    """
    path = Path(folder) / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{folder}: no {RECORD}; this is not a model that Astrid trained"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: can't be read ({error}); train the model again") from None
    if not isinstance(record, dict):
        raise InputError(f"{path}: not a record of a model; train the model again")
    return record


def versions() -> dict[str, str]:
    """Versions of what shapes a model: Python and the libraries that train it."""
    packages = ("astrid", "torch", "transformers", "tokenizers", "lightning")
    return {"python": platform.python_version(), **{name: _version(name) for name in packages}}


def _version(package: str) -> str:
    if package == "astrid":
        from astrid._version import __version__

        return __version__
    return version(package)
