"""A study that is killed at any moment goes on, and nothing that is finished is made twice."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from astrid.study.run import Engine, run_study
from tests.small_study import check_same_study, small

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
from astrid.study.run import Engine, run_study
from tests.small_study import small
if __name__ == "__main__":
    print("begins", flush=True)
    run_study(small(), Path(sys.argv[1]), Engine(workers=int(sys.argv[2]), threads=1))
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    run_study(small(), folder, Engine(workers=0, threads=1))
    return folder


def started(folder: Path, workers: int) -> subprocess.Popen:
    script = folder.parent / "script.py"
    script.write_text(SCRIPT)
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder), str(workers)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begins\n", process.stderr.read()
    return process


def finished(folder: Path) -> dict[Path, int]:
    """Finished cells and evaluations, and when each was written."""
    names = (*folder.glob("cells/*/cell.json"), *folder.glob("evaluations/*/evaluation.json"))
    return {path: path.stat().st_mtime_ns for path in names}


def kill_at_random(folder: Path, workers: int, kills: int, longest: float, seed: int) -> int:
    """Kill the run so often at random moments, unless it ends before; how often it was killed."""
    rng = random.Random(seed)
    done: dict[Path, int] = {}
    for killed in range(kills):
        process = started(folder, workers)
        try:
            process.wait(timeout=rng.uniform(0.05, longest))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        else:
            assert process.returncode == 0, process.stderr.read()
            return killed
        time.sleep(0.3)  # workers end a moment later
        now = finished(folder)
        assert done.items() <= now.items(), "a finished cell was made again"
        done = now
    process = started(folder, workers)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert done.items() <= finished(folder).items(), "a finished cell was made again"
    return kills


def check_same(folder: Path, undisturbed: Path) -> None:
    check_same_study(folder, undisturbed)
    locks = (".lock", ".workers", ".records", ".running")
    assert [path for path in folder.rglob(".*") if path.name not in locks] == []


def test_killed_three_times(undisturbed, tmp_path) -> None:
    killed = kill_at_random(tmp_path / "study", workers=0, kills=3, longest=6.0, seed=1)
    assert killed
    check_same(tmp_path / "study", undisturbed)


@pytest.mark.slow
def test_killed_at_twenty_moments_with_workers(undisturbed, tmp_path) -> None:
    left, attempt = 20, 0
    while left:
        attempt += 1
        folder = tmp_path / str(attempt) / "study"
        folder.parent.mkdir()
        left -= kill_at_random(folder, 2, left, longest=16.0, seed=attempt)
        check_same(folder, undisturbed)


def test_workers_end_with_the_run_that_started_them(tmp_path) -> None:
    process = started(tmp_path / "study", 2)
    deadline = time.time() + 60
    while not (workers := children(process.pid)) and time.time() < deadline:
        time.sleep(0.1)
    assert workers
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    check_gone(workers)


def test_workers_say_nothing_when_the_run_is_stopped_by_hand(tmp_path) -> None:
    """A terminal sends Ctrl+C to all processes at once."""
    process = started(tmp_path / "study", 2)
    deadline = time.time() + 60
    while not list(tmp_path.glob("study/.running/*.json")) and time.time() < deadline:
        time.sleep(0.1)
    workers = children(process.pid)
    for worker in workers:
        os.kill(worker, signal.SIGINT)
    time.sleep(1.0)
    assert all(map(is_alive, workers))
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "SpawnProcess" not in errors
    check_gone(workers)


def check_gone(processes: list[int]) -> None:
    """They end a moment later."""
    deadline = time.time() + 20
    while any(map(is_alive, processes)) and time.time() < deadline:
        time.sleep(0.1)
    assert not any(map(is_alive, processes))


def children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:
            found.append(int(path.parent.name))
    return found


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
