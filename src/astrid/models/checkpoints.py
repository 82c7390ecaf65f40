"""Lightning checkpoints of Astrid's classifiers: written to be opened by themselves.

A checkpoint is a file of torch, and such files can hold any Python object, which loading would
run. So nothing is unpickled but tensors and plain values: a file with more in it is refused.
"""

import json
import pickle
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from astrid.errors import InputError
from astrid.models.classifier import AstridClassifier
from astrid.models.configuration import AstridConfig
from astrid.models.loading import LoadedModel, load_tokenizer, quiet, refuse_kernels

SUFFIX = ".ckpt"
_WEIGHTS = "model."
"""What Lightning puts before the names of the classifier's weights."""
_CONFIG = "config.json"
_MISFITS = (
    *(ValueError, KeyError, TypeError, AttributeError, RuntimeError, IndexError, ImportError),
    *(OSError, ArithmeticError, AssertionError, MemoryError, InputError),
)
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def is_checkpoint(source: str | Path) -> bool:
    """Whether `source` is meant as a checkpoint: its name says so."""
    return str(source).endswith(SUFFIX)


def files_of(model: Any, tokenizer: PreTrainedTokenizerBase) -> dict[str, str]:
    """The text files that make weights a model: its configuration, and its tokenizer's files."""
    with tempfile.TemporaryDirectory() as folder, quiet():
        model.config.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return {
            name: (Path(folder) / name).read_text(encoding="utf-8")
            for name in (_CONFIG, *_TOKENIZER)
            if (Path(folder) / name).is_file()
        }


def save_checkpoint(path: Path, model: Any, tokenizer: PreTrainedTokenizerBase, epoch: int) -> None:
    """Write the weights as Lightning does for `save_weights_only`, with all that opens them."""
    import lightning.pytorch as pl

    weights = {_WEIGHTS + name: value.cpu() for name, value in model.state_dict().items()}
    torch.save(
        {
            "state_dict": weights,
            "hyper_parameters": {"files": files_of(model, tokenizer)},
            "epoch": epoch,
            "global_step": 0,
            "pytorch-lightning_version": pl.__version__,
        },
        path,
    )


def load_checkpoint(path: str | Path, dtype: torch.dtype = torch.float32) -> LoadedModel:
    """The classifier of a checkpoint and its tokenizer, in evaluation mode, as `dtype`.

    Where a checkpoint holds weights alone, `config.json` and the tokenizer's files beside it tell
    the rest.

    Raises:
        InputError: no such file, damaged, with objects that would have to be unpickled, or not of
            an Astrid classifier.
    """
    path = Path(path)
    saved = _read(path)
    weights = _weights(path, saved)
    files = _files(path, saved)
    config = _config(path, files[_CONFIG])
    try:
        # Without memory first: settings of enormous layers are found out before any is made.
        with torch.random.fork_rng(), torch.device("meta"):
            _refuse_others(AstridClassifier(config), weights)
        with torch.random.fork_rng():
            model = AstridClassifier(config)
        model.load_state_dict(weights)
    except _MISFITS as error:
        raise InputError(f"{path}: its weights don't fit its settings ({_brief(error)})") from None
    return LoadedModel(model.to(dtype).eval(), _tokenizer(path, files), ())


def _config(path: Path, content: str) -> AstridConfig:
    try:
        values = json.loads(content)
        if not isinstance(values, dict) or values.get("model_type") != AstridConfig.model_type:
            raise ValueError("not of a model that astrid train made")
        config = AstridConfig.from_dict(values)
    except (*_MISFITS, RecursionError) as error:
        raise InputError(f"{path}: its {_CONFIG} can't be used ({_brief(error)})") from None
    refuse_kernels(str(path), config)
    return config


def _refuse_others(model: AstridClassifier, weights: Mapping[str, torch.Tensor]) -> None:
    """Refuse weights of other names or shapes than the model's."""
    own = {name: value.shape for name, value in model.state_dict().items()}
    given = {name: value.shape for name, value in weights.items()}
    for name in (*own, *given):
        if own.get(name) != given.get(name):
            raise ValueError(name)


def _tokenizer(path: Path, files: Mapping[str, str]) -> PreTrainedTokenizerBase:
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, content in files.items():
                (Path(folder) / name).write_text(content, encoding="utf-8")
            return load_tokenizer(folder)
        except InputError as error:
            problem = str(error).replace(folder, "").removeprefix(": ")
            raise InputError(f"{path}: {problem}") from None
        except UnicodeEncodeError:
            raise InputError(f"{path}: the files of its tokenizer are no text") from None


def _brief(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:160] if lines else type(error).__name__


def _read(path: Path) -> Mapping[str, Any]:
    if path.is_file() and not zipfile.is_zipfile(path):
        # Of other files torch only says that they can't be mapped into memory.
        raise InputError(
            f"{path}: refused: it is damaged, or no checkpoint of PyTorch; give one that Lightning "
            "or torch.save wrote"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of programs in such a file, which aren't run either
            saved = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: this is a folder; give a checkpoint file in it") from None
    except pickle.UnpicklingError:
        raise InputError(
            f"{path}: refused: it is damaged, or holds Python objects, which are not loaded; save "
            "tensors and plain values alone"
        ) from None
    except Exception as error:  # noqa: BLE001 - bytes of any kind make torch's reader fail anyhow
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        brief = lines[0][:120] if lines else type(error).__name__
        raise InputError(f"{path}: can't be read as a checkpoint ({brief})") from None
    if not isinstance(saved, Mapping) or not isinstance(saved.get("state_dict"), Mapping):
        raise InputError(f"{path}: not a Lightning checkpoint: there is no state_dict in it")
    return saved


def _weights(path: Path, saved: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The classifier's weights, without what only its training needed."""
    weights = {
        str(name).removeprefix(_WEIGHTS): value
        for name, value in saved["state_dict"].items()
        if str(name).startswith(_WEIGHTS) and isinstance(value, torch.Tensor)
    }
    if not weights:
        raise InputError(f"{path}: holds no weights of a classifier that astrid train made")
    return weights


def _files(path: Path, saved: Mapping[str, Any]) -> dict[str, str]:
    """The text files in the checkpoint, or those beside it."""
    settings = saved.get("hyper_parameters")
    held = settings.get("files") if isinstance(settings, Mapping) else None
    names = (_CONFIG, *_TOKENIZER)
    if isinstance(held, Mapping):
        found = {name: held[name] for name in names if isinstance(held.get(name), str)}
    else:
        beside = {name: path.parent / name for name in names}
        found = {name: _text(file) for name, file in beside.items() if file.is_file()}
    if _CONFIG not in found:
        raise InputError(
            f"{path}: doesn't say which model its weights belong to; put it beside the model's "
            "config.json and tokenizer.json"
        )
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: can't be read ({_brief(error)})") from None
