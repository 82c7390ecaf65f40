"""Training several tasks on one encoder: what is learnt, kept, frozen and refused."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score

import astrid
from astrid.errors import InputError
from astrid.models.encoders import EncoderSpec
from astrid.models.heads import HeadSpec, head_names
from astrid.models.loading import load_classifier
from astrid.models.saving import read_record
from astrid.text.document import Corpus
from astrid.training import fit as fitting
from astrid.training.fit import FitResult, fit
from astrid.training.keeper import Keeper
from astrid.training.spec import TaskSpec, TrainerSpec
from astrid.training.thresholds import best_threshold
from astrid.training.unfreezing import depth, freeze
from tests import tiny
from tests.training import several, toy
from tests.training.toy import killed_after

TRAIN, CHECK = several.corpus(400, 1), several.corpus(60, 2)


def trained(folder: Path, **settings: Any) -> FitResult:
    return fit(several.spec(**settings), TRAIN, CHECK, folder, progress=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "several"
    tasks = {
        "loud": TaskSpec(head=HeadSpec(name="attention"), pos_weight="balanced"),
        "mood": TaskSpec(head=HeadSpec(name="ensemble")),
        "warm": TaskSpec(threshold="tuned"),
    }
    mean = HeadSpec(name="linear", params={"pooling": "mean"})
    trained(folder, tasks=tasks, head=mean, trainer={"epochs": 14, "checkpoint": True})
    return folder


def test_every_task_is_learnt_and_measured_as_scikit_learn_does(model: Path) -> None:
    metrics = read_record(model)["metrics"]
    opened = astrid.load_model(model)
    assert [task.name for task in opened.tasks] == ["loud", "mood", "warm"]
    assert opened.labels == ("noisy", "bad", "calm", "good", "hot")
    found = astrid.predict(opened, CHECK.texts)
    right = []
    for task in opened.tasks:
        truth = np.array([document.labels[task.name] for document in CHECK])
        part = found[:, list(task.columns)]
        said = part[:, 0] > task.threshold if task.kind == "binary" else part.argmax(1)
        assert metrics[f"acc_{task.name}"] == pytest.approx(accuracy_score(truth, said))
        expected = f1_score(truth, said, average="macro")
        assert metrics[f"f1_{task.name}"] == pytest.approx(expected)
        assert metrics[f"acc_{task.name}"] > 0.85
        right.append(truth == said)
    assert metrics["acc_total"] == pytest.approx(np.all(right, axis=0).mean())
    accuracies = [metrics[f"acc_{name}"] for name in several.TASKS]
    assert metrics["accuracy"] == pytest.approx(np.mean(accuracies))


def test_curves_have_every_task(model: Path) -> None:
    header = (model / "curves.csv").read_text().splitlines()[0].split(",")
    for task in several.TASKS:
        assert {f"{name}_{task}" for name in ("train_log_loss", "val_loss", "acc", "f1")} <= set(
            header
        )
    assert {"train_log_loss", "train_accuracy", "val_loss_error", "acc_total"} <= set(header)


def test_loads_as_a_transformers_model_with_its_loss(model: Path) -> None:
    loaded = load_classifier(model)
    inputs = loaded.tokenizer(CHECK.texts[:4], padding=True, return_tensors="pt")
    labels = torch.tensor([[d.labels[t] for t in several.TASKS] for d in CHECK.documents[:4]])
    labels[1, 0] = -1
    output = loaded.model(**inputs, labels=labels)
    logits = output.logits
    known = [0, 2, 3]
    expected = torch.stack(
        [
            torch.nn.functional.binary_cross_entropy_with_logits(
                logits[known, 0], labels[known, 0].float()
            ),
            torch.nn.functional.cross_entropy(logits[:, 1:4], labels[:, 1]),
            torch.nn.functional.binary_cross_entropy_with_logits(
                logits[:, 4], labels[:, 2].float()
            ),
        ]
    ).mean()
    torch.testing.assert_close(output.loss, expected)


@pytest.mark.parametrize(("task", "cue", "answer"), [("loud", "thunder", 1), ("warm", "fire", 1)])
def test_explains_the_words_of_each_task(model: Path, task: str, cue: str, answer: int) -> None:
    opened = astrid.load_model(model)
    texts = [document.text for document in CHECK if document.labels[task] == answer]
    target = astrid.Target("logit", task=task)
    found = astrid.explain(opened, texts, "integrated_gradients", target=target)
    tops = [one.words[int(one.word_scores.argmax())] for one in found]
    assert tops.count(cue) > 0.8 * len(tops)
    said = [one.prediction.label for one in found]
    assert said.count(several.TASKS[task][answer]) > 0.8 * len(said)
    assert all(one.prediction.probability > 0.5 for one in found if task == "loud")


def test_an_answer_of_no_has_the_name_and_probability_of_no(model: Path) -> None:
    opened = astrid.load_model(model)
    target = astrid.Target("probability", task="loud")
    (found,) = astrid.explain(opened, ["the whisper of people"], "gradient_x_input", target=target)
    assert found.prediction.label == "quiet"
    assert found.prediction.probability == pytest.approx(1 - found.target.value)
    assert found.target.label == "noisy"


def test_attributions_of_a_task_come_from_its_head_alone(model: Path) -> None:
    """The other tasks' heads may be anything: what one task's attribution says stays the same."""
    loaded = load_classifier(model)
    before = astrid.load_model((loaded.model, loaded.tokenizer))
    with torch.no_grad():
        for head in loaded.model.head.heads[1:]:
            for weight in head.parameters():
                weight.normal_()
    after = astrid.load_model((loaded.model, loaded.tokenizer))
    target = astrid.Target("probability", task="loud")
    scores = [
        astrid.explain(one, CHECK.texts[:5], "integrated_gradients", target=target)
        for one in (before, after)
    ]
    for first, second in zip(*scores, strict=True):
        np.testing.assert_allclose(first.token_scores, second.token_scores, atol=1e-7)


@pytest.mark.parametrize("head", head_names())
def test_every_head_answers_yes_or_no(tmp_path: Path, head: str) -> None:
    result = trained(tmp_path / "model", head=HeadSpec(name=head), trainer={"epochs": 1})
    assert set(result.tasks) == {
        *(f"{name}_{task}" for name in ("acc", "f1") for task in several.TASKS),
        "acc_total",
    }
    opened = astrid.load_model(tmp_path / "model")
    found = astrid.predict(opened, CHECK.texts[:3])
    assert ((found > 0) & (found < 1)).all()


def test_finished_model_is_returned_with_its_tasks(tmp_path: Path) -> None:
    first = trained(tmp_path / "model", trainer={"epochs": 1})
    again = trained(tmp_path / "model", trainer={"epochs": 1})
    assert again.reused
    assert again.tasks == first.tasks


def test_a_groups_texts_are_joined_and_judged_together(tmp_path: Path) -> None:
    posts, check = several.corpus(200, 3, posts=5), several.corpus(50, 4, posts=5)
    spec = several.spec(join_groups=True, trainer={"epochs": 4})
    result = fit(spec, posts, check, tmp_path / "model", progress=False)
    # Ten groups of five posts: shares of right answers are tenths.
    assert result.tasks["acc_loud"] * 10 == pytest.approx(round(result.tasks["acc_loud"] * 10))


class Seen(pl.Callback):
    """Which weights learn, epoch by epoch, and which have changed at its end."""

    def __init__(self) -> None:
        self.learning: list[set[str]] = []
        self.changed: list[set[str]] = []

    def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, index: int) -> None:
        if index == 0:
            weights = dict(module.model.named_parameters())
            self._before = {name: value.detach().clone() for name, value in weights.items()}
            self.learning.append({name for name, value in weights.items() if value.requires_grad})

    def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
        weights = dict(module.model.named_parameters())
        self.changed.append(
            {name for name, value in weights.items() if not torch.equal(value, self._before[name])}
        )


@pytest.mark.parametrize("strategy", ["full", "frozen", "gradual"])
def test_exactly_what_the_strategy_says_changes_in_each_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strategy: str
) -> None:
    seen = Seen()
    callbacks = fitting.learn.__globals__["_callbacks"]
    monkeypatch.setitem(
        fitting.learn.__globals__, "_callbacks", lambda *given: [*callbacks(*given), seen]
    )
    settings: dict[str, Any] = {"epochs": 4, "strategy": strategy, "weight_decay": 0.1}
    if strategy == "gradual":
        settings["unfreeze"] = (2, 4)
    trained(tmp_path / "model", trainer=settings)
    names = set(dict(load_classifier(tmp_path / "model").model.named_parameters()))
    head = {name for name in names if name.startswith("head.")}
    last = head | {name for name in names if ".layer.1." in name}
    steps = {
        "full": [names] * 4,
        "frozen": [head] * 4,
        "gradual": [head, last, last, names],
    }[strategy]
    assert seen.learning == steps
    for changed, allowed in zip(seen.changed, steps, strict=True):
        assert changed <= allowed
        # A key's bias shifts all scores of a row alike and has no gradient but noise.
        assert {name for name in allowed - changed if "key.bias" not in name} == set()


def test_everything_is_free_after_training(tmp_path: Path) -> None:
    lesson_model = load_classifier(_quick(tmp_path / "model")).model
    freeze(lesson_model, depth(TrainerSpec(strategy="frozen"), 1))
    assert not any(p.requires_grad for p in lesson_model.encoder.parameters())
    freeze(lesson_model, depth(TrainerSpec(), 1))
    assert all(p.requires_grad for p in lesson_model.parameters())


def _quick(folder: Path) -> Path:
    trained(folder, trainer={"epochs": 1})
    return folder


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tasks": {"lout": TaskSpec()}}, 'did you mean "loud"'),
        ({"tasks": {"mood": TaskSpec(pos_weight=2.0)}}, "class_weights instead"),
        ({"tasks": {"loud": TaskSpec(class_weights="balanced")}}, "pos_weight instead"),
        ({"tasks": {"mood": TaskSpec(threshold=0.3)}}, "only a task of two classes"),
        ({"trainer": {"class_weights": (1.0, 2.0)}}, "task by task"),
        ({"distil": {"teacher": "somewhere"}}, "one task, not several"),
        ({"join_groups": True}, "belong to no groups; name the column"),
    ],
)
def test_settings_that_fit_no_task_are_refused(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        trained(tmp_path / "model", **settings)
    assert list(tmp_path.iterdir()) == []


def test_joining_groups_of_a_single_label_is_refused(tmp_path: Path) -> None:
    spec = toy.spec(epochs=1).model_copy(update={"join_groups": True})
    with pytest.raises(InputError, match="only models of named tasks judge groups"):
        fit(spec, toy.corpus(16, 1), toy.corpus(8, 2), tmp_path / "model", progress=False)


def test_a_task_of_one_class_is_refused(tmp_path: Path) -> None:
    loud = TRAIN.with_documents(d for d in TRAIN if d.labels["loud"] == 1)
    with pytest.raises(InputError, match='the task loud: the training texts have only "noisy"'):
        fit(several.spec(), loud, CHECK, tmp_path / "model", progress=False)


@pytest.mark.parametrize("name", ["score", "total", "error", "error_warm"])
def test_a_task_named_like_another_figure_is_refused(tmp_path: Path, name: str) -> None:
    def renamed(corpus: Corpus) -> Corpus:
        called = {"loud": name}
        documents = (
            replace(d, labels={called.get(task, task): one for task, one in d.labels.items()})
            for d in corpus
        )
        names = {called.get(task, task): classes for task, classes in corpus.label_names.items()}
        return Corpus("several", tuple(documents), names)

    with pytest.raises(InputError, match=r"a task can't be called .*; rename it"):
        fit(several.spec(), renamed(TRAIN), renamed(CHECK), tmp_path / "model", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_task_without_validation_labels_is_refused(tmp_path: Path) -> None:
    """Its loss would not be a number, and no epoch better than the first."""
    check = CHECK.with_documents(
        replace(d, labels={task: one for task, one in d.labels.items() if task != "mood"})
        for d in CHECK
    )
    with pytest.raises(InputError, match="the task mood: no validation text has a label"):
        fit(several.spec(), TRAIN, check, tmp_path / "model", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_tasks_named_with_commas_have_their_own_columns() -> None:
    keeper = Keeper(Path("nowhere"), TrainerSpec())
    keeper.rows = [{"epoch": 1, "acc_sad, or glad": 0.5}]
    (row,) = csv.DictReader(keeper.curves().splitlines())
    assert row == {"epoch": "1", "acc_sad, or glad": "0.5"}


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_killed_run_of_several_tasks_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    posts, check = several.corpus(120, 3, posts=3), several.corpus(30, 4, posts=3)
    trainer = {"epochs": 4, "strategy": "gradual", "unfreeze": (2, 4), "loss": "focal"}
    tasks = {
        "loud": TaskSpec(pos_weight="balanced", threshold="tuned"),
        "mood": TaskSpec(head=HeadSpec(name="attention"), class_weights="balanced"),
    }
    spec = several.spec(trainer=trainer, tasks=tasks, join_groups=True)

    def run(name: str) -> FitResult:
        return fit(spec, posts, check, tmp_path / name, progress=False)

    whole = run("whole")
    with killed_after(monkeypatch, epoch):
        run("killed")
    resumed = run("killed")
    assert resumed.resumed
    for file in ("model.safetensors", "config.json", "curves.csv"):
        assert (tmp_path / "killed" / file).read_bytes() == (
            tmp_path / "whole" / file
        ).read_bytes(), file
    assert (resumed.metrics, resumed.tasks) == (whole.metrics, whole.tasks)


def test_layers_that_cant_be_unfrozen_are_found_out_at_once(tmp_path: Path) -> None:
    source = tmp_path / "albert"
    for part in tiny.build("albert"):
        part.save_pretrained(source)
    encoder = EncoderSpec(init="pretrained", source=str(source))
    trainer = {"strategy": "gradual", "unfreeze": (3, 3)}
    asked = several.spec(trainer=trainer).model_copy(update={"encoder": encoder})
    with pytest.raises(InputError, match="the layers of albert"):
        fit(asked, TRAIN, CHECK, tmp_path / "model", progress=False)
    assert not list(tmp_path.glob("**/epoch-*"))


def test_thresholds_have_the_highest_macro_f1() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        labels = (random.random(40) < 0.2).astype(int)
        probabilities = np.round(random.random(40) * 0.4 + 0.2 * labels, 2)
        found = best_threshold(probabilities, labels)
        tried = [*np.unique(probabilities), 0.5, -1.0, 2.0]
        best = max(f1_score(labels, probabilities > t, average="macro") for t in tried)
        if 0 < labels.sum() < 40:
            reached = f1_score(labels, probabilities > found, average="macro")
            assert reached == pytest.approx(best)


def test_weights_that_break_in_the_last_change_are_no_model(tmp_path: Path) -> None:
    """The loss of the training is that before the change: the validation's shows the ruin."""
    broken = {"learning_rate": 1e38, "epochs": 1, "batch_size": 400, "warmup": 0.0}
    with pytest.raises(InputError, match="the loss is no longer a number in epoch 1"):
        trained(tmp_path / "broken", trainer=broken)
    assert list(tmp_path.iterdir()) == []


def test_a_frozen_encoders_heads_learn_apart_from_one_another(tmp_path: Path) -> None:
    """Other tasks' labels change nothing; the gradients' common length would, so it isn't cut."""
    labels = [one.labels["warm"] for one in TRAIN]
    turned = TRAIN.with_documents(
        [
            replace(one, labels={**one.labels, "warm": label})
            for one, label in zip(TRAIN, reversed(labels), strict=True)
        ]
    )
    settings = several.spec(trainer={"epochs": 1, "strategy": "frozen", "gradient_clip": 0.0})
    heads = []
    for name, texts in (("one", TRAIN), ("two", turned)):
        fit(settings, texts, CHECK, tmp_path / name, progress=False)
        heads.append(load_classifier(tmp_path / name).model.head.state_dict())
    differs = {key: not torch.equal(heads[0][key], heads[1][key]) for key in heads[0]}
    assert {key for key, other in differs.items() if other} == {
        key for key in differs if key.startswith("heads.2.")
    }
