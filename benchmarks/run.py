"""The benchmark behind `make bench`: the same work, in turn, in one run; a table and a JSON file.

`BENCH=quick` takes fewer texts and rounds. Ratios are medians over rounds; seconds depend on the
machine and are only written to the file. Answers are compared before a ratio is shown.
"""

import json
import os
import platform
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from astrid.progress import bar
from benchmarks import billion, causal, inference, measurements, studies
from benchmarks.measurements import Line, Sizes
from benchmarks.workload import Workload, workload

QUICK = os.environ.get("BENCH") == "quick"
SIZES = (
    Sizes(
        texts=16,
        few=2,
        rounds=3,
        scaling=(50, 200),
        memory=(200, 2000),
        lime_words=(9, 11),
        shapley_words=(9, 10, 11),
    )
    if QUICK
    else Sizes(
        texts=64,
        few=8,
        rounds=5,
        scaling=(400, 1600),
        memory=(500, 10_000),
        lime_words=(8, 10, 12, 20, 28),
        shapley_words=(9, 9, 10, 10, 11, 11, 12, 12),
    )
)
BATCHES = (1, 8) if QUICK else (1, 8, 32)
OUT = Path("runs/bench.json")


def parts(load: Workload) -> dict[str, Callable[[], list[Line]]]:
    """What is measured, in the order of the table."""
    half = "bfloat16"
    found: dict[str, Callable[[], list[Line]]] = {
        "rate": lambda: measurements.shares(load, SIZES, "float32"),
        "captum": lambda: measurements.integrated_gradients(load, SIZES, "float32"),
        "tolerance": lambda: [measurements.tolerance(load, SIZES)],
        "lime": lambda: [measurements.lime(load, SIZES, "float32")],
        "lime error": lambda: [measurements.lime_error(load, SIZES)],
        "shapley error": lambda: [measurements.shapley_error(load, SIZES)],
        "shap": lambda: measurements.owen(load, SIZES, "float32"),
    }
    if load.device == "cpu":
        # These open their own models, on the processor wherever the others run.
        found |= {
            "inference": lambda: inference.against_others(SIZES.rounds, BATCHES),
            "prefix": lambda: measurements.prefix(SIZES),
            "language model": lambda: causal.lines(SIZES.few, SIZES.rounds),
            "scaling": lambda: measurements.scaling(load, SIZES),
            "study": lambda: studies.demo(QUICK),
            "study machinery": studies.machinery,
            "study report": studies.large_report,
        }
    if load.device == "cuda":
        found["billion"] = lambda: billion.lines("cuda", billion.LARGE)
    if QUICK and not has_half_products(load.device):
        return found
    if load.device == "cpu":
        found["bf16 inference"] = lambda: inference.half(SIZES.rounds, BATCHES)
    return found | {
        "bf16": lambda: measurements.precision_cost(load, SIZES),
        "bf16 rate": lambda: measurements.shares(load, SIZES, half),
        "bf16 captum": lambda: measurements.integrated_gradients(load, SIZES, half),
        "bf16 lime": lambda: [measurements.lime(load, SIZES, half)],
        "bf16 shap": lambda: measurements.owen(load, SIZES, half),
    }


def has_half_products(device: str) -> bool:
    """Whether the processor or the card multiplies bf16 matrices faster than float32."""
    return device == "cuda" or torch.cpu._is_amx_tile_supported()


def main() -> None:
    console = Console(stderr=True)
    chosen = sys.argv[1:]
    record: list[dict[str, object]] = []
    wrong: list[str] = []
    for device in ("cpu", "cuda"):
        if device == "cuda" and not torch.cuda.is_available():
            console.print("no CUDA device here: the part of the benchmark on a GPU is skipped")
            continue
        load = workload(device)
        tokens = statistics.mean(len(load.model.encode(text)) for text in load.texts)
        console.print(
            f"{device}: {load.says}, {tokens:.0f} tokens on average; {SIZES.texts} texts, "
            f"{SIZES.rounds} rounds"
        )
        if not has_half_products(device):
            console.print("no bf16 matrix instructions here: bf16 is slower than float32")
        todo = {name: run for name, run in parts(load).items() if not chosen or name in chosen}
        lines: list[Line] = []
        record.append(_record(load, lines))
        with bar("measuring", len(todo)) as advance:
            for name, run in todo.items():
                try:
                    lines += run()
                except AssertionError as error:
                    wrong.append(f"{device}, {name}: {error}")
                record[-1] = _record(load, lines)
                _write(record)
                advance()
        Console(width=130).print(_table(lines))
    console.print(f"written: {OUT}")
    for line in wrong:
        console.print(f"not measured: {line}", markup=False)
    sys.exit(bool(wrong))


def _write(record: list[dict[str, object]]) -> None:
    """After every part: what was measured stays, whatever becomes of the rest."""
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


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
        "device": load.device,
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
