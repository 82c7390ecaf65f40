"""Learning from a teacher: known answers of each loss, and what it changes of training."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional

from astrid.errors import InputError
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.build import build_classifier, build_encoder
from astrid.models.compression import CompressionSpec, compress
from astrid.models.encoders import EncoderSpec
from astrid.models.heads import HeadSpec
from astrid.models.load import load_model
from astrid.models.loading import load_classifier
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
from astrid.training.spec import DistilSpec, TrainSpec
from tests import tiny
from tests.training.toy import corpus, killed_after_an_epoch, spec

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
    loss = taught.loss(model, batch, no_labels).detach()
    theirs, tokenizer, _ = load_classifier(teacher)
    rows = [torch.tensor([tokenizer(text)["input_ids"]]) for text in TRAIN.texts[:8]]
    with torch.no_grad():
        answers = torch.cat([theirs(input_ids=row).logits for row in rows])
        ours = model(input_ids=batch.ids, attention_mask=batch.mask).logits
    expected = functional.kl_div(
        functional.log_softmax(ours, -1), functional.softmax(answers, -1), reduction="batchmean"
    )
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def test_alpha_shares_between_labels_and_teacher(teacher: Path) -> None:
    losses = {}
    for alpha in (0, 0.25, 1):
        model, batch, taught = built(teacher, alpha=alpha)
        losses[alpha] = float(taught.loss(model, batch, functional.cross_entropy).detach())
    assert losses[0.25] == pytest.approx(0.75 * losses[0] + 0.25 * losses[1], rel=1e-5)


def maps(model: Any, texts: Any) -> list[np.ndarray]:
    """Gradient x input of each text's label, as the engine works it out."""
    targets = [Target("logit", label) for label in texts.labels[:8]]
    found = explain(model, texts.texts[:8], "gradient_x_input", target=targets)
    return [one.token_scores for one in found]


def test_attributions_are_gradient_x_input_and_reach_the_student(teacher: Path) -> None:
    model, batch, taught = built(teacher, alpha=0, attributions=1)
    loss = taught.loss(model, batch, lambda logits, labels: logits.sum() * 0)
    tokenizer = load_classifier(teacher).tokenizer
    pairs = zip(
        maps(load_model((model, tokenizer)), TRAIN), maps(load_model(teacher), TRAIN), strict=True
    )
    cosines = [float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in pairs]
    assert float(loss.detach()) == pytest.approx(1 - np.mean(cosines), abs=1e-4)
    loss.backward()
    slopes = [weight.grad for weight in model.encoder.parameters() if weight.grad is not None]
    assert any(float(slope.abs().max()) > 0 for slope in slopes)


def test_hidden_states_are_projected_where_widths_differ(teacher: Path) -> None:
    model, batch, taught = built(teacher, alpha=0, hidden=1)
    assert taught.projection is not None
    assert taught.projection.weight.shape == (24, 16)
    taught.loss(model, batch, lambda logits, labels: logits.sum() * 0).backward()
    assert float(taught.projection.weight.grad.abs().max()) > 0
    assert list(taught.state_dict()) == ["projection.weight"], "no checkpoint holds the teacher"


def test_without_weight_a_teacher_changes_nothing(teacher: Path, tmp_path: Path) -> None:
    learn(student(teacher, alpha=0), tmp_path / "taught")
    learn(spec(epochs=2), tmp_path / "plain")
    assert weights(tmp_path / "taught") == weights(tmp_path / "plain")
    learn(student(teacher), tmp_path / "half")
    assert weights(tmp_path / "half") != weights(tmp_path / "plain")


@pytest.mark.parametrize("distil", [{}, {"hidden": 0.5, "attributions": 0.5}])
def test_goes_on_after_being_killed(
    distil: dict[str, float], teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = student(teacher, epochs=3, **distil)
    learn(settings, tmp_path / "whole")
    with killed_after_an_epoch(monkeypatch):
        learn(settings, tmp_path / "toy")
    assert learn(settings, tmp_path / "toy").resumed
    assert weights(tmp_path / "toy") == weights(tmp_path / "whole")
    assert sorted(os.listdir(tmp_path)) == ["toy", "whole"]
    names = load_file(tmp_path / "toy/model.safetensors")
    assert not any("projection" in name for name in names)


def test_identity_covers_the_teacher_and_only_where_there_is_one(
    teacher: Path, tmp_path: Path
) -> None:
    plain = spec()
    # Of a model that was trained before there were teachers, tasks and focal losses.
    before = "d25f976c9dcb3bb9"
    assert identity_of(plain, TRAIN, VALIDATION) == before, "models from before are found"
    focal = plain.model_copy(update={"trainer": plain.trainer.model_copy(update={"loss": "focal"})})
    assert identity_of(focal, TRAIN, VALIDATION) != before
    assert identity_of(plain.model_copy(update={"join_groups": True}), TRAIN, VALIDATION) != before
    copied = tmp_path / "teacher"
    shutil.copytree(teacher, copied)
    taught = student(copied)
    first = identity_of(taught, TRAIN, VALIDATION)
    assert first == identity_of(taught, TRAIN, VALIDATION)
    tensors = load_file(copied / "model.safetensors")
    tensors["head.output.bias"] += 1
    save_file(tensors, copied / "model.safetensors", {"format": "pt"})
    assert identity_of(taught, TRAIN, VALIDATION) != first


def test_a_teacher_of_another_architecture_teaches_answers(tmp_path: Path) -> None:
    module, tokenizer = tiny.build("roberta", labels={0: "bad", 1: "good"})
    module.save_pretrained(tmp_path / "roberta")
    tokenizer.save_pretrained(tmp_path / "roberta")
    learn(student(tmp_path / "roberta", epochs=1), tmp_path / "toy")
    assert load_classifier(tmp_path / "toy").warnings == ()
    with pytest.raises(InputError, match=r"another tokenizer; set encoder\.tokenizer="):
        learn(student(tmp_path / "roberta", hidden=1), tmp_path / "other")
    assert sorted(os.listdir(tmp_path)) == ["roberta", "toy"]


@pytest.mark.parametrize("labels", [{0: "good", 1: "bad"}, {0: "bad", 1: "good", 2: "odd"}])
def test_a_teacher_of_other_classes_is_refused(labels: dict[int, str], tmp_path: Path) -> None:
    module, tokenizer = tiny.build("bert", labels=labels)
    module.save_pretrained(tmp_path / "bert")
    tokenizer.save_pretrained(tmp_path / "bert")
    with pytest.raises(InputError, match=r"knows the classes .* and the data bad, good"):
        learn(student(tmp_path / "bert"), tmp_path / "toy")
    assert os.listdir(tmp_path) == ["bert"]


def test_an_int8_teacher_has_no_attributions_to_teach(teacher: Path, tmp_path: Path) -> None:
    loaded = load_classifier(teacher)
    small = compress(CompressionSpec(name="int8"), loaded.model)
    save_model(tmp_path / "int8", small, loaded.tokenizer, {})
    learn(student(tmp_path / "int8", epochs=1), tmp_path / "toy")
    for within in ("hidden", "attributions"):
        with pytest.raises(InputError, match="gives no gradients"):
            learn(student(tmp_path / "int8", **{within: 1}), tmp_path / "other")


def test_bfloat16_students_learn_from_a_float32_teacher(teacher: Path, tmp_path: Path) -> None:
    distil = DistilSpec(teacher=str(teacher), hidden=1, attributions=1)
    settings = spec(epochs=1, precision="bf16-mixed").model_copy(update={"distil": distil})
    assert np.isfinite(learn(settings, tmp_path / "toy").metrics["val_loss"])
