"""`astrid study run` and `astrid study status`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astrid.cli import options

if TYPE_CHECKING:
    from astrid.analysis.opened import Study
    from astrid.study.run import Engine
    from astrid.study.spec import StudySpec
    from astrid.study.status import Status

RUN = """Train, evaluate and explain all models of a study, and compare them.

STUDY is one that comes with Astrid (demo, smoke, full, compression) or a YAML file. What is
finished is never done twice: started again after it was killed, it goes on. Writes results.parquet
and results.csv. Exit code 1 where cells have failed.

Examples:

  astrid study run smoke --out runs/smoke

  astrid study run mine.yaml seeds=[0,1,2] --engine ray --address auto --out /shared/mine
"""

STATUS = """How far a study is: done, running, failed, to do, and the time left.

Example:

  astrid study status runs/smoke
"""


def register(group: typer.Typer) -> None:
    group.command("run", help=RUN, short_help="Run a study, or go on with it.")(run)
    group.command("status", help=STATUS, short_help="How far a study is.")(status)


def run(
    study: Annotated[str, typer.Argument(help="A study's name, or a YAML file.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Settings, such as seeds=[0,1] trainer.epochs=2.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the study; else runs/STUDY.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", help="local (processes of this machine) or ray.")
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option("--address", help="Of a Ray cluster (host:port or auto); else one is made."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="Processes; else as many as fit. 0: just this one."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", help="Of each process; else its part of the cores.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what failed before.")
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace models and cells of other settings."),
    ] = False,
    device: options.Device = "cpu",
    as_json: options.Json = False,
) -> None:
    from astrid.errors import InputError
    from astrid.study.run import Engine
    from astrid.study.spec import load_study

    if engine not in ("local", "ray"):
        raise InputError(f'--engine "{engine}": use local or ray')
    chosen = Engine("ray" if engine == "ray" else "local", address, workers, threads, device)
    spec = load_study(study, overrides or [])
    folder = out or Path("runs") / spec.name
    opened = run_and_compare(spec, folder, chosen, retry_failed, overwrite)
    state = opened.status()
    if as_json:
        counts = state.to_dict()["counts"]
        options.print_json({"folder": str(folder), "counts": counts, "failed": _failed(state)})
    if state.count("done") < len(state.cells) - state.count("left out"):
        raise typer.Exit(1)


def run_and_compare(
    spec: "StudySpec", folder: Path, engine: "Engine", retry_failed: bool, overwrite: bool
) -> "Study":
    """Run the study, say what failed, and write what follows from its cells."""
    from astrid.analysis.opened import open_study
    from astrid.progress import bar
    from astrid.study.run import run_study

    run_study(spec, folder, engine, retry_failed, overwrite, progress=bar, say=options.say)
    opened = open_study(folder)
    state = opened.status()
    for cell in _failed(state):
        options.say(f"{cell['cell']}: {cell['stage']} failed: {cell['reason']}")
    if not opened.reference_is_done:
        options.say(f"{folder}: the reference is not done; nothing can be compared with it")
        return opened
    records = opened.records(bar)
    options.say(_summary(state, folder, len(records.results)))
    return opened


def status(
    folder: Annotated[Path, typer.Argument(help="Folder of the study.")],
    as_json: options.Json = False,
) -> None:
    from astrid.analysis.opened import open_study

    study = open_study(folder)
    state = study.status()
    if study.data_changed:
        options.say(f"{folder}: the data changed since the study was run; its cells don't count")
    if as_json:
        options.print_json(state.to_dict())
        return
    options.table(_rows(state))
    options.say(_progress(state))


def _rows(state: "Status") -> list[dict[str, object]]:
    """A line a model: the states of its cells; then failures with their reasons."""
    models: dict[str, dict[str, int]] = {}
    for cell in state.cells:
        counts = models.setdefault(cell.model, {})
        counts[cell.state] = counts.get(cell.state, 0) + 1
    from astrid.study.status import STATES

    shown = [name for name in STATES if state.count(name)]
    return [
        {"model": model, **{name: counts.get(name, "") for name in shown}}
        for model, counts in models.items()
    ]


def _progress(state: "Status") -> str:
    from astrid.study.status import STATES

    counts = ", ".join(f"{state.count(name)} {name}" for name in STATES if state.count(name))
    lines = [f"{len(state.cells)} cells: {counts}"]
    if state.is_running:
        lines[0] += "; a run is at it"
    if state.seconds_left:
        left = _duration(state.seconds_left)
        lines[0] += f"; about {left} left with {state.workers} workers"
    lines += [
        f"{cell['cell']}: {cell['stage']} failed: {cell['reason']}" for cell in _failed(state)
    ]
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    """A time to wait, as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _failed(state: "Status") -> list[dict[str, str]]:
    return [
        {"cell": cell.cell, "stage": cell.stage, "reason": cell.reason}
        for cell in state.cells
        if cell.state == "failed"
    ]


def _summary(state: "Status", folder: Path, records: int) -> str:
    failed = f", {state.count('failed')} failed" if state.count("failed") else ""
    left_out = f", {state.count('left out')} left out" if state.count("left out") else ""
    return (
        f"{folder}: {records} records in results.parquet and results.csv{failed}{left_out}; "
        f"astrid study report {folder} writes the report"
    )
