"""Reading encoders, classifiers and tokenizers from folders and from the Hugging Face hub.

Safetensors only; nothing is unpickled and no code from a model repository is run.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from astrid import hub
from astrid.errors import InputError
from astrid.models import adapters
from astrid.models.common import is_decoder
from astrid.models.int8_layers import pack
from astrid.models.quantised import check_backend

Loaded = TypeVar("Loaded")

_ATTENTION = ("attn_implementation", "_attn_implementation")

_MODEL_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RuntimeError,
    ImportError,
    SafetensorError,
)


class LoadedModel(NamedTuple):
    """A model in evaluation mode, its tokenizer, and a line for each thing to beware of."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    warnings: tuple[str, ...]


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' progress bars and loading reports."""
    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()


def load_config(source: str, token: str | None = None) -> PretrainedConfig:
    """The configuration of the model `source`: a folder or a hub id."""
    _check_folder(source)
    config = _fetch(
        source, "config.json", lambda **local: AutoConfig.from_pretrained(source, **local), token
    )
    refuse_kernels(source, config)
    return config


def refuse_kernels(source: str, config: PretrainedConfig) -> None:
    """Refuse a configuration whose attention is code from the hub.

    Raises:
        InputError: it names a repository of such code.
    """
    encoder = getattr(config, "encoder_config", None) or {}
    # Both spellings: transformers takes either out of a configuration.
    named = [config._attn_implementation, *map(encoder.get, _ATTENTION)]
    for name in named:
        if isinstance(name, str) and "/" in name:
            raise InputError(
                f'{source}: its attention "{name[:100]}" is code from the hub, which is not run; '
                "take attn_implementation out of config.json"
            )


def load_tokenizer(source: str, token: str | None = None) -> PreTrainedTokenizerBase:
    """The tokenizer of `source`, without any fixed padding or truncation that its file carries.

    Raises:
        InputError: there is none, or it can't be read, or it gives no character offsets.
    """
    _check_folder(source)
    if Path(source).is_dir() and not _has_tokenizer(Path(source)):
        raise InputError(
            f"{source}: no tokenizer files (tokenizer.json); copy the model's own here"
        )
    return _tokenizer(source, token)


def _tokenizer(source: str, token: str | None, **settings: Any) -> PreTrainedTokenizerBase:
    tokenizer = _fetch(
        source,
        "tokenizer",
        lambda **local: _read_tokenizer(source, **settings, **local),
        token,
    )
    if not tokenizer.is_fast:
        raise InputError(
            f"{source}: its tokenizer gives no character offsets; a fast one is needed"
        )
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    return tokenizer


def load_encoder(source: str, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """The encoder `source`, without a head, as `dtype` whatever its checkpoint has.

    `source` is a folder or a hub id; of an Astrid model it is the encoder that is taken.

    Raises:
        InputError: nothing there, files missing or damaged, only pickled weights, or a decoder.
    """
    config = load_config(source)
    if config.model_type == "astrid":
        if config.int8 is not None:
            raise InputError(f"{source}: int8 weights can't be trained; give the model before int8")
        return load_classifier(source, dtype).model.encoder
    _check_is_encoder(source, config)
    _check_weights(source)
    encoder, report = _fetch(
        source,
        "weights",
        lambda **local: AutoModel.from_pretrained(
            source, dtype=dtype, use_safetensors=True, output_loading_info=True, **local
        ),
    )
    missing = [name for name in report["missing_keys"] if not name.startswith("pooler.")]
    if missing:
        raise InputError(f"{source}: its weights are incomplete ({_some(missing)} missing)")
    return encoder


def load_classifier(source: str | Path, dtype: torch.dtype = torch.float32) -> LoadedModel:
    """A sequence classifier and its tokenizer from a folder or the hub, as `dtype`.

    A folder with an adapter of the peft package gives its base model with the adapter merged; a
    file that ends in `.ckpt` is a Lightning checkpoint of a model that `astrid train` made.

    Raises:
        InputError: nothing there, files missing or damaged, only pickled weights, or no
            architecture that classifies texts.
    """
    source = str(source)
    if source.endswith(".ckpt"):
        from astrid.models.checkpoints import load_checkpoint

        return load_checkpoint(source, dtype)
    if adapters.is_adapter(source):
        return _load_adapted(source, dtype)
    load_config(source)
    tokenizer = load_tokenizer(source)
    model, missing = _classifier(source, dtype)
    return LoadedModel(model.eval(), tokenizer, _warnings(source, missing))


def load_causal(
    source: str | Path,
    dtype: torch.dtype = torch.float32,
    token: str | None = None,
    quantization: Any = None,
) -> LoadedModel:
    """A causal language model and its tokenizer from a folder or the hub, as `dtype`.

    A folder with an adapter of the peft package gives its base model with the adapter merged.

    Args:
        source: a model folder, an adapter folder or a hub id.
        dtype: of the weights, whatever the checkpoint has.
        token: for gated models of the hub; by default that of `HF_TOKEN` or `HUGGINGFACE_TOKEN`.
        quantization: transformers' settings for weights that are quantised as they are read.

    Raises:
        InputError: nothing there, files missing or damaged, only pickled weights, no model that
            generates from left to right, or a gated one that the token doesn't open.
    """
    source = str(source)
    if adapters.is_adapter(source):
        return _load_adapted_causal(source, dtype, token)
    _check_is_causal(source, load_config(source, token))
    tokenizer = load_tokenizer(source, token)
    return LoadedModel(_causal(source, dtype, token, quantization).eval(), tokenizer, ())


def _check_is_causal(source: str, config: PretrainedConfig) -> None:
    if not is_decoder(config):
        raise InputError(
            f"{source}: {config.model_type} doesn't generate from left to right; give a causal "
            "language model such as GPT-2 or Llama"
        )


def _causal(
    source: str, dtype: torch.dtype, token: str | None, quantization: Any = None
) -> PreTrainedModel:
    config = load_config(source, token)
    _check_is_causal(source, config)
    check_backend(source, config)
    _check_weights(source)
    chosen = {} if quantization is None else {"quantization_config": quantization}
    model, report = _fetch(
        source,
        "weights",
        lambda **local: AutoModelForCausalLM.from_pretrained(
            source, dtype=dtype, use_safetensors=True, output_loading_info=True, **chosen, **local
        ),
        token,
    )
    missing = sorted(report["missing_keys"])
    if missing:
        raise InputError(
            f"{source}: its weights are incomplete for a language model ({_some(missing)} missing)"
        )
    return model


def _classifier(
    source: str, dtype: torch.dtype, **settings: Any
) -> tuple[PreTrainedModel, list[str]]:
    """A classifier, and the names of weights that its checkpoint lacks."""
    config = load_config(source)
    check_backend(source, config)
    _check_weights(source)
    if getattr(config, "int8", None) is not None and dtype != torch.float32:
        raise InputError(f"{source}: an int8 model runs in float32 besides; leave out precision")
    model, report = _fetch(
        source,
        "weights",
        lambda **local: AutoModelForSequenceClassification.from_pretrained(
            source,
            dtype=dtype,
            use_safetensors=True,
            output_loading_info=True,
            **settings,
            **local,
        ),
    )
    missing = sorted(report["missing_keys"])
    if model.config.model_type == "astrid" and any(m.startswith("encoder.") for m in missing):
        raise InputError(f"{source}: its weights are incomplete ({_some(missing)} missing)")
    pack(model)
    return model, missing


def _load_adapted(source: str, dtype: torch.dtype) -> LoadedModel:
    """The base model of the adapter in the folder `source`, with the adapter merged."""
    missing: list[str] = []

    def load_base(base: str, labels: int | None) -> PreTrainedModel:
        try:
            own = _labels_of_adapter(source, load_config(base), labels)
            model, lacking = _classifier(base, dtype, **own)
        except InputError as error:
            raise _no_base(source, error) from None
        missing.extend(lacking)
        return model

    adapted = adapters.apply_adapter(source, load_base)
    tokenizer = _tokenizer_of_adapter(source, adapted.model.config, None)
    untrained = [name for name in missing if name not in adapted.replaced]
    warnings = (*adapted.warnings, *_warnings(source, untrained))
    return LoadedModel(adapted.model.eval(), tokenizer, warnings)


def _load_adapted_causal(source: str, dtype: torch.dtype, token: str | None) -> LoadedModel:
    """The language model of the adapter in the folder `source`, with the adapter merged."""

    def load_base(base: str, labels: int | None) -> PreTrainedModel:
        try:
            return _causal(base, dtype, token)
        except InputError as error:
            raise _no_base(source, error) from None

    adapted = adapters.apply_adapter(source, load_base, "CAUSAL_LM")
    tokenizer = _tokenizer_of_adapter(source, adapted.model.config, token)
    return LoadedModel(adapted.model.eval(), tokenizer, adapted.warnings)


def _no_base(source: str, error: InputError) -> InputError:
    return InputError(
        f"{source}: its base model can't be opened ({error}); copy it there, or mend "
        f"base_model_name_or_path in {adapters.CONFIG}"
    )


def _tokenizer_of_adapter(
    source: str, config: PretrainedConfig, token: str | None
) -> PreTrainedTokenizerBase:
    if not _has_tokenizer(Path(source)):
        return load_tokenizer(adapters.base_of(source), token)
    # An adapter's folder has no config.json: where its tokenizer names no class, the base says.
    return _tokenizer(source, token, config=config)


def _labels_of_adapter(source: str, base: PretrainedConfig, labels: int | None) -> dict[str, Any]:
    """Settings of the classifier: from a config beside the adapter, or from what it saved."""
    if (Path(source) / "config.json").is_file():
        config = load_config(source)
        return {"id2label": config.id2label, "problem_type": config.problem_type}
    if labels is None or labels == base.num_labels:
        return {}
    return {"num_labels": labels}


def _read_tokenizer(source: str, **settings: Any) -> PreTrainedTokenizerBase:
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(source, **settings)
    except Exception as error:
        if type(error) is not Exception:
            raise
        # Of a damaged file the tokenizers library says so with nothing more special.
        raise ValueError(str(error)) from error
    return tokenizer


def _warnings(source: str, missing: list[str]) -> tuple[str, ...]:
    if not missing:
        return ()
    return (
        f"{source}: this model's classifier is untrained: {_some(missing)} not in the checkpoint "
        "and drawn at random, so that its answers mean nothing",
    )


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(sorted(names)[:2]) + rest


def _fetch(source: str, what: str, load: Callable[..., Loaded], token: str | None = None) -> Loaded:
    """Run `load` on local files first, and on the network only if they don't suffice."""
    with quiet():
        try:
            return load(local_files_only=True, trust_remote_code=False)
        except InputError as error:
            raise InputError(f"{source}: {error}") from None
        except _MODEL_ERRORS as error:
            if Path(source).is_dir():
                raise InputError(f"{source}: its {what} can't be read ({_brief(error)})") from error
            first = error
        if not hub.answers():
            raise InputError(
                f"{source}: not a folder here, not downloaded before, and the Hugging Face hub "
                "can't be reached; give a local folder"
            ) from first
        key = hub.access_token(token)
        try:
            return load(local_files_only=False, trust_remote_code=False, token=key)
        except _MODEL_ERRORS as error:
            refused = hub.refusal(source, error, key)
            brief = hub.without_token(_brief(error), key)
            # What the network's own errors hold must not be seen: it may be the token.
            raise InputError(
                refused or f"{source}: its {what} can't be had from the Hugging Face hub ({brief})"
            ) from None


def _brief(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__


def _check_folder(source: str) -> None:
    """Refuse what looks like a path and isn't there, and folders without a usable config."""
    folder = Path(source)
    if not folder.is_dir():
        if folder.is_absolute() or source.startswith((".", "~")) or source.count("/") != 1:
            _refuse_path(source)
        return
    config = folder / "config.json"
    if not config.is_file():
        if (folder / "question.json").is_file():
            raise InputError(
                f"{source}: holds a run of astrid llm run; ask it by astrid llm explain, "
                "or open it by astrid.llm.question.open_run for astrid.explain and astrid.compare"
            )
        raise InputError(f"{source}: no config.json; this is not a model folder")
    try:
        values = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{config}: can't be read ({_brief(error)}); save the model again"
        ) from None
    if not isinstance(values, dict) or "model_type" not in values:
        raise InputError(f"{config}: names no model_type; this is not a transformers model")


def _refuse_path(source: str) -> None:
    # Old hub ids have no slash ("gpt2"): only they are left to the hub.
    if "/" not in source and not source.startswith((".", "~")):
        return
    raise InputError(f"{source}: no such folder; give a model folder or a hub id (owner/name)")


def _has_tokenizer(folder: Path) -> bool:
    names = ("tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model")
    return any((folder / name).is_file() for name in names)


def _check_weights(source: str) -> None:
    """Name missing, pickled or truncated weight files of a local folder before loading them."""
    folder = Path(source)
    if not folder.is_dir():
        return
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        pickled = any(folder.glob("*.bin"))
        hint = (
            "only pickled weights (.bin), which are not loaded; convert them to safetensors"
            if pickled
            else "no model.safetensors; train or save the model again"
        )
        raise InputError(f"{source}: {hint}")
    for file in files:
        try:
            with safe_open(file, framework="pt"):
                pass
        except (SafetensorError, OSError) as error:
            raise InputError(
                f"{file}: damaged or cut off ({_brief(error)}); train or copy the model again"
            ) from None


def _check_is_encoder(source: str, config: Any) -> None:
    kind = config.model_type
    if is_decoder(config) or config.is_encoder_decoder:
        raise InputError(f"{source}: {kind} is not an encoder; give one such as BERT or RoBERTa")
