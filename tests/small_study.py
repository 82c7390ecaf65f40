"""Studies that take seconds: tiny encoders, few texts."""

from pathlib import Path
from typing import Any

import pandas as pd

from astrid.analysis.opened import open_study
from astrid.spec import checked
from astrid.study.grid import cell_folder, grid
from astrid.study.spec import StudySpec

TINY = {
    "init": "scratch",
    "layers": 1,
    "hidden_size": 16,
    "attention_heads": 2,
    "intermediate_size": 32,
    "vocab_size": 200,
    "max_length": 64,
}


def small(**changes: Any) -> StudySpec:
    """Two encoders × two heads × three methods; `changes` replace top-level settings."""
    values: dict[str, Any] = {
        "name": "small",
        "data": {"source": "verdicts", "params": {"train": 64, "validation": 24, "test": 24}},
        "encoders": {
            "large": {"encoder": {"preset": "demo-step5", **TINY, "layers": 2}},
            "small": {"encoder": {"preset": "demo-step5", **TINY}},
        },
        "heads": ["linear", "attention"],
        "methods": {"integrated_gradients": {"steps": 4}, "attention": {}, "occlusion": {}},
        "trainer": {"epochs": 2, "learning_rate": 1e-3, "batch_size": 32},
        "explaining": {"texts": 6},
        "twin": False,
    }
    return checked(StudySpec, values | changes, "small")


TIMES = ("inference_time", "interpretation_cost", "accuracy_per_second")


def check_same_study(folder: Path, expected: Path) -> None:
    """The same records apart from times, and the same explanations to the byte."""
    found, wanted = open_study(folder).cells(), open_study(expected).cells()
    times = [name for name in wanted if name.startswith(TIMES)]
    pd.testing.assert_frame_equal(found.drop(columns=times), wanted.drop(columns=times))
    for cell in grid(open_study(expected).store.spec).cells:
        name = f"cells/{cell_folder(cell)}/shard-00000.parquet"
        assert (folder / name).read_bytes() == (expected / name).read_bytes()
