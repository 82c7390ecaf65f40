"""What a run says about tasks whose processes don't tell, or die."""

from contextlib import contextmanager, nullcontext
from dataclasses import replace

import pytest

from astrid.study import run
from astrid.study.local import Inline
from astrid.study.run import Engine, run_study
from astrid.study.store import Failure
from astrid.study.tasks import Ended, Place, perform
from tests.small_study import small

SPEC = small(heads=["linear"])
DIED = Failure("explain", "its process died")


class Silent(Inline):
    """As a cluster: nothing is told before the task has ended."""

    def wait(self):
        yield from (event for event in super().wait() if isinstance(event, Ended))


class Dying(Inline):
    """Its process dies after the first method of each explanation, and after each training."""

    def wait(self):
        task, self._next = self._next, None
        begun = replace(task, methods=task.methods[:1])
        perform(begun, self._place, lambda method: None)
        yield Ended(task, tuple((method, DIED) for method in task.methods or ("",)))


@contextmanager
def counted(counts, total):
    def advance(steps: int = 1) -> None:
        counts.append(steps)

    counts.append(-total)
    yield advance


@pytest.fixture
def run_by(tmp_path, monkeypatch):
    def do(executor):
        def made(store, engine):
            return nullcontext(executor(Place(str(store.folder), SPEC.model_dump_json(), "cpu", 1)))

        monkeypatch.setattr(run, "_executor", made)
        counts = []
        result = run_study(
            SPEC,
            tmp_path,
            Engine(workers=0, threads=1),
            progress=lambda title, total: counted(counts, total),
        )
        return result, sum(counts)

    return do


def test_the_bar_reaches_its_end_where_nothing_is_told(run_by) -> None:
    result, left = run_by(Silent)
    assert (result.made, left) == (8, 0)


def test_what_was_finished_before_its_process_died_has_not_failed(run_by) -> None:
    result, left = run_by(Dying)
    assert (result.made, left) == (4, 0)
    assert {name for name, _ in result.failures} == {
        f"{encoder}--linear--s0--{method}"
        for encoder in ("large", "small")
        for method in ("attention", "occlusion")
    }


class DyingOnce(Inline):
    """The process of the first explanation dies before its first method is done."""

    died = False

    def wait(self):
        task = self._next
        if task.kind == "train" or self.died:
            yield from super().wait()
            return
        self.died, self._next = True, None
        yield Ended(task, tuple((method, DIED) for method in task.methods), died=True)


def test_methods_that_a_dead_process_had_not_begun_are_gone_on_with(run_by) -> None:
    result, left = run_by(DyingOnce)
    assert [name for name, _ in result.failures] == ["large--linear--s0--integrated_gradients"]
    assert left == 0
    done = [cell for cell in result.grid.cells if result.store.read_cell(cell) is not None]
    assert len(done) == 5
