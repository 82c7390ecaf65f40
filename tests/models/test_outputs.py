"""Choices, labels that stand alone, numbers, and models that answer several questions."""

import numpy as np
import pytest
import torch

from astrid.errors import InputError
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target, predicted, resolve, value_of
from astrid.models.outputs import Task, answers, labels_of, require_classes, task_of, tasks_of
from tests import model_kinds, tiny

TWO = (Task("sentiment", "classes", (0, 1, 2)), Task("topic", "classes", (3, 4)))
LOGITS = np.array([0.0, 2.0, 1.0, 5.0, 3.0])
LABELS = ("bad", "good", "mixed", "law", "sport")


class Config:
    def __init__(self, problem_type=None, id2label=None):
        self.problem_type, self.id2label = problem_type, id2label


@pytest.mark.parametrize(
    ("problem", "labels", "kinds"),
    [
        (None, "abc", ["classes"]),
        ("single_label_classification", "ab", ["classes"]),
        (None, "a", ["number"]),
        ("regression", "a", ["number"]),
        ("regression", "ab", ["number", "number"]),
        ("multi_label_classification", "ab", ["binary", "binary"]),
        ("multi_label_classification", "a", ["binary"]),
    ],
)
def test_tasks_of_a_config(problem, labels, kinds):
    tasks = tasks_of(Config(problem), tuple(labels))
    assert [task.kind for task in tasks] == kinds
    assert [column for task in tasks for column in task.columns] == list(range(len(labels)))


def test_answers_of_each_kind():
    tasks = (*TWO[:1], Task("rude", "binary", (3,)), Task("price", "number", (4,)))
    found = answers(torch.tensor(LOGITS), tasks).numpy()
    assert found[:3].sum() == pytest.approx(1)
    assert found[3] == pytest.approx(1 / (1 + np.exp(-5)))
    assert found[4] == 3.0
    assert task_of(tasks, 3).name == "rude"


def test_labels_of_a_config():
    assert labels_of(Config(id2label={"1": "b", 0: "a"}), "m") == ("a", "b")
    for wrong in ({}, None, {0: "a", 2: "b"}, {"x": "a"}):
        with pytest.raises(InputError, match="m: id2label"):
            labels_of(Config(id2label=wrong), "m")


def test_only_choices_between_classes_are_evaluated():
    require_classes("m", TWO[:1])
    for tasks, says in (
        (TWO, "several questions"),
        ((Task("a", "binary", (0,)),), "each label by itself"),
        ((Task("a", "number", (0,)),), "gives numbers"),
    ):
        with pytest.raises(InputError, match=says):
            require_classes("m", tasks)


def test_targets_of_several_tasks():
    first = resolve(Target(), LOGITS, TWO)
    assert (first.index, first.against, first.task.name) == (1, 2, "sentiment")
    second = resolve(Target("logit_difference", task="topic"), LOGITS, TWO)
    assert (second.index, second.against) == (3, 4)
    assert value_of(second, LOGITS, LABELS).value == pytest.approx(2.0)
    asked = resolve(Target(index=4), LOGITS, TWO)
    answer = predicted(LOGITS, LABELS, TWO, asked)
    assert (asked.task.name, answer.label) == ("topic", "law")
    assert answer.probability == pytest.approx(1 / (1 + np.exp(-2)))
    assert value_of(asked, LOGITS, LABELS).value == pytest.approx(1 - answer.probability)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (Target(index=5), "classes are 0 to 4"),
        (Target(index=1, task="topic"), 'belongs to the task "sentiment"'),
        (Target(task="topics"), "topic"),
        (Target("value"), "only a regression"),
        (Target("logit_difference", 0, 3), "has no such class"),
        (Target("logit_difference", 1, 1), "compared with itself"),
    ],
)
def test_targets_that_several_tasks_refuse(target, says):
    with pytest.raises(InputError, match=says):
        resolve(target, LOGITS, TWO)


def test_several_tasks_are_explained_one_at_a_time():
    model = model_kinds.of(*tiny.build("bert", labels=dict(enumerate(LABELS)))).model
    model.tasks = TWO
    sentiment, topic = (
        explain(model, "good day", "gradient_x_input", target=Target(task=name))[0]
        for name in ("sentiment", "topic")
    )
    assert sentiment.prediction.label in LABELS[:3]
    assert topic.prediction.label in LABELS[3:]
    found = predict(model, "good day")[0]
    assert found[:3].sum() == pytest.approx(1)
    assert found[3:].sum() == pytest.approx(1)
    assert topic.prediction.probabilities == pytest.approx(found)


def test_labels_that_stand_alone():
    model = model_kinds.kind("multi-label").model
    (most,) = explain(model, "good day", "gradient_x_input")
    probabilities = predict(model, "good day")[0]
    assert most.target.index == probabilities.argmax()
    assert most.target.value == pytest.approx(probabilities.max())
    (asked,) = explain(model, "good day", "gradient_x_input", target=Target(index=2))
    assert asked.prediction.label == asked.target.label == "long"
    assert asked.prediction.probability == pytest.approx(probabilities[2])
    with pytest.raises(InputError, match="no other class"):
        explain(model, "good day", target=Target("logit_difference", 1))


def test_regressions_give_their_number():
    model = model_kinds.kind("numbers").model
    (found,) = explain(model, "good day", "gradient_x_input", target=Target(index=1))
    assert found.target.kind == "value"
    assert found.target.value == pytest.approx(predict(model, "good day")[0, 1])
    assert found.to_dict()["prediction"] == {"label": "age", "probability": None}
    (logit,) = explain(model, "good day", "gradient_x_input", target=Target("logit", 1))
    np.testing.assert_array_equal(logit.token_scores, found.token_scores)
