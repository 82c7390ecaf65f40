"""Studies that take seconds: tiny encoders, few texts."""

from typing import Any

from astrid.spec import checked
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
