"""What becomes of a task that goes wrong in its own process."""

import errno
import os

import pytest

from astrid.errors import InputError
from astrid.study import evaluating, tasks
from astrid.study.grid import ModelKey
from astrid.study.run import Engine, run_study
from astrid.study.tasks import Place, Task, perform
from tests.small_study import small

MODEL = ModelKey("large", "linear", 0)


@pytest.fixture
def place(tmp_path):
    tasks.opened.cache_clear()
    return Place(str(tmp_path / "study"), small().model_dump_json(), "cpu", 1)


def raising(error: BaseException):
    def do(*args: object) -> None:
        raise error

    return do


def untold(method: str) -> None:
    raise AssertionError(method)


class ForeignError(Exception):
    """As safetensors raises them: no OSError, no cause."""


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        ForeignError("I/O error: No space left on device (os error 28)"),
    ],
    ids=["full", "quota", "foreign"],
)
def test_a_disk_that_fills_up_in_training_stops_the_run(tmp_path, monkeypatch, error) -> None:
    monkeypatch.setattr(evaluating, "train_and_evaluate", raising(error))
    with pytest.raises(InputError, match=r"no room left on the disk; .*what is finished is kept"):
        run_study(small(), tmp_path, Engine(workers=0, threads=1))
    assert list(tmp_path.rglob("error.json")) == []  # once there is room, it is tried again


def test_another_fault_of_the_disk_costs_its_model_only(place, monkeypatch) -> None:
    error = OSError(errno.EIO, os.strerror(errno.EIO))
    monkeypatch.setattr(evaluating, "train_and_evaluate", raising(error))
    ended = perform(Task("train", MODEL), place, untold)
    assert not ended.fatal
    assert [failure.stage for _, failure in ended.failures] == ["train"]


def test_a_process_that_cannot_read_the_documents_says_so(place, monkeypatch) -> None:
    """On another node the file may be missing; without an answer its death would be all we saw."""
    monkeypatch.setattr(tasks, "load_splits", raising(InputError("cases.csv: no such file")))
    ended = perform(Task("train", MODEL), place, untold)
    assert ended.fatal == "cases.csv: no such file"
    assert ended.failures == ()
