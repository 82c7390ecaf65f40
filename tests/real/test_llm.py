"""The whole run on real tweets, as it is by default."""

from pathlib import Path

import pytest

from astrid.llm.run import run_llm
from astrid.llm.spec import LlmSpec

pytestmark = [pytest.mark.real, pytest.mark.slow]


def test_zero_shot_is_at_chance_and_lora_well_above(
    real_data: Path, real_weights: Path, tmp_path: Path
) -> None:
    spec = LlmSpec(
        model_name=str(real_weights / "stories260K"),
        dataset_name=str(real_data / "tweets/tweets.csv"),
        label_field="sentiment",
        finetune=True,
        device="cpu",
    )
    found = run_llm(spec, tmp_path)
    assert found.metrics["zero_shot"].sentences[0].startswith("Not told apart from guessing")
    assert found.metrics["fine_tuned"].baseline.low > 0.05
    assert found.gain is not None
    assert found.gain.differences["accuracy"].low > 0.1
