"""Training: what it yields, what it refuses, and that the same seed gives the same weights."""

import csv
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from astrid.errors import InputError
from astrid.models.encoders import EncoderSpec
from astrid.models.loading import load_classifier
from astrid.models.saving import read_record
from astrid.spec import checked
from astrid.text.document import Corpus, Document
from astrid.training.fit import fit
from astrid.training.inputs import weights_of
from astrid.training.spec import TrainerSpec
from tests.training.toy import corpus, spec, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "toy"
    train(folder, epochs=6)
    return folder


def test_learns_and_leaves_only_the_model(trained: Path) -> None:
    record = read_record(trained)
    assert record["metrics"]["accuracy"] > 0.9
    assert os.listdir(trained.parent) == ["toy"]
    assert (trained / "curves.csv").read_text().count("\n") == 1 + 6
    assert record["spec"]["trainer"]["epochs"] == 6
    assert record["data"]["train"]["texts"] == 64


def test_metrics_are_those_of_the_saved_weights(trained: Path) -> None:
    model, tokenizer, warnings = load_classifier(trained)
    assert warnings == ()
    assert model.config.id2label == {0: "bad", 1: "good"}
    validation = corpus(24, 2)
    inputs = tokenizer(validation.texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        answers = model(**inputs).logits.argmax(-1).tolist()
    right = sum(a == b for a, b in zip(answers, validation.labels, strict=True))
    assert right / 24 == pytest.approx(read_record(trained)["metrics"]["accuracy"])


def test_same_seed_same_bytes_and_other_seed_others(tmp_path: Path) -> None:
    torch.manual_seed(1)
    train(tmp_path / "a", epochs=2)
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    train(tmp_path / "b", epochs=2)
    assert torch.equal(before, torch.random.get_rng_state()), (
        "the caller's randomness is left alone"
    )
    fit(spec(seed=1, epochs=2), corpus(64, 1), corpus(24, 2), tmp_path / "c", progress=False)
    a, b, c = ((tmp_path / name / "model.safetensors").read_bytes() for name in "abc")
    assert a == b
    assert a != c
    assert (tmp_path / "a/tokenizer.json").read_text() == (
        tmp_path / "b/tokenizer.json"
    ).read_text()


def test_finished_model_is_reused_and_another_is_refused(trained: Path) -> None:
    stamp = (trained / "model.safetensors").stat().st_mtime_ns
    assert train(trained, epochs=6).reused
    assert (trained / "model.safetensors").stat().st_mtime_ns == stamp
    with pytest.raises(InputError, match="--overwrite"):
        train(trained, epochs=2)
    assert load_classifier(trained).warnings == ()
    assert os.listdir(trained.parent) == ["toy"]


def test_other_labels_are_other_data(trained: Path) -> None:
    first, *rest = corpus(64, 1)
    changed = corpus(64, 1).with_documents([Document(first.id, first.text, {"label": 1}), *rest])
    with pytest.raises(InputError, match="--overwrite"):
        fit(spec(epochs=6), changed, corpus(24, 2), trained, progress=False)


def test_overwrite_replaces(tmp_path: Path) -> None:
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="something else"):
        train(folder, epochs=1)
    assert (folder / "notes.txt").exists()
    fit(spec(epochs=1), corpus(64, 1), corpus(24, 2), folder, progress=False, overwrite=True)
    assert not (folder / "notes.txt").exists()
    assert os.listdir(tmp_path) == ["toy"]


def test_early_stopping_keeps_the_best_epoch(tmp_path: Path) -> None:
    result = train(tmp_path / "toy", epochs=30, patience=2, learning_rate=0.03)
    assert result.epochs < 30
    assert result.epochs == result.best_epoch + 2
    with (tmp_path / "toy/curves.csv").open() as file:
        losses = [float(row["val_loss"]) for row in csv.DictReader(file)]
    assert min(losses) == losses[result.best_epoch - 1]
    assert result.metrics["val_loss"] == pytest.approx(min(losses), rel=1e-6)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_schedules_and_accumulation(tmp_path: Path, schedule: str) -> None:
    train(tmp_path / "toy", epochs=2, schedule=schedule, accumulate=3, warmup=1)
    rates = [
        float(row.split(",")[-1])
        for row in (tmp_path / "toy/curves.csv").read_text().splitlines()[1:]
    ]
    if schedule == "constant":
        assert rates == [1e-2, 1e-2]
    else:
        assert rates[0] > rates[1]
        assert rates[1] == pytest.approx(0, abs=1e-8), "the decay ends with the run"


def test_diverging_run_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lower the learning rate"):
        train(tmp_path / "toy", learning_rate=1e30, gradient_clip=0, warmup=0)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("weights", "answer"), [((1.0, 1e-4), 0), ((1e-4, 1.0), 1)])
def test_class_weights_reach_the_loss(
    tmp_path: Path, weights: tuple[float, float], answer: int
) -> None:
    train(tmp_path / "toy", epochs=2, class_weights=weights)
    model, tokenizer, _ = load_classifier(tmp_path / "toy")
    inputs = tokenizer(corpus(24, 2).texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        assert set(model(**inputs).logits.argmax(-1).tolist()) == {answer}


def test_balanced_class_weights_are_scikit_learns() -> None:
    documents = corpus(64, 1).documents
    skewed = corpus(64, 1).with_documents(d for d in documents if d.label == 0 or d.id < "1-3")
    weights = weights_of(TrainerSpec(class_weights="balanced"), {}, skewed)[0]
    expected = compute_class_weight("balanced", classes=np.arange(2), y=skewed.labels)
    assert weights is not None
    assert weights.tolist() == pytest.approx(expected.tolist())
    assert weights[1] > 1.5 * weights[0]


@pytest.mark.parametrize(
    ("trainer", "says"),
    [
        ({"class_weights": (1.0, 2.0, 3.0)}, "class_weights: 3 weights for 2 classes"),
        ({"precision": "16-mixed"}, "needs a GPU"),
        ({"loggers": ("wandb",)}, "pip install wandb"),
    ],
)
def test_unusable_settings(tmp_path: Path, trainer: dict[str, object], says: str) -> None:
    if "loggers" in trainer:
        import importlib.util

        if importlib.util.find_spec("wandb"):
            pytest.skip("wandb is installed")
    with pytest.raises(InputError, match=says):
        train(tmp_path / "toy", **trainer)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("trainer", "says"),
    [
        ({"gamma": 3.0}, "gamma: only the focal loss has it"),
        ({"unfreeze": (1, 2), "strategy": "frozen"}, "unfreeze: only gradual unfreezes"),
        ({"unfreeze": (3, 2), "strategy": "gradual"}, "can't come after everything"),
    ],
)
def test_settings_that_would_be_ignored_are_refused(trainer: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        checked(TrainerSpec, trainer, "trainer")


def test_texts_without_labels_are_named_by_row(tmp_path: Path) -> None:
    unlabelled = Corpus("toy", (Document("1", "a text"),), {"label": ("a", "b")})
    with pytest.raises(InputError, match="training row 0"):
        fit(spec(), unlabelled, corpus(8, 2), tmp_path / "toy", progress=False)


def test_two_runs_at_once(tmp_path: Path) -> None:
    work = tmp_path / ".toy.work"
    work.mkdir()
    with (work / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another run"):
            train(tmp_path / "toy")
    train(tmp_path / "toy", epochs=1)
    assert os.listdir(tmp_path) == ["toy"]


def test_student_from_teacher_layers(trained: Path, tmp_path: Path) -> None:
    settings = spec(epochs=1).model_copy(
        update={"encoder": EncoderSpec(init="teacher", teacher=str(trained), layers=1)}
    )
    fit(settings, corpus(64, 1), corpus(24, 2), tmp_path / "student", progress=False)
    assert (tmp_path / "student/tokenizer.json").read_bytes() == (
        trained / "tokenizer.json"
    ).read_bytes()
    assert read_record(tmp_path / "student")["metrics"]["accuracy"] > 0.9


def test_three_classes_and_every_head(tmp_path: Path) -> None:
    for head in ("mlp", "attention", "dual", "ensemble"):
        settings = spec(head=head, epochs=1)
        fit(settings, corpus(30, 1, 3), corpus(12, 2, 3), tmp_path / head, progress=False)
        assert load_classifier(tmp_path / head).model.config.num_labels == 3


def test_bfloat16_trains(tmp_path: Path) -> None:
    assert train(tmp_path / "toy", epochs=2, precision="bf16-mixed").metrics["val_loss"] < 1


def test_nothing_but_the_bar_is_printed(tmp_path: Path) -> None:
    code = "from tests.training.toy import *; train(Path('toy'), epochs=1)"
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}/src:{root}"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads((tmp_path / "toy/astrid.json").read_text())["versions"]["torch"]
