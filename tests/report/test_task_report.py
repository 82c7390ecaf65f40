import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from astrid.analysis.important_words import WordSettings, important_words
from astrid.analysis.task_comparison import TaskSettings, judge_tasks
from astrid.errors import InputError
from astrid.report.task_report import (
    SELF_REPORTED,
    limits_of,
    summary,
    task_page,
    words_frame,
    write_task_report,
)
from tests.analysis.test_important_words import EXPLANATIONS, GROUPS
from tests.several_tasks import TASKS, people, probabilities

TEST = people(40, seed=1)
NASTY = "<script>alert(1)</script>"
SETTINGS = TaskSettings(resamples=200)
RIGHT = probabilities(TEST.labels, 0, 3.0)
BOARD = judge_tasks(NASTY, TASKS, RIGHT, people(60, seed=0), TEST, SETTINGS)
TASK = replace(TASKS[0], columns=(1,))
WORDS = important_words(TASK, EXPLANATIONS, GROUPS, WordSettings(resamples=200, shuffles=50))
PAGE = task_page(BOARD, [WORDS], SELF_REPORTED)
VISIBLE = re.sub(r"<script.*?</script>|<style.*?</style>", "", PAGE, flags=re.DOTALL)


def test_names_are_shown_as_they_are() -> None:
    assert "<script>alert" not in PAGE
    assert "&lt;script&gt;alert(1)" in PAGE


def test_it_needs_nothing_but_itself() -> None:
    assert "default-src 'none'" in PAGE
    assert not re.findall(r'<(?:link|img|iframe|script)[^>]*(?:src|href)="', VISIBLE)


def test_every_task_has_its_figures_with_intervals() -> None:
    for task in BOARD.evaluation.tasks.values():
        for name in ("accuracy", "f1", "balanced_accuracy", "log_loss"):
            found = task.measures[name]
            assert f"{found.value:.3f}" in VISIBLE
            assert f"{found.low:.3f} to {found.high:.3f}" in VISIBLE
    for beside in BOARD.beside:
        assert all(beside.sentence(task) in VISIBLE for task in ("ei", "mood", "total"))


def test_limits_are_stated() -> None:
    for limit in (*SELF_REPORTED, *limits_of(BOARD, [WORDS])):
        assert limit.replace("'", "&#39;") in VISIBLE
    assert "The data are small: 40 groups" in VISIBLE
    assert "correlates" in VISIBLE
    assert "correlates" not in task_page(BOARD)


def test_words_come_with_their_control() -> None:
    assert WORDS.note in VISIBLE
    assert 'class="name">party</td>' in VISIBLE
    assert {"data-task_quality", "data-important_words"} <= set(
        re.findall(r'id="(data-\w+)"', PAGE)
    )


def test_words_of_several_tasks_are_one_frame() -> None:
    frame = words_frame([WORDS, replace(WORDS, task="tf")], count=2)
    assert frame.groupby("task").size().to_dict() == {"ei": 4, "tf": 4}
    assert len(frame.attrs["notes"]) == 2


def test_the_answer_follows_the_tests() -> None:
    assert "Shown to be right more often than the majority class in ei, mood." in summary(BOARD)
    noise = probabilities(TEST.labels, 5, 0.0)
    board = judge_tasks("noise", TASKS, noise, people(60, seed=0), TEST, SETTINGS)
    assert "In no task shown to be right more often than the majority class." in summary(board)
    assert "Less often right than the bag of words in ei." in summary(board)
    assert np.isfinite(board.evaluation.total.value)


def test_it_is_written_with_its_pictures_or_says_why_not(tmp_path: Path) -> None:
    page, *pictures = write_task_report(tmp_path / "new", BOARD, [WORDS])
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert {path.relative_to(tmp_path / "new").as_posix() for path in pictures} == {
        f"figures/{name}.{kind}"
        for name in ("task_quality", "important_words")
        for kind in ("png", "svg")
    }
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError):
        write_task_report(tmp_path / "file", BOARD)
