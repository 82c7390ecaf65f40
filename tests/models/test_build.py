"""Encoders from folders, from scratch and from a teacher's layers."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModel

from astrid.errors import InputError
from astrid.models.build import build_classifier, build_encoder
from astrid.models.encoders import EncoderSpec
from astrid.models.heads import HeadSpec
from astrid.models.layers import copy_layers, spaced_layers
from tests.models.conftest import KINDS, TEXTS

SMALL = {"layers": 2, "hidden_size": 16, "attention_heads": 2, "intermediate_size": 32}


@pytest.mark.parametrize(
    ("count", "of", "expected"),
    [
        (6, 12, (0, 2, 4, 7, 9, 11)),
        (3, 12, (0, 6, 11)),
        (1, 12, (0,)),
        (2, 4, (0, 3)),
        (4, 4, (0, 1, 2, 3)),
    ],
)
def test_spaced_layers(count: int, of: int, expected: tuple[int, ...]) -> None:
    assert spaced_layers(count, of) == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_pretrained_encoders_load_as_float32(
    kind: str, dtype: torch.dtype, encoder_folder: Callable[..., Path]
) -> None:
    folder = encoder_folder(kind, dtype)
    built = build_encoder(EncoderSpec(source=str(folder)), TEXTS)
    assert built.encoder.dtype == torch.float32
    model = build_classifier(built, HeadSpec(), ("no", "yes")).eval()
    assert not any("pooler" in name for name in model.state_dict())
    inputs = built.tokenizer(TEXTS, padding=True, return_tensors="pt")
    logits = model(**inputs).logits
    reference = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    wanted = {k: v for k, v in inputs.items() if kind != "distilbert" or k != "token_type_ids"}
    first = reference(**wanted).last_hidden_state[:, 0]
    assert torch.allclose(logits, model.head.output(first), atol=1e-5)


@pytest.mark.parametrize("kind", ["bert", "roberta", "electra", "distilbert"])
def test_layers_come_from_the_teacher(kind: str, encoder_folder: Callable[..., Path]) -> None:
    folder = encoder_folder(kind)
    student = build_encoder(
        EncoderSpec(init="teacher", teacher=str(folder), layers=2), TEXTS
    ).encoder
    teacher = AutoModel.from_pretrained(folder)
    assert student.config.num_hidden_layers == 2
    theirs, own = teacher.state_dict(), student.state_dict()
    for new, old in enumerate((0, 3)):
        pairs = [
            (n, n.replace(f"layer.{new}.", f"layer.{old}.")) for n in own if f"layer.{new}." in n
        ]
        assert pairs
        for name, source in pairs:
            assert torch.equal(own[name], theirs[source]), name
    assert torch.equal(student.get_input_embeddings().weight, teacher.get_input_embeddings().weight)


def test_shared_layers_cannot_be_picked(encoder_folder: Callable[..., Path]) -> None:
    teacher = AutoModel.from_pretrained(encoder_folder("albert"))
    with pytest.raises(InputError, match="albert can't be picked"):
        copy_layers(teacher, 2)


def test_a_trained_classifier_can_be_the_teacher(classifier_folder: Path) -> None:
    spec = EncoderSpec(init="teacher", teacher=str(classifier_folder), layers=1)
    built = build_encoder(spec, TEXTS)
    assert built.encoder.config.num_hidden_layers == 1
    assert built.tokenizer.tokenize("good film") == ["good", "film"]


def test_scratch_with_another_tokenizer(encoder_folder: Callable[..., Path]) -> None:
    folder = encoder_folder()
    built = build_encoder(EncoderSpec(init="scratch", tokenizer=str(folder), **SMALL), TEXTS)
    assert built.encoder.config.vocab_size == len(built.tokenizer)


def test_longest_text_is_what_the_positions_allow(encoder_folder: Callable[..., Path]) -> None:
    assert build_encoder(EncoderSpec(source=str(encoder_folder("bert"))), TEXTS).max_length == 64
    roberta = build_encoder(EncoderSpec(source=str(encoder_folder("roberta"))), TEXTS)
    assert roberta.max_length == 63
    ids = torch.full((1, 63), 7)
    assert roberta.encoder(input_ids=ids).last_hidden_state.shape == (1, 63, 16)


def test_preset_names_with_hyphens_or_underscores() -> None:
    assert EncoderSpec(preset="bert_base") == EncoderSpec(preset="bert-base")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"preset": "tinnybert"}, 'did you mean "tinybert"'),
        ({"preset": "mini"}, "mini has no pretrained weights"),
        ({"preset": "mini", "layers": 3}, "encoder.layers: has no meaning with init=pretrained"),
        ({"preset": "mini", "init": "scratch", "source": "x"}, "encoder.source"),
        ({"preset": "mini", "init": "teacher"}, "needs the teacher's folder"),
        ({"init": "scratch", "layers": 2}, "encoder.hidden_size: this setting is required"),
        ({"init": "scratch", **SMALL, "attention_heads": 3}, "16 dimensions evenly"),
        ({"source": "../nowhere/model"}, "no such folder"),
    ],
)
def test_unusable_specs(spec: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        build_encoder(EncoderSpec(**spec), TEXTS)


def test_unusable_teachers(encoder_folder: Callable[..., Path]) -> None:
    folder = str(encoder_folder())
    with pytest.raises(InputError, match="its hidden size is 16 and the student's 384"):
        build_encoder(EncoderSpec(preset="mini", init="teacher", teacher=folder), TEXTS)
    with pytest.raises(InputError, match="9 layers can't be copied from 4"):
        build_encoder(EncoderSpec(init="teacher", teacher=folder, layers=9), TEXTS)
    with pytest.raises(InputError, match="a preset or a number of layers"):
        build_encoder(EncoderSpec(init="teacher", teacher=folder), TEXTS)
