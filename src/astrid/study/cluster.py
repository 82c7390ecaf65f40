"""The one module that knows Ray: work done by the processes of a cluster.

A task of a worker or a node that dies is run again elsewhere.

Explaining a large corpus, every shard is a task. Texts travel with it and bytes come back, so that
no disk is shared, except that each node finds the model under the same name. In a study a task is
the training or the explaining of one model; its nodes share the study's folder.
"""

import os
import socket
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from astrid.errors import InputError
from astrid.explain.corpus_run import Runner, RunSpec, explain_shard
from astrid.explain.shards import Shard
from astrid.progress import Advance, silent
from astrid.study.schedule import Told
from astrid.study.store import Failure
from astrid.study.tasks import Ended, Place, Task, perform

RETRIES = 3
"""How often a shard is tried again after the death of the process that computed it."""

_OBJECT_STORE = 256 * 2**20
"""Bytes that a local cluster keeps for texts and shards under way; more goes to disk."""


def ray_runner(source: str, device: str = "cpu", address: str | None = None) -> Runner:
    """What computes shards on a Ray cluster, which it joins or starts when there is work.

    Each worker process opens the model once. It computes with as many threads as this process
    would, and takes as many CPUs of the cluster: with `OMP_NUM_THREADS=1` there is a worker a CPU.

    Args:
        source: the model's folder, the same on every node, or its hub id.
        device: where workers compute; each takes one GPU unless it is `cpu`.
        address: of a running cluster (`host:port`, `ray://host:port` or `auto`); None starts one
            on this machine for the time of the work. A process that has joined one uses that.

    Raises:
        InputError: Ray is not installed; and from the runner, that no cluster is at the address.
    """
    ray = _import_ray()
    place = os.path.abspath(source) if os.path.isdir(source) else source

    def run(
        spec: RunSpec, wanted: Iterable[Shard], advance: Advance
    ) -> Generator[tuple[Shard, bytes]]:
        with _cluster(ray, address):
            yield from _computed(ray, place, device, spec, wanted, advance)

    return run


class ClusterTasks:
    """A study's tasks on the nodes of a cluster, each with as many CPUs as threads.

    Args:
        place: the study, in a folder that all nodes see under this name.
    """

    def __init__(self, ray: Any, place: Place) -> None:
        self._ray = ray
        self._place = place
        self._cpus = min(place.threads, _largest_node(ray))
        gpus = 0 if place.device == "cpu" else 1
        task = ray.remote(max_retries=RETRIES, max_calls=0)(_perform)
        self._task = task.options(num_cpus=self._cpus, num_gpus=gpus)
        self._waiting: dict[Any, Task] = {}

    def room(self) -> int:
        # Twice as many as can run: no worker waits.
        most = 2 * max(int(self._ray.cluster_resources().get("CPU", 1)) // self._cpus, 1)
        return max(most - len(self._waiting), 0)

    def submit(self, task: Task) -> None:
        self._waiting[self._task.remote(task, self._place)] = task

    def wait(self) -> Iterator[Told | Ended]:
        (ready,), _ = self._ray.wait(list(self._waiting), num_returns=1)
        task = self._waiting.pop(ready)
        try:
            yield self._ray.get(ready)
        except self._ray.exceptions.RayError as error:
            reason = f"lost by the cluster {RETRIES + 1} times ({type(error).__name__})"
            failure = Failure(task.kind, reason)
            failures = tuple((method, failure) for method in task.methods or ("",))
            yield Ended(task, failures, died=True)

    def cancel(self) -> None:
        """Give up what is under way."""
        for under_way in self._waiting:
            self._ray.cancel(under_way, force=True)


@contextmanager
def cluster_tasks(place: Place, address: str | None) -> Iterator[ClusterTasks]:
    """Tasks on a Ray cluster, which this process joins, or starts for as long as the block runs.

    Args:
        place: the study, in a folder that all nodes see.
        address: of a running cluster; None starts one on this machine.

    Raises:
        InputError: Ray is not installed, or no cluster is at the address.
    """
    ray = _import_ray()
    with _cluster(ray, address):
        tasks = ClusterTasks(ray, place)
        try:
            yield tasks
        finally:
            tasks.cancel()


def _perform(task: Task, place: Place) -> Ended:
    """Runs in a worker process."""
    return perform(task, place, lambda method: None)


@contextmanager
def _cluster(ray: Any, address: str | None) -> Iterator[None]:
    mine = not ray.is_initialized()
    if mine:
        _connect(ray, address)
    try:
        yield
    finally:
        if mine:
            ray.shutdown()


def _import_ray() -> Any:
    # Before the import, which reads it: nothing about a run is sent anywhere.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise InputError('Ray is not installed; pip install "astrid[cluster]"') from None
    return ray


def _connect(ray: Any, address: str | None) -> None:
    _check_answers(address)
    quiet = {"log_to_driver": False, "logging_level": "error"}
    try:
        if address is None:
            local = {"include_dashboard": False, "object_store_memory": _OBJECT_STORE}
            ray.init(address="local", **local, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        brief = str(error).strip().splitlines()[0][:200] if str(error).strip() else "no answer"
        raise InputError(f"no Ray cluster at {address or 'this machine'} ({brief})") from None


def _check_answers(address: str | None) -> None:
    """Knock at `host:port`: Ray itself would try for minutes."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"no Ray cluster at {address} ({error})") from None


def _computed(
    ray: Any, source: str, device: str, spec: RunSpec, wanted: Iterable[Shard], advance: Advance
) -> Generator[tuple[Shard, bytes]]:
    import torch

    threads = torch.get_num_threads()
    cpus = min(threads, _largest_node(ray))
    # Ray ends a process after each task that had a GPU, unless told that it may call again.
    task = ray.remote(max_retries=RETRIES, max_calls=0)(_explain_shard)
    task = task.options(num_cpus=cpus, num_gpus=0 if device == "cpu" else 1)
    waiting: dict[Any, Shard] = {}
    shards = iter(wanted)
    try:
        while True:
            # Twice as many as can run: no worker waits, and few texts are in memory.
            room = 2 * max(int(ray.cluster_resources().get("CPU", 1)) // cpus, 1)
            while len(waiting) < room and (shard := next(shards, None)) is not None:
                waiting[task.remote(source, device, threads, spec, shard)] = shard
            if not waiting:
                return
            (ready,), _ = ray.wait(list(waiting), num_returns=1)
            shard = waiting.pop(ready)
            yield shard, _result(ray, ready, shard)
            advance(len(shard.rows))
    finally:
        for under_way in waiting:
            ray.cancel(under_way)


def _largest_node(ray: Any) -> int:
    """CPUs of the largest node: a task that asks for more would wait for ever."""
    alive = (node["Resources"] for node in ray.nodes() if node["Alive"])
    return max(1, *(int(resources.get("CPU", 1)) for resources in alive))


def _result(ray: Any, ready: Any, shard: Shard) -> bytes:
    try:
        content: bytes = ray.get(ready)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, InputError):
            raise error.cause from None
        raise
    except ray.exceptions.RayError as error:
        rows = f"rows {shard.rows[0].row} to {shard.rows[-1].row}"
        raise InputError(
            f"{shard.where}: {rows}: lost by the cluster {RETRIES + 1} times "
            f"({type(error).__name__}); if memory is short there, take a smaller --shard-size"
        ) from None
    return content


def _explain_shard(source: str, device: str, threads: int, spec: RunSpec, shard: Shard) -> bytes:
    """Runs in a worker process."""
    model = _model(source, device, threads, spec.model)
    return explain_shard(model, spec, shard, silent)


@cache
def _model(source: str, device: str, threads: int, fingerprint: str) -> Any:
    """The model, opened once a process."""
    import torch

    from astrid.models.load import load_model

    torch.set_num_threads(threads)
    model = load_model(source, device=device)
    if model.fingerprint() != fingerprint:
        raise InputError(f"{source}: is not the same model on every node; copy it there again")
    return model
