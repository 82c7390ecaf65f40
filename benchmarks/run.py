"""The benchmark behind `make bench`: the same work, in turn, in one run; a table and a JSON file.

`BENCH=quick` takes fewer texts and rounds. Ratios are medians over rounds; seconds depend on the
machine and are only written to the file. Answers are compared before a ratio is shown.
"""

import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from astrid.progress import bar
from benchmarks import measurements
from benchmarks.measurements import Line, Sizes
from benchmarks.workload import Workload, workload

QUICK = os.environ.get("BENCH") == "quick"
SIZES = (
    Sizes(texts=16, few=3, rounds=3, scaling=(50, 200), memory=(200, 2000))
    if QUICK
    else Sizes(texts=64, few=8, rounds=5, scaling=(400, 1600), memory=(500, 10_000))
)
OUT = Path("runs/bench.json")


def parts(load: Workload) -> dict[str, Callable[[], list[Line]]]:
    """What is measured, in the order of the table."""
    half = "bfloat16"
    return {
        "rate": lambda: measurements.shares(load, SIZES, "float32"),
        "captum": lambda: measurements.integrated_gradients(load, SIZES, "float32"),
        "tolerance": lambda: [measurements.tolerance(load, SIZES)],
        "lime": lambda: [measurements.lime(load, SIZES, "float32")],
        "shap": lambda: measurements.owen(load, SIZES, "float32"),
        "scaling": lambda: measurements.scaling(load, SIZES),
        "bf16": lambda: measurements.precision_cost(load, SIZES),
        "bf16 rate": lambda: measurements.shares(load, SIZES, half),
        "bf16 captum": lambda: measurements.integrated_gradients(load, SIZES, half),
        "bf16 lime": lambda: [measurements.lime(load, SIZES, half)],
        "bf16 shap": lambda: measurements.owen(load, SIZES, half),
    }


def main() -> None:
    console = Console(stderr=True)
    load = workload()
    console.print(f"{load.says}; {SIZES.texts} texts, {SIZES.rounds} rounds")
    if not torch.cuda.is_available():
        console.print("no CUDA device here: the part of the benchmark on a GPU is skipped")
    chosen = sys.argv[1:]
    todo = {name: run for name, run in parts(load).items() if not chosen or name in chosen}
    lines: list[Line] = []
    with bar("measuring", len(todo)) as advance:
        for run in todo.values():
            lines += run()
            advance()
    Console(width=130).print(_table(lines))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(_record(load, lines), indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {OUT}")


def _table(lines: list[Line]) -> Table:
    table = Table("measured", "value", "target", "reached")
    for line in lines:
        sign = "≤" if line.at_most else "≥"
        target = "" if line.target is None else f"{sign} {line.target:g} {line.unit}"
        reached = {True: "yes", False: "no", None: ""}[line.reached]
        table.add_row(line.name, f"{line.value:.3g} {line.unit}", target, reached)
    return table


def _record(load: Workload, lines: list[Line]) -> dict[str, object]:
    return {
        "workload": load.says,
        "sizes": vars(SIZES),
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "capability": torch.backends.cpu.get_cpu_capability(),
            "bf16_instructions": torch.cpu._is_amx_tile_supported(),
        },
        "lines": [
            {
                "name": line.name,
                "value": line.value,
                "unit": line.unit,
                "target": line.target,
                "at_most": line.at_most,
                "reached": line.reached,
                **line.details,
            }
            for line in lines
        ],
    }


if __name__ == "__main__":
    main()
