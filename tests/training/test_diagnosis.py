"""The diagnosis of training curves: faults are found, and noise is none."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from astrid.text.document import Corpus, Document
from astrid.training.diagnosis import diagnose
from astrid.training.finding import Finding
from astrid.training.spec import TaskSpec, TrainerSpec
from astrid.training.task_curves import TaskFacts, task_facts
from tests.training import simulated

RUNS = 400


def found_in(draw: Callable[[int], simulated.Curves], seeds: range) -> list[tuple[Finding, ...]]:
    found = []
    for seed in seeds:
        rows, facts, settings, best = draw(seed)
        found.append(diagnose(rows, [facts], settings, best, facts.texts))
    return found


def test_healthy_runs_are_left_in_peace() -> None:
    quiet = [found == () for found in found_in(simulated.healthy, range(2 * RUNS))]
    assert np.mean(quiet) >= 0.98


@pytest.mark.parametrize(
    ("draw", "kind"),
    [
        (simulated.overfitted, "overfitting"),
        (simulated.memorised, "overfitting"),
        (simulated.unlearnt, "underfitting"),
        (simulated.still_falling, "underfitting"),
        (simulated.diverged, "diverging"),
    ],
)
def test_clear_faults_are_found(draw: Callable[[int], simulated.Curves], kind: str) -> None:
    kinds = [[one.kind for one in found] for found in found_in(draw, range(RUNS))]
    assert np.mean([found == [kind] for found in kinds]) >= 0.95


def facts(name: str = "label", positive: float = 0.5, checked: int = 300) -> TaskFacts:
    shares = (1 - positive, positive)
    return TaskFacts(name, ("no", "yes"), shares, 4 * checked, shares, checked)


def rows_of(
    train: Sequence[float],
    val: Sequence[float],
    accuracy: float = 0.8,
    f1_score: float = 0.75,
    error: float = 0.03,
) -> list[dict[str, float]]:
    return [
        {
            "epoch": number + 1,
            "train_loss": one,
            "train_log_loss": one,
            "val_loss": other,
            "val_loss_error": error,
            "accuracy": accuracy,
            "f1_score": f1_score,
        }
        for number, (one, other) in enumerate(zip(train, val, strict=True))
    ]


def diagnosed(
    rows: list[dict[str, float]], task: TaskFacts | None = None, **trainer: Any
) -> tuple[Finding, ...]:
    task = task or facts()
    settings = TrainerSpec(**{"epochs": len(rows), "learning_rate": 2e-5, **trainer})
    best = int(np.argmin([row["val_loss"] for row in rows])) + 1
    return diagnose(rows, [task], settings, best, task.texts)


RISING = rows_of(
    [0.55, 0.40, 0.30, 0.24, 0.20, 0.15, 0.10, 0.07, 0.05],
    [0.60, 0.48, 0.41, 0.43, 0.46, 0.50, 0.55, 0.57, 0.58],
)


def test_overfitting_is_told_with_its_numbers() -> None:
    (found,) = diagnosed(RISING)
    assert found.kind == "overfitting"
    assert found.task is None
    assert found.lines()[0] == (
        "overfitting: validation loss rose from 0.41 in epoch 3 to 0.58 in epoch 9 while training "
        "loss fell from 0.30 to 0.05"
    )
    assert found.evidence["best_epoch"] == 3
    assert found.evidence["val_loss_last"] == 0.58
    assert found.advice[0].startswith("trainer.patience=2")
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == found.to_dict()
    assert Finding.from_dict(found.to_dict()) == found


def test_what_is_set_already_is_not_advised() -> None:
    (found,) = diagnosed(RISING, patience=6)
    assert not any("patience" in line for line in found.advice)
    (found,) = diagnose(RISING, [facts()], TrainerSpec(epochs=9, monitor="accuracy"), 9, 1200)
    assert found.advice[0] == "trainer.monitor=val_loss, which keeps epoch 3 and not 9"


def test_a_rise_within_the_noise_is_none() -> None:
    assert diagnosed([{**row, "val_loss_error": 0.1} for row in RISING]) == ()


def test_a_rise_of_one_epoch_must_be_larger() -> None:
    assert diagnosed(rows_of([0.5, 0.3, 0.2], [0.5, 0.41, 0.52])) == ()
    (found,) = diagnosed(rows_of([0.5, 0.3, 0.1], [0.5, 0.41, 0.62]))
    assert found.kind == "overfitting"


FLAT = rows_of([0.41] * 6, [0.408, 0.406, 0.406, 0.407, 0.406, 0.406], 0.86, 0.46)


def test_a_single_task_that_learns_nothing() -> None:
    (found,) = diagnosed(FLAT, facts(positive=0.14))
    assert found.kind == "underfitting"
    assert found.message == "underfitting: task label (14 % positive) does not converge"
    assert "(0.41 against 0.40)" in found.because
    assert found.advice[0] == "trainer.class_weights=balanced or trainer.loss=focal"


@pytest.mark.parametrize(
    ("trainer", "advice"),
    [
        ({"learning_rate": 1e-7}, "a higher trainer.learning_rate (now 1e-07"),
        ({"warmup": 500}, "trainer.warmup=0.1 (now 500 weight changes of the 228"),
        ({"batch_size": 256, "accumulate": 5}, "more trainer.epochs or a smaller"),
        ({"learning_rate": 0.01}, "a lower trainer.learning_rate (now 0.01)"),
        ({}, "more trainer.epochs (now 6)"),
        ({"strategy": "frozen"}, "trainer.strategy=gradual or full"),
    ],
)
def test_advice_fits_the_settings(trainer: dict[str, Any], advice: str) -> None:
    flat = rows_of([0.695] * 6, [0.694] * 6, 0.51, 0.5)
    (found,) = diagnosed(flat, **trainer)
    assert found.advice[0].startswith(advice)


def test_one_epoch_says_nothing() -> None:
    assert diagnosed(FLAT[:1], facts(positive=0.14)) == ()
    assert diagnosed(FLAT[:2], facts(positive=0.14)) == ()
    assert diagnosed(RISING[-1:]) == ()


def test_learnt_by_heart_from_the_start() -> None:
    rows = rows_of([0.68, 0.5, 0.3, 0.1], [0.70, 0.71, 0.73, 0.75], 0.51, 0.5)
    (found,) = diagnosed(rows)
    assert found.kind == "overfitting"
    assert "no better than guessing" in found.because
    assert "training loss fell to 0.10" in found.because
    assert found.advice[0] == "more training texts (now 1,200)"


def test_too_few_validation_texts_to_tell_memory_from_chance() -> None:
    rows = rows_of([0.38, 0.3, 0.25, 0.2], [0.41, 0.40, 0.40, 0.41], 0.86, 0.5, error=0.12)
    (found,) = diagnosed(rows, facts(positive=0.14, checked=40))
    assert found.kind == "no_convergence"
    assert found.message == "task label does not converge (14 % positive)"
    assert found.because.endswith("although training loss fell to 0.20 (guessing: 0.40)")
    assert found.advice[-1] == "more training texts (now 160)"


def test_training_texts_by_heart_and_little_of_the_others() -> None:
    rows = rows_of([0.6, 0.3, 0.1, 0.04], [0.58, 0.55, 0.56, 0.56], 0.7, 0.7)
    (found,) = diagnosed(rows)
    assert "stays at 0.55 (epoch 2) while training loss fell to 0.04" in found.because


def test_diverging_hides_what_follows_from_it() -> None:
    rows = rows_of([0.3, 0.7, 0.7, 0.7], [0.3, 0.7, 0.7, 0.7], 0.5, 0.33)
    (found,) = diagnosed(rows, learning_rate=5e-3, gradient_clip=0)
    assert found.lines() == (
        "diverging: training loss rose from 0.30 in epoch 1 to 0.70 in epoch 4",
        "to change: a lower trainer.learning_rate (now 0.005); or trainer.gradient_clip=1 (now "
        "none)",
    )


def test_weights_make_the_log_loss_worse_than_guessing_and_nothing_is_wrong() -> None:
    """Balanced weights: accuracy below the majority's, but losses fall."""
    rows = rows_of([0.68, 0.58, 0.52, 0.49], [0.63, 0.57, 0.54, 0.53], 0.78, 0.58)
    assert diagnosed(rows, facts(positive=0.14, checked=100), class_weights="balanced") == ()
    flat = rows_of([0.69] * 4, [0.69] * 4, 0.78, 0.48)
    (found,) = diagnosed(flat, facts(positive=0.14), class_weights="balanced")
    assert found.kind == "underfitting"
    assert not any("balanced" in line for line in found.advice)


def without_training(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{**row, "train_log_loss": math.nan} for row in rows]


def test_a_teacher_s_loss_is_not_compared() -> None:
    (found,) = diagnosed(without_training(RISING))
    assert "training loss" not in found.because
    (found,) = diagnosed(without_training(FLAT), facts(positive=0.14))
    assert found.kind == "underfitting"
    assert "training loss" not in found.because
    json.dumps(found.to_dict(), allow_nan=False)


def test_curves_without_the_needed_columns_say_nothing() -> None:
    old = [
        {name: row[name] for name in ("train_loss", "val_loss", "accuracy", "f1_score")}
        for row in RISING
    ]
    assert diagnosed(old) == ()
    assert diagnosed([{**row, "val_loss": math.nan} for row in RISING]) == ()


def test_a_single_class_can_t_be_judged() -> None:
    one = TaskFacts("label", ("no", "yes"), (0.9, 0.1), 100, (1.0, 0.0), 20)
    assert diagnosed(rows_of([0.3] * 5, [0.1] * 5, 1.0, 0.5), one) == ()


def several(**tasks: list[dict[str, float]]) -> list[dict[str, float]]:
    """Rows of a training of several tasks, from those of each alone."""
    called = {"accuracy": "acc", "f1_score": "f1"}
    found = []
    for rows in zip(*tasks.values(), strict=True):
        row = {"epoch": rows[0]["epoch"], "train_loss": np.mean([r["train_loss"] for r in rows])}
        for name, own in zip(tasks, rows, strict=True):
            row |= {f"{called.get(key, key)}_{name}": value for key, value in own.items()}
        found.append(row)
    return found


GOOD = rows_of([0.6, 0.5, 0.42, 0.38, 0.36, 0.35], [0.58, 0.5, 0.45, 0.43, 0.42, 0.42])


def test_one_task_of_four_does_not_converge() -> None:
    tasks = [facts("ei", 0.23), facts("sn", 0.14), facts("tf"), facts("jp", 0.4)]
    rows = several(ei=GOOD, sn=FLAT, tf=GOOD, jp=GOOD)
    (found,) = diagnose(rows, tasks, TrainerSpec(epochs=6, learning_rate=2e-5), 6, 1200)
    assert (found.kind, found.task) == ("no_convergence", "sn")
    assert found.message == "task sn does not converge (14 % positive)"
    assert found.advice[0] == "tasks.sn.pos_weight=balanced or trainer.loss=focal"
    own = {"sn": TaskSpec(pos_weight="balanced")}
    (found,) = diagnose(rows, tasks, TrainerSpec(epochs=6, learning_rate=2e-5), 6, 1200, own)
    assert found.advice[0] == "more texts of yes (now 168)"


def test_no_task_converges_is_one_finding_of_all() -> None:
    tasks = [facts("ei", 0.14), facts("sn", 0.14)]
    rows = several(ei=FLAT, sn=FLAT)
    (found,) = diagnose(rows, tasks, TrainerSpec(epochs=6, learning_rate=2e-5), 6, 1200)
    assert found.message == (
        "underfitting: the tasks ei (14 % positive), sn (14 % positive) do not converge"
    )


def test_one_task_overfits() -> None:
    tasks = [facts("ei"), facts("tf")]
    rows = several(ei=RISING, tf=[*GOOD, *GOOD[-3:]])
    (found,) = diagnose(rows, tasks, TrainerSpec(epochs=9), 6, 1200)
    assert found.task == "ei"
    assert found.message == "overfitting: task ei"


def test_more_classes_are_named_by_the_largest() -> None:
    shares = (0.2, 0.61, 0.19)
    task = TaskFacts("topic", ("sport", "news", "art"), shares, 600, shares, 200)
    entropy = task.entropy
    assert task.guess == pytest.approx(entropy)
    rows = rows_of([entropy] * 4, [entropy + 0.01] * 4, 0.61, 0.25)
    (found,) = diagnosed(rows, task)
    assert found.message == "underfitting: task topic (61 % news) does not converge"


def test_facts_count_what_has_a_label() -> None:
    names = {"ei": ("I", "E"), "sn": ("S", "N")}
    documents = (
        Document("1", "a", {"ei": 1, "sn": 0}),
        Document("2", "b", {"ei": 0}),
        Document("3", "c", {"ei": 0, "sn": 0}),
        Document("4", "d", {"ei": 0, "sn": 1}),
    )
    corpus = Corpus("toy", documents, names)
    ei, sn = task_facts(corpus, corpus.with_documents(documents[:1]))
    assert (ei.shares, ei.texts, ei.checked_shares, ei.checked) == ((0.75, 0.25), 4, (0, 1), 1)
    assert sn.shares == pytest.approx((2 / 3, 1 / 3))
    assert sn.texts == 3
    assert not sn.can_be_judged
    grouped, _ = task_facts(corpus, corpus, np.array([0, 1, 1, 1]))
    assert grouped.checked_shares == (0.75, 0.25)
    assert (grouped.judged_shares, grouped.checked, grouped.majority) == ((0.5, 0.5), 2, 0.5)
    assert ei.guess == pytest.approx(-math.log(0.25))
