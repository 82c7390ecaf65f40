"""Learning from a teacher: known answers of each loss, and what it changes of training."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from astrid.errors import InputError
from astrid.explain.run import explain
from astrid.models.build import EncoderSpec, build_classifier, build_encoder
from astrid.models.heads import HeadSpec
from astrid.models.load import load_model
from astrid.models.saving import save_model
from astrid.training.data import TokenisedTexts
from astrid.training.distillation import (
    attribution_loss,
    build_distillation,
    hidden_loss,
    soft_loss,
)
from astrid.training.fit import FitResult, fit
from astrid.training.inputs import identity_of
from astrid.training.keeper import Keeper
from astrid.training.spec import DistilSpec, TrainSpec
from tests.training.toy import corpus, spec

TRAIN, VALIDATION = corpus(48, 1), corpus(24, 2)


def wide(**sizes: Any) -> EncoderSpec:
    """Two layers of 24 dimensions, unless said otherwise."""
    settings = {"layers": 2, "hidden_size": 24, "attention_heads": 2, "intermediate_size": 32}
    return EncoderSpec(
        **{"init": "scratch", **settings, "vocab_size": 120, "max_length": 32, **sizes}
    )


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "teacher"
    settings = spec(epochs=4).model_copy(update={"encoder": wide()})
    fit(settings, TRAIN, VALIDATION, folder, progress=False)
    return folder


def student(teacher: Path, epochs: int = 2, **distil: Any) -> TrainSpec:
    return spec(epochs=epochs).model_copy(
        update={"distil": DistilSpec(teacher=str(teacher), **distil)}
    )


def learn(settings: TrainSpec, folder: Path) -> FitResult:
    return fit(settings, TRAIN, VALIDATION, folder, progress=False)


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.mark.parametrize("temperature", [1.0, 2.0, 5.0])
def test_soft_loss_is_kl_times_temperature_squared(temperature: float) -> None:
    torch.manual_seed(0)
    ours, theirs = torch.randn(5, 3), torch.randn(5, 3)
    p, q = (theirs / temperature).softmax(-1), (ours / temperature).softmax(-1)
    expected = temperature**2 * float((p * (p / q).log()).sum(-1).mean())
    assert float(soft_loss(ours, theirs, temperature)) == pytest.approx(expected, rel=1e-5)
    assert float(soft_loss(ours, ours + 7, temperature)) == pytest.approx(0, abs=1e-6)


def test_hidden_loss_pairs_layers_evenly_and_skips_padding() -> None:
    mask = torch.tensor([[1, 1, 0]])
    deep = tuple(torch.full((1, 3, 2), float(place)) for place in range(5))
    shallow = tuple(deep[place].clone() for place in (0, 2, 4))
    for states in shallow:
        states[:, 2] = 99.0
    assert float(hidden_loss(shallow, deep, mask)) == 0
    shallow[1][:, :2] += 3
    assert float(hidden_loss(shallow, deep, mask)) == pytest.approx(9 / 3)


def test_attribution_loss_knows_direction_and_not_length() -> None:
    first = torch.tensor([[1.0, 2.0, 0.0], [0.0, 1.0, 0.0]])
    assert float(attribution_loss(3 * first, first)) == pytest.approx(0, abs=1e-6)
    assert float(attribution_loss(-first, first)) == pytest.approx(2)
    assert float(attribution_loss(torch.eye(3)[:1], torch.eye(3)[1:2])) == pytest.approx(1)


def built(teacher: Path, texts: Any = TRAIN, **distil: Any) -> tuple[Any, Any, Any]:
    """A student, one batch of its texts, and the loss that it is taught with."""
    torch.manual_seed(0)
    encoder = build_encoder(wide(hidden_size=16, layers=1), texts.texts)
    model = build_classifier(encoder, HeadSpec(), texts.classes)
    learning = TokenisedTexts(texts.texts, texts.labels, encoder.tokenizer, encoder.max_length)
    taught = build_distillation(
        DistilSpec(teacher=str(teacher), **distil), model, learning, encoder.tokenizer, texts.texts
    )
    return model.eval(), learning[list(range(8))], taught


def no_labels(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return torch.full((), float("1e6"))


def test_alpha_1_is_the_divergence_from_the_teacher_s_own_answers(teacher: Path) -> None:
    model, batch, taught = built(teacher, alpha=1, temperature=1)
    loss = taught.loss(model, batch, no_labels)
    theirs, tokenizer = load_model(teacher), load_model(teacher)._tokenizer
    rows = [tokenizer.encode(text).ids for text in TRAIN.texts[:8]]
    with torch.no_grad():
        answers = torch.cat([theirs.module(input_ids=torch.tensor([row])).logits for row in rows])
        ours = model(input_ids=batch.ids, attention_mask=batch.mask).logits
    expected = functional.kl_div(
        functional.log_softmax(ours, -1), functional.softmax(answers, -1), reduction="batchmean"
    )
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def test_alpha_shares_between_labels_and_teacher(teacher: Path) -> None:
    losses = {}
    for alpha in (0, 0.25, 1):
        model, batch, taught = built(teacher, alpha=alpha)
        losses[alpha] = float(taught.loss(model, batch, functional.cross_entropy))
    assert losses[0.25] == pytest.approx(0.75 * losses[0] + 0.25 * losses[1], rel=1e-5)


def test_attributions_are_gradient_x_input_and_train_the_student(teacher: Path) -> None:
    model, batch, taught = built(teacher, alpha=0, attributions=1)
    loss = taught.loss(model, batch, lambda logits, labels: logits.sum() * 0)
    maps = []
    for explained in (load_model((model, load_tokenizer(teacher))), load_model(teacher)):
        found = explain(
            explained, TRAIN.texts[:8], "gradient_x_input", target="logit", labels=None
        ) if False else _maps(explained)
        maps.append(found)
    cosines = [
        float(np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b))
        for a, b in zip(*maps, strict=True)
    ]
    assert float(loss) == pytest.approx(1 - np.mean(cosines), abs=1e-4)
    loss.backward()
    slopes = [weight.grad for weight in model.encoder.parameters() if weight.grad is not None]
    assert any(float(slope.abs().max()) > 0 for slope in slopes)
