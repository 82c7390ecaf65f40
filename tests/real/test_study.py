"""A study of real tweets with pretrained weights; the whole of it stands in docs/real-runs.md."""

from pathlib import Path

import pytest

from astrid.analysis.opened import open_study
from astrid.study.run import Engine, run_study
from astrid.study.spec import load_study

pytestmark = [pytest.mark.real, pytest.mark.slow]

SPEC = Path(__file__).with_name("tweets_study.yaml")


def test_a_pretrained_encoder_and_a_copy_of_two_of_its_layers(
    real_data, real_weights, tmp_path, monkeypatch
) -> None:
    assert real_weights.parent == real_data.parent
    monkeypatch.setenv("ASTRID_REAL", str(real_data.parent))
    less = [
        "encoders=[minilm-l6,two-layers]",
        "heads=[linear,attention]",
        "methods=[integrated_gradients,attention,gradient_x_input]",
        "trainer.epochs=1",
        "explaining.texts=10",
        "data.params.limit=600",
        "twin=false",
    ]
    run_study(load_study(str(SPEC), less), tmp_path, Engine(workers=0))
    results = open_study(tmp_path).cells()
    assert len(results) == 12
    assert not results.isna().any().any()
    assert results["attribution_similarity"].iloc[0] == pytest.approx(1.0, abs=1e-12)
    sizes = results.groupby("encoder")["total_params"].max()
    assert sizes["two-layers"] < sizes["minilm-l6"]
