"""What a study takes: the demo, going on with a finished one, its machinery, a large report."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measurements import Line
from benchmarks.streamed import peak_mib

MINUTES = 60


def demo(quick: bool) -> list[Line]:
    """The 4 × 5 × 5 matrix with its report, then the same again when all is done."""
    name = "smoke" if quick else "demo"
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / name)
        first = _seconds("study", "run", name, "--out", out)
        first += _seconds("study", "report", out) if quick else 0.0
        if not quick:
            first += _seconds("demo", "--out", out)
        again = _seconds("study", "run", name, "--out", out)
        cells = len(list(Path(out).glob("cells/*/cell.json")))
    lines = [Line(f"a finished study again ({cells} cells)", again, 5, "s", at_most=True)]
    if not quick:
        minutes = first / MINUTES
        lines.insert(0, Line("the demo with its report", minutes, 10, "min", at_most=True))
    return lines


def machinery() -> list[Line]:
    """Time of a study outside of training, evaluating and explaining, as a share of these."""
    with tempfile.TemporaryDirectory() as folder:
        found = json.loads(_script("machinery_of", folder))
    share = 100 * (found["wall"] - found["models"]) / found["models"]
    return [Line("machinery of a study, of the time in models", share, 3, "%", at_most=True)]


def large_report() -> list[Line]:
    """The report of 10,000 made-up cells."""
    with tempfile.TemporaryDirectory() as folder:
        found = json.loads(_script("report_of_many", folder))
    return [
        Line("report from 10,000 cells", found["seconds"], 30, "s", at_most=True),
        Line("its memory", found["bytes"] / 2**30, 2, "GB", at_most=True),
    ]


def machinery_of(folder: str) -> dict[str, float]:
    """Runs in a process of its own: wall-clock and the time in models, of a study without workers.

    The process has imported everything before, as a worker has that does many tasks.
    """
    from astrid.study import evaluating, explaining  # noqa: F401
    from astrid.study.grid import grid
    from astrid.study.run import Engine, run_study
    from astrid.study.spec import load_study

    changes = ["encoders=[teacher,step3]", "heads=[linear,attention]", "~students"]
    spec = load_study("demo", [*changes, "explaining.texts=20"])
    started = time.perf_counter()
    result = run_study(spec, Path(folder) / "study", Engine(workers=0))
    wall = time.perf_counter() - started
    cells = grid(spec)
    records = [result.store.read_evaluation(model) for model in cells.models]
    records += [result.store.read_cell(cell) for cell in (*cells.cells, *cells.extra)]
    return {"wall": wall, "models": sum(record["seconds"] for record in records if record)}


def report_of_many(folder: str) -> dict[str, float]:
    """Runs in a process of its own: seconds and peak memory of a report of 10,000 cells."""
    from tests.studies import HEADS, study

    encoders = {f"encoder-{number:02d}": 110_000_000 // (number + 1) for number in range(20)}
    records = study(encoders=encoders, heads=HEADS, seeds=range(20))
    assert len(records.results) == 10_000
    from astrid.report.study import write_study_report

    started = time.perf_counter()
    write_study_report(Path(folder), records, lambda cell: None)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "bytes": peak_mib() * 2**20}


def _seconds(*arguments: str) -> float:
    started = time.perf_counter()
    command = [str(Path(sys.executable).with_name("astrid")), *arguments]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def _script(function: str, folder: str) -> str:
    """What a function of this module returns, run in a process of its own, as JSON."""
    code = (
        f"import json; from benchmarks import studies; print(json.dumps(studies.{function}"
        f"({folder!r})))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True, env=environment
    )
    return done.stdout.strip().splitlines()[-1]
