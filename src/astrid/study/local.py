"""Doing a study's tasks on this machine."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from threading import Thread, current_thread, main_thread

from astrid.files import locked_together
from astrid.study.schedule import Told
from astrid.study.store import Failure
from astrid.study.tasks import Ended, Place, Task, perform

WORKERS_LOCK = ".workers"
"""Held by every worker process while it lives."""


@dataclass(eq=False)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    task: Task | None = None


class Processes:
    """Worker processes that live as long as there is work; one that dies costs its task alone.

    Args:
        place: the study, and with how many threads a worker computes.
        workers: how many.
    """

    def __init__(self, place: Place, workers: int) -> None:
        self._place = place
        self._workers: list[_Worker] = []
        self._most = workers

    def room(self) -> int:
        return self._most - sum(worker.task is not None for worker in self._workers)

    def submit(self, task: Task) -> None:
        idle = [worker for worker in self._workers if worker.task is None]
        worker = idle[0] if idle else self._started()
        worker.task = task
        worker.pipe.send(task)

    def wait(self) -> Iterator[Told | Ended]:
        busy = {worker.pipe: worker for worker in self._workers if worker.task is not None}
        for ready in wait(list(busy)):
            assert isinstance(ready, Connection)
            worker = busy[ready]
            try:
                event: Told | Ended = ready.recv()
            except (EOFError, OSError):
                yield self._died(worker)
                continue
            if isinstance(event, Ended):
                worker.task = None
            yield event

    def close(self) -> None:
        """End all workers at once; what they were at can be gone on with."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()
        self._workers = []

    def _started(self) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._place), daemon=True)
        with _threads(self._place.threads), _deaf():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _died(self, worker: _Worker) -> Ended:
        task = worker.task
        assert task is not None
        worker.process.join()
        self._workers.remove(worker)
        code = worker.process.exitcode
        why = "memory may have run out; take fewer --workers" if code == -9 else "see --debug"
        failure = Failure(task.kind, f"its process died (exit code {code}): {why}")
        failures = tuple((method, failure) for method in task.methods or ("",))
        return Ended(task, failures, died=True)


class Inline:
    """Tasks done by this process itself, one after the other: to see what goes on in them."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._next: Task | None = None

    def room(self) -> int:
        return 1 if self._next is None else 0

    def submit(self, task: Task) -> None:
        self._next = task

    def wait(self) -> Iterator[Told | Ended]:
        task, self._next = self._next, None
        assert task is not None
        told: list[Told] = []
        ended = perform(task, self._place, lambda method: told.append(Told(task, method)))
        yield from told
        yield ended


@contextmanager
def inline(place: Place) -> Iterator[Inline]:
    """This process as the only worker; its number of threads is as before when the block ends."""
    import torch

    threads = torch.get_num_threads()
    try:
        yield Inline(place)
    finally:
        torch.set_num_threads(threads)


@contextmanager
def processes(place: Place, workers: int) -> Iterator[Processes]:
    """Worker processes, ended when the block does.

    Workers of an earlier run that was killed end with it, a moment later: they are waited for.
    """
    with locked_together(Path(place.folder) / WORKERS_LOCK, alone=True):
        pass
    pool = Processes(place, workers)
    try:
        yield pool
    finally:
        pool.close()


def _work(pipe: Connection, place: Place) -> None:
    """Runs in a worker process."""
    Thread(target=_die_with_parent, daemon=True).start()
    with locked_together(Path(place.folder) / WORKERS_LOCK, alone=False), suppress(EOFError):
        while True:
            task: Task = pipe.recv()
            pipe.send(perform(task, place, partial(_tell, pipe, task)))


def _tell(pipe: Connection, task: Task, method: str) -> None:
    pipe.send(Told(task, method))


def _die_with_parent() -> None:
    """A worker must not go on when the run that it belongs to is killed."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started meanwhile don't hear Ctrl+C: the run does, and ends them."""
    if current_thread() is not main_thread():  # only there can it be told
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """The number of threads in the environment of a process that is started meanwhile.

    Libraries beside torch (scikit-learn, tokenizers) read it when they are loaded.
    """
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, str(count)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
