"""How many workers a machine can hold, and with how many threads each."""

import os
from dataclasses import dataclass
from pathlib import Path

from astrid.errors import InputError
from astrid.models.encoders import EncoderSpec, load_preset
from astrid.study.spec import StudySpec

_BASE = 1.5 * 2**30
"""Bytes of a worker process besides the model: libraries, documents, a batch."""

_BYTES_A_PARAMETER = 24
"""Weights, gradients and the two moments of Adam, each of 4 bytes, the best weights so far, and
the teacher that is learnt from."""

_UNKNOWN = 110_000_000
"""Parameters of an encoder that nothing is known of: as many as BERT-base has."""


@dataclass(frozen=True)
class Crew:
    """Worker processes, and the threads that each computes with."""

    workers: int
    threads: int


def crew(spec: StudySpec, workers: int | None = None, threads: int | None = None) -> Crew:
    """As many workers as there are cores and memory for; they share the cores between them.

    Args:
        spec: the study; its largest encoder decides how much memory a worker needs.
        workers: instead of what fits; 0: this process does the work.
        threads: of each worker, instead of its part of the cores.

    Raises:
        InputError: a negative number of workers, or no thread.
    """
    for name, given, least in (("workers", workers, 0), ("threads", threads, 1)):
        if given is not None and given < least:
            raise InputError(f"--{name}: {given} can't work; give at least {least}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = max(cores or 1, 1)
    if workers is None:
        fitting = int(available_memory() // worker_memory(spec))
        workers = max(1, min(cores // (threads or 1), fitting))
    return Crew(workers, threads or max(1, cores // max(workers, 1)))


def worker_memory(spec: StudySpec) -> float:
    """Bytes that a worker may need at once."""
    rungs = (*spec.encoders.values(), *spec.students.values())
    largest = max(_parameters(rung.encoder) for rung in rungs)
    return _BASE + _BYTES_A_PARAMETER * largest


def available_memory() -> float:
    """Bytes that are free on this machine, or within the limit that it sets to this process."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(line for line in lines if line.startswith("MemAvailable:"))
        found = 1024.0 * int(free.split()[1])
    except (OSError, StopIteration):
        found = 0.5 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text().strip()
        return min(found, float(limit) - float(used))
    except (OSError, ValueError):
        return found


def _parameters(encoder: EncoderSpec) -> int:
    """About how many parameters the encoder has."""
    if encoder.source is not None and Path(encoder.source).is_dir():
        weights = Path(encoder.source).glob("*.safetensors")
        return sum(path.stat().st_size for path in weights) // 4 or _UNKNOWN
    if encoder.preset is None:
        return _UNKNOWN
    sizes = load_preset(encoder.preset).architecture
    width = encoder.hidden_size or sizes.hidden_size
    layers = encoder.layers or sizes.layers
    middle = encoder.intermediate_size or sizes.intermediate_size
    vocabulary = encoder.vocab_size or sizes.vocab_size
    return width * (vocabulary + sizes.max_positions) + layers * width * (4 * width + 2 * middle)
