"""What real trainings say of themselves: in the result, the record, the log, and the command."""

import json
import logging
import random
from pathlib import Path
from typing import Any

import pytest

from astrid.cli.main import run
from astrid.models.heads import HeadSpec
from astrid.models.saving import read_record
from astrid.text.document import Corpus, Document
from astrid.training.fit import FitResult, fit
from tests.training import several, toy


def noisy(size: int, seed: int) -> Corpus:
    """Texts whose labels are drawn by chance: they can be learnt by heart, and no other way."""
    draw = random.Random(seed)
    clean = toy.corpus(size, seed)
    return clean.with_documents(
        Document(one.id, one.text, {"label": draw.randrange(2)}) for one in clean
    )


def trained(folder: Path, train: Corpus, validation: Corpus, **trainer: Any) -> FitResult:
    return fit(toy.spec(**trainer), train, validation, folder, progress=False)


def test_a_healthy_training_is_quiet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    result = trained(tmp_path / "toy", toy.corpus(64, 1), toy.corpus(60, 2), epochs=6)
    assert result.metrics["accuracy"] > 0.9
    assert result.diagnosis == ()
    assert read_record(tmp_path / "toy")["diagnosis"] == []
    assert not [one for one in caplog.records if one.name.startswith("astrid")]


def test_overfitting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    learnt, others, settings = noisy(24, 1), noisy(60, 2), {"epochs": 16, "learning_rate": 0.03}
    result = trained(tmp_path / "toy", learnt, others, **settings)
    (found,) = result.diagnosis
    assert found.kind == "overfitting"
    assert found.evidence["val_loss_last"] > found.evidence["val_loss_best"]
    assert found.evidence["train_loss_last"] < found.evidence["train_loss_best"]
    assert [*found.lines()] == [one.message for one in caplog.records if "astrid" in one.name]
    assert read_record(tmp_path / "toy")["diagnosis"] == [found.to_dict()]
    again = trained(tmp_path / "toy", learnt, others, **settings)
    assert again.reused
    assert again.diagnosis == (found,)


def test_a_rate_too_low_is_underfitting(tmp_path: Path) -> None:
    result = trained(
        tmp_path / "toy", toy.corpus(64, 1), toy.corpus(60, 2), epochs=4, learning_rate=1e-7
    )
    (found,) = result.diagnosis
    assert found.kind == "underfitting"
    assert found.advice[0].startswith("a higher trainer.learning_rate (now 1e-07")
    json.dumps(found.to_dict(), allow_nan=False)


def test_one_task_of_several_has_nothing_to_learn(tmp_path: Path) -> None:
    def without_cues(corpus: Corpus) -> Corpus:
        draw = random.Random(len(corpus))
        return corpus.with_documents(
            Document(one.id, one.text, {**one.labels, "warm": int(draw.random() < 0.14)})
            for one in corpus
        )

    train, check = (without_cues(several.corpus(*made)) for made in ((400, 1), (100, 2)))
    mean = HeadSpec(name="linear", params={"pooling": "mean"})
    spec = several.spec(head=mean, trainer={"epochs": 8, "learning_rate": 5e-3})
    result = fit(spec, train, check, tmp_path / "several", progress=False)
    assert min(result.tasks["acc_loud"], result.tasks["acc_mood"]) > 0.85
    (found,) = result.diagnosis
    share = sum(one.labels["warm"] for one in train) / len(train)
    assert found.kind == "no_convergence"
    assert found.message == f"task warm does not converge ({100 * share:.0f} % positive)"
    assert found.advice[0] == "tasks.warm.pos_weight=balanced or trainer.loss=focal"


def test_the_command_says_it_and_leaves_the_curves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "encoder=demo-step5", "data.params.train=90", "encoder.vocab_size=200"]
    arguments += ["trainer.epochs=3", "trainer.learning_rate=1e-9", "trainer.patience=0"]
    out = tmp_path / "mine"
    assert run([*arguments, "--out", str(out), "--json"]) == 0
    shown = capsys.readouterr()
    (found,) = json.loads(shown.out)["diagnosis"]
    assert found["message"].startswith("underfitting: task label (")
    said = shown.err.splitlines()
    place = next(n for n, line in enumerate(said) if line.startswith(found["message"]))
    assert said[place + 1].startswith("  to change: a higher trainer.learning_rate")
    assert f"curves: {out / 'training.html'}" in said
    assert found["message"] in (out / "training.html").read_text(encoding="utf-8")
    assert (out / "training.png").is_file()
    assert run([*arguments, "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["diagnosis"] == [found]
