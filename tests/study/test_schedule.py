"""The order of a study's tasks, and how many processes do them."""

import pytest

from astrid.errors import InputError
from astrid.study import sizing
from astrid.study.grid import ModelKey, grid
from astrid.study.schedule import carry_out, plan
from astrid.study.sizing import Crew, crew
from astrid.study.store import Failure, Store
from astrid.study.tasks import Ended
from tests.small_study import TINY, small

FINGERPRINTS = {"train": "0", "evaluation": "0"}


class Recorder:
    """Ends every task at once, in the order it was given; some fail."""

    def __init__(self, size=2, failing=(), fatal=()) -> None:
        self.size, self.failing, self.fatal = size, failing, fatal
        self.waiting, self.done = [], []

    def room(self):
        return self.size - len(self.waiting)

    def submit(self, task):
        assert self.room() > 0
        self.waiting.append(task)

    def wait(self):
        task = self.waiting.pop(0)
        self.done.append((task.kind, task.model.folder))
        failure = ((("", Failure(task.kind, "went wrong")),)) if task.model in self.failing else ()
        yield Ended(task, failure, "full" if task.model in self.fatal else "")


def copies(**changes):
    """The small encoder copies the large one's layers."""
    encoders = {
        "large": {"encoder": {"preset": "demo-step5", **TINY, "layers": 2}},
        "small": {"encoder": {"preset": "demo-step5", "init": "teacher", "layers": 1}},
    }
    return small(encoders=encoders, **changes)


def carried(tmp_path, spec, executor):
    store = Store(tmp_path, spec, FINGERPRINTS)
    return carry_out(store, plan(store, grid(spec)), executor, lambda event: None)


def test_nothing_begins_before_what_it_needs(tmp_path) -> None:
    spec = copies(compressions=["none", "prune30"])
    executor = Recorder()
    assert carried(tmp_path, spec, executor) == ""
    place = {task: number for number, task in enumerate(executor.done)}
    models = grid(spec).models
    assert len(place) == len(executor.done) == 2 * len(models)
    reference = place["train", "large--linear--s0"]
    for model in models:
        trained = place["train", model.folder]
        assert max(trained, reference) < place["explain", model.folder]
        if model.encoder == "small" or model.compression != "none":
            assert reference <= trained
        if model.compression != "none":
            assert place["train", model.uncompressed.folder] < trained


def test_what_needs_a_failed_model_is_left_undone(tmp_path) -> None:
    spec = copies(compressions=["none", "prune30"])
    failed = ModelKey("large", "attention", 0)
    executor = Recorder(failing=(failed,))
    carried(tmp_path, spec, executor)
    assert ("train", "large--attention--s0") in executor.done
    assert ("train", "large--attention--s0--prune30") not in executor.done
    assert ("explain", "large--attention--s0") not in executor.done
    assert ("explain", "small--attention--s0") in executor.done


def test_a_full_disk_begins_nothing_new(tmp_path) -> None:
    spec = small()
    first = grid(spec).models[0]
    executor = Recorder(size=1, fatal=(first,))
    assert carried(tmp_path, spec, executor) == "full"
    assert executor.done == [("train", first.folder)]


def test_workers_fit_the_memory_and_share_the_cores(monkeypatch) -> None:
    spec = small()
    monkeypatch.setattr(sizing.os, "sched_getaffinity", lambda process: set(range(8)))
    need = sizing.worker_memory(spec)
    monkeypatch.setattr(sizing, "available_memory", lambda: 3.5 * need)
    assert crew(spec) == Crew(workers=3, threads=2)
    monkeypatch.setattr(sizing, "available_memory", lambda: 0.5 * need)
    assert crew(spec) == Crew(workers=1, threads=8)
    monkeypatch.setattr(sizing, "available_memory", lambda: 100 * need)
    assert crew(spec) == Crew(workers=8, threads=1)
    assert crew(spec, threads=4) == Crew(workers=2, threads=4)
    assert crew(spec, workers=5) == Crew(workers=5, threads=1)
    assert crew(spec, workers=0) == Crew(workers=0, threads=8)
    for wrong in ({"workers": -1}, {"threads": 0}):
        with pytest.raises(InputError, match="give at least"):
            crew(spec, **wrong)


def test_a_large_encoder_needs_more_memory() -> None:
    large = small(encoders={"bert-base": {}})
    assert sizing.worker_memory(large) > 2 * sizing.worker_memory(small())
