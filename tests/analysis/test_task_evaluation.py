import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from astrid.analysis.task_evaluation import evaluate_tasks
from astrid.analysis.task_units import units_of
from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import share_with_interval
from astrid.measures.statistics.quality import QualitySettings
from astrid.models.outputs import Task
from tests.several_tasks import TASKS, people, probabilities

QUICK = QualitySettings(resamples=200)
TEST = people(40, seed=1)
FOUND = evaluate_tasks(TASKS, probabilities(TEST.labels, 0, 0.6), TEST.labels, TEST.groups, QUICK)


def averaged() -> tuple[np.ndarray, np.ndarray]:
    """Labels and mean probabilities of the people, by plain loops."""
    rows = probabilities(TEST.labels, 0, 0.6)
    names = list(dict.fromkeys(TEST.groups))
    places = [[at for at, group in enumerate(TEST.groups) if group == name] for name in names]
    return TEST.labels[[place[0] for place in places]], np.array([rows[p].mean(0) for p in places])


def test_every_measure_is_scikit_learn_s_over_groups() -> None:
    labels, means = averaged()
    for place, (task, chances) in enumerate(
        zip(TASKS, (np.column_stack([1 - means[:, 0], means[:, 0]]), means[:, 1:]), strict=True)
    ):
        gold, answered = labels[:, place], chances.argmax(axis=1)
        quality = FOUND.tasks[task.name]
        values = {name: found.value for name, found in quality.measures.items()}
        assert values == pytest.approx(
            {
                "accuracy": metrics.accuracy_score(gold, answered),
                "f1": metrics.f1_score(gold, answered, average="macro"),
                "balanced_accuracy": metrics.balanced_accuracy_score(gold, answered),
                "log_loss": metrics.log_loss(gold, chances),
            }
        )
        assert quality.confusion == tuple(map(tuple, metrics.confusion_matrix(gold, answered)))
        assert [row.support for row in quality.of_classes] == np.bincount(gold).tolist()
        assert quality.majority == np.bincount(gold).max() / 40


def test_the_total_is_all_tasks_right_with_wilson_s_interval() -> None:
    labels, means = averaged()
    right = (means[:, 0] > 0.5) == labels[:, 0]
    right &= means[:, 1:].argmax(axis=1) == labels[:, 1]
    assert FOUND.total == share_with_interval([bool(flag) for flag in right])
    assert FOUND.figures()["acc_total"] == FOUND.total.value
    combinations = np.unique(labels, axis=0, return_counts=True)[1]
    assert FOUND.majority_total == combinations.max() / 40


def test_the_unit_is_the_group_and_intervals_know_it() -> None:
    assert (FOUND.unit, FOUND.units, FOUND.texts) == ("group", 40, 120)
    rows = np.repeat(np.array([[0.9, 0.8, 0.1, 0.1], [0.2, 0.1, 0.8, 0.1]]), 30, axis=0)
    labels = np.repeat(np.array([[1, 0], [1, 0]]), 30, axis=0)
    groups = ["a"] * 30 + ["b"] * 30
    alone = evaluate_tasks(TASKS, rows, labels, None, QUICK)
    together = evaluate_tasks(TASKS, rows, labels, groups, QUICK)
    assert alone.unit == "text"
    widths = [np.ptp([found.total.low, found.total.high]) for found in (alone, together)]
    assert widths[0] < 0.3 < widths[1]


def test_a_threshold_moves_answers_but_not_the_log_loss() -> None:
    task = Task("ei", "binary", (0,), answers=("I", "E"))
    rows, labels = np.array([[0.5], [0.6], [0.7]]), np.array([[0], [0], [1]])
    at_half = evaluate_tasks([task], rows, labels, settings=QUICK).tasks["ei"]
    higher = evaluate_tasks([replace(task, threshold=0.6)], rows, labels, settings=QUICK)
    assert at_half.measures["accuracy"].value == pytest.approx(2 / 3)  # 0.5 is not above 0.5
    assert higher.tasks["ei"].measures["accuracy"].value == 1  # nor 0.6 above 0.6
    assert higher.tasks["ei"].threshold == 0.6
    assert at_half.measures["log_loss"] == higher.tasks["ei"].measures["log_loss"]


def test_unknown_labels_are_left_out() -> None:
    rows = np.array([[0.9, 1, 0, 0], [0.9, 1, 0, 0], [0.1, 0, 1, 0], [0.8, 0, 0, 1]])
    labels = np.array([[1, 0], [-1, -1], [0, -1], [0, 2]])
    found = evaluate_tasks(TASKS, rows, labels, ["a", "a", None, None], QUICK)
    assert (found.units, found.tasks["ei"].units, found.tasks["mood"].units) == (3, 3, 2)
    assert (found.total.n, found.total.value) == (2, 0.5)
    with pytest.raises(InputError, match="no label of mood is known"):
        evaluate_tasks(TASKS, rows, np.array([[1, -1]] * 4))


def test_tasks_do_not_touch_each_other() -> None:
    rows, other = probabilities(TEST.labels, 0, 0.6), TEST.labels.copy()
    other[:, 1] = (other[:, 1] + 1) % 3
    found = evaluate_tasks(TASKS, rows, other, TEST.groups, QUICK)
    assert found.tasks["ei"] == FOUND.tasks["ei"]
    assert found.tasks["mood"] != FOUND.tasks["mood"]


def test_it_is_json_and_a_frame() -> None:
    plain = json.loads(json.dumps(FOUND.to_dict(), allow_nan=False))
    assert plain["unit"] == "group"
    assert plain["acc_ei"] == plain["tasks"][0]["measures"]["accuracy"]["value"]
    frame = FOUND.to_frame().set_index(["task", "measure"])
    assert frame.loc[("mood", "f1"), "value_low"] == FOUND.tasks["mood"].measures["f1"].low
    assert frame.loc[("total", "accuracy"), "value"] == FOUND.total.value


@pytest.mark.parametrize(
    ("rows", "labels", "groups", "message"),
    [
        (np.ones((2, 4)), np.zeros((2, 1), int), None, "must be \\[texts, 2 tasks\\]"),
        (np.ones((2, 4)), np.zeros((2, 2)), None, "whole numbers"),
        (np.ones((2, 4)), np.array([[0, 0], [2, 0]]), None, "label 2 of text 1 in ei is no class"),
        (np.ones((2, 4)), np.array([[0, 0], [-2, 0]]), None, "label -2"),
        (np.ones((3, 4)), np.zeros((2, 2), int), None, "3 rows of probabilities for 2 texts"),
        (np.ones((2, 3)), np.zeros((2, 2), int), None, "4 columns or more"),
        (2 * np.ones((2, 4)), np.zeros((2, 2), int), None, "must lie in"),
        (np.full((2, 4), np.nan), np.zeros((2, 2), int), None, "must lie in"),
        (np.ones((2, 4)), np.zeros((2, 2), int), ["a"], "1 groups for 2 texts"),
        (np.ones((2, 4)), np.array([[0, 0], [1, 0]]), ["a", "a"], "another label in ei"),
        (np.ones((0, 4)), np.zeros((0, 2), int), None, "at least one of each"),
    ],
)
def test_wrong_input_is_refused(rows, labels, groups, message: str) -> None:
    with pytest.raises(InputError, match=message):
        evaluate_tasks(TASKS, rows, labels, groups, QUICK)


def test_a_number_is_no_choice() -> None:
    with pytest.raises(InputError, match="size is no choice"):
        units_of([Task("size", "number", (0,))], np.array([[0]]))


def test_texts_of_a_group_are_joined_in_their_order() -> None:
    units = units_of(TASKS, np.zeros((4, 2), int), ["a", None, "a", None])
    assert units.joined(["one", "two", "three", "four"]) == ["one\nthree", "two", "four"]
