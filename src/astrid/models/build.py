"""Building encoders (pretrained, from scratch, from a teacher's layers) and whole classifiers."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from transformers import (
    AutoModel,
    BertConfig,
    DistilBertConfig,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from astrid.errors import InputError
from astrid.models.classifier import AstridClassifier, drop_pooler
from astrid.models.configuration import AstridConfig
from astrid.models.encoders import Architecture, EncoderSpec, load_preset
from astrid.models.heads import HeadSpec
from astrid.models.layers import copy_layers
from astrid.models.loading import load_encoder, load_tokenizer
from astrid.models.task_heads import TaskHead, column_names
from astrid.models.tokenizers import train_wordpiece
from astrid.spec import checked


@dataclass(frozen=True)
class BuiltEncoder:
    """An encoder with the tokenizer that goes with it, and the longest text in tokens."""

    encoder: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    max_length: int


def build_encoder(spec: EncoderSpec, texts: Sequence[str]) -> BuiltEncoder:
    """The encoder that `spec` describes, as float32; random weights come from torch's generator.

    Args:
        spec: what to build.
        texts: the training texts, for a tokenizer that is trained.

    Raises:
        InputError: settings that don't go together, or a source that can't be loaded.
    """
    _check(spec)
    makers = {"pretrained": _pretrained, "scratch": _scratch, "teacher": _from_teacher}
    encoder, tokenizer = makers[spec.init](spec, texts)
    if len(tokenizer) > encoder.config.vocab_size:
        raise InputError(
            f"encoder.tokenizer: it has {len(tokenizer)} entries and the encoder knows only "
            f"{encoder.config.vocab_size}; use the encoder's own tokenizer"
        )
    drop_pooler(encoder)
    return BuiltEncoder(encoder, tokenizer, min(spec.max_length, _longest(encoder, tokenizer)))


def check_settings(spec: EncoderSpec) -> None:
    """Refuse settings that can't be built, before anything is loaded or trained.

    Raises:
        InputError: settings that don't go together, or sizes that are missing.
    """
    _check(spec)
    if spec.init == "scratch":
        architecture_of(spec)


def build_classifier(
    built: BuiltEncoder, head: HeadSpec, labels: Sequence[str]
) -> AstridClassifier:
    """A classifier over the classes `labels`, with the encoder's weights and a new head.

    Raises:
        InputError: fewer than two classes.
    """
    if len(labels) < 2:
        raise InputError(f"a classifier needs at least 2 classes, and there are {len(labels)}")
    config = AstridConfig(
        encoder_config=built.encoder.config.to_dict(),
        head=head.name,
        head_params=dict(head.params),
        max_sequence_length=built.max_length,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    return _with_weights(AstridClassifier(config), built)


def _with_weights(model: AstridClassifier, built: BuiltEncoder) -> AstridClassifier:
    model.encoder.load_state_dict(built.encoder.state_dict())
    built.tokenizer.model_max_length = built.max_length
    return model


def build_task_classifier(built: BuiltEncoder, tasks: Sequence[TaskHead]) -> AstridClassifier:
    """A classifier that answers several tasks, with the encoder's weights and new heads."""
    labels = column_names(tasks)
    config = AstridConfig(
        encoder_config=built.encoder.config.to_dict(),
        tasks=[task.to_dict() for task in tasks],
        max_sequence_length=built.max_length,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    return _with_weights(AstridClassifier(config), built)


def architecture_of(spec: EncoderSpec) -> Architecture:
    """The preset's architecture with the spec's own sizes instead where it gives them."""
    given = {
        name: value
        for name in ("layers", "hidden_size", "attention_heads", "intermediate_size", "vocab_size")
        if (value := getattr(spec, name)) is not None
    }
    base = load_preset(spec.preset).architecture.model_dump() if spec.preset else {}
    architecture = checked(Architecture, {**base, **given}, "encoder")
    if architecture.hidden_size % architecture.attention_heads:
        raise InputError(
            f"encoder.attention_heads: {architecture.attention_heads} heads can't share "
            f"{architecture.hidden_size} dimensions evenly; choose a divisor"
        )
    return architecture


def transformer_config(architecture: Architecture, pad_id: int = 0) -> PretrainedConfig:
    """The transformers configuration of `architecture`."""
    if architecture.family == "distilbert":
        return DistilBertConfig(
            vocab_size=architecture.vocab_size,
            dim=architecture.hidden_size,
            n_layers=architecture.layers,
            n_heads=architecture.attention_heads,
            hidden_dim=architecture.intermediate_size,
            max_position_embeddings=architecture.max_positions,
            dropout=architecture.dropout,
            attention_dropout=architecture.dropout,
            pad_token_id=pad_id,
        )
    return BertConfig(
        vocab_size=architecture.vocab_size,
        hidden_size=architecture.hidden_size,
        num_hidden_layers=architecture.layers,
        num_attention_heads=architecture.attention_heads,
        intermediate_size=architecture.intermediate_size,
        max_position_embeddings=architecture.max_positions,
        hidden_dropout_prob=architecture.dropout,
        attention_probs_dropout_prob=architecture.dropout,
        pad_token_id=pad_id,
    )


def _check(spec: EncoderSpec) -> None:
    """Refuse settings that `init` would ignore: the model would not be what the spec says."""
    sizes = ("layers", "hidden_size", "attention_heads", "intermediate_size", "vocab_size")
    ignored = {
        "pretrained": ("teacher", *sizes),
        "scratch": ("teacher", "source"),
        "teacher": ("source", *sizes[2:]),
    }[spec.init]
    for name in ignored:
        if getattr(spec, name) is not None:
            raise InputError(f"encoder.{name}: has no meaning with init={spec.init}; leave it out")
    if spec.init == "teacher" and spec.teacher is None:
        raise InputError("encoder.teacher: init=teacher needs the teacher's folder")


def _pretrained(
    spec: EncoderSpec, texts: Sequence[str]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    source = spec.source or (load_preset(spec.preset).hub_id if spec.preset else None)
    if source is None:
        raise InputError(
            f"encoder.source: {spec.preset or 'no preset'} has no pretrained weights to load; give "
            "a source (folder or hub id), or init=scratch or init=teacher"
        )
    return load_encoder(source), load_tokenizer(spec.tokenizer or source)


def _scratch(
    spec: EncoderSpec, texts: Sequence[str]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    architecture = architecture_of(spec)
    if spec.tokenizer is not None:
        tokenizer = load_tokenizer(spec.tokenizer)
    else:
        length = min(spec.max_length, architecture.max_positions)
        tokenizer = train_wordpiece(texts, architecture.vocab_size, length, spec.lowercase)
    fitting = architecture.model_copy(update={"vocab_size": len(tokenizer)})
    config = transformer_config(fitting, tokenizer.pad_token_id or 0)
    return AutoModel.from_config(config), tokenizer


def _from_teacher(
    spec: EncoderSpec, texts: Sequence[str]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    assert spec.teacher is not None
    teacher = load_encoder(spec.teacher)
    preset = load_preset(spec.preset).architecture if spec.preset else None
    layers = spec.layers or (preset.layers if preset else None)
    if layers is None:
        raise InputError("encoder.layers: init=teacher needs a preset or a number of layers")
    hidden_size = spec.hidden_size or (preset.hidden_size if preset else None)
    size = teacher.config.hidden_size
    if hidden_size not in (None, size):
        raise InputError(
            f"encoder.teacher: its hidden size is {size} and the student's {hidden_size}; layers "
            "can be copied only between equal sizes (use init=scratch or another teacher)"
        )
    return copy_layers(teacher, layers), load_tokenizer(spec.tokenizer or spec.teacher)


def _longest(encoder: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """The longest text in tokens that both can take."""
    positions = getattr(encoder.config, "max_position_embeddings", None) or 512
    # RoBERTa and its kin number positions from the padding index upwards.
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    offset = 0 if padding is None else padding + 1
    return min(positions - offset, tokenizer.model_max_length)


def parameter_count(model: nn.Module) -> int:
    """Number of parameters, shared ones counted once."""
    return sum(parameter.numel() for parameter in model.parameters())


def meta_encoder(preset: str) -> PreTrainedModel:
    """The preset's encoder without storage for its weights: for counting parameters."""
    with torch.device("meta"):
        encoder: PreTrainedModel = AutoModel.from_config(
            transformer_config(load_preset(preset).architecture)
        )
    drop_pooler(encoder)
    return encoder
