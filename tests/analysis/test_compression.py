from dataclasses import replace

import numpy as np
import pytest

from astrid.analysis.compression import compression_effects
from astrid.measures.statistics.mcnemar import difference_of_shares, mcnemar
from astrid.study.records import StudyRecords
from tests.studies import study

TWO = {"bert-base": 100, "mini": 10}
KINDS = ("none", "int8", "pruned")


@pytest.fixture(scope="module")
def records() -> StudyRecords:
    """`int8` as good, twice as fast and a quarter of the size; `pruned` bad."""
    made = study(
        encoders=TWO, heads={"linear": 1, "mlp": 2}, compressions=KINDS, accuracy=0.9, documents=400
    )
    rng = np.random.default_rng(0)
    answers, results, alike = made.answers.copy(), made.results.copy(), made.similarities.copy()
    pruned = answers["compression"] == "pruned"
    answers.loc[pruned, "correct"] &= rng.random(pruned.sum()) < 0.7
    same = answers[answers["compression"] == "none"]["correct"].to_numpy()
    answers.loc[answers["compression"] == "int8", "correct"] = same
    before = results[results["compression"] == "none"]["inference_time"].to_numpy()
    quick = results["compression"] == "int8"
    results.loc[quick, "inference_time"] = before / 2
    results.loc[quick, "disk_bytes"] = results.loc[quick, "disk_bytes"] // 4
    alike.loc[alike["compression"] == "pruned", "same_method"] -= 0.3
    return replace(made, answers=answers, results=results, similarities=alike)


def test_what_compression_changes_is_found(records: StudyRecords) -> None:
    found = compression_effects(records).set_index("compression")
    assert list(found.index) == ["int8", "pruned"]
    assert (found["models"] == 4).all()
    assert found.loc["int8", "accuracy_change"] == 0
    assert found.loc["int8", "accuracy_p_adjusted"] == 1
    assert found.loc["int8", "time_ratio"] == pytest.approx(0.5)
    assert found.loc["int8", "time_ratio_high"] == pytest.approx(0.5)
    assert found.loc["int8", "disk_ratio"] == pytest.approx(0.25, rel=0.02)
    of = records.results.query("interpretability == 'integrated_gradients'")
    sizes = of.pivot(index=["encoder", "classifier"], columns="compression", values="disk_bytes")
    ratios = sizes["int8"] / sizes["none"]
    assert found.loc["int8", "disk_ratio_low"] == pytest.approx(ratios.min())
    assert found.loc["int8", "disk_ratio_high"] == pytest.approx(ratios.max())
    assert found.loc["pruned", "accuracy_change_high"] < -0.15
    assert found.loc["pruned", "accuracy_p_adjusted"] < 0.01
    assert found.loc["pruned", "similarity_change"] == pytest.approx(-0.3, abs=0.05)
    assert found.loc["pruned", "similarity_p_adjusted"] < 0.01
    assert found.loc["int8", "similarity_p_adjusted"] > 0.05


def test_one_model_is_tested_by_mcnemar() -> None:
    made = study(encoders={"a": 1}, heads={"b": 1}, compressions=("none", "int8"))
    row = compression_effects(made).iloc[0]
    right = made.answers.set_index("compression")["correct"]
    flags = right["int8"].to_numpy(), right["none"].to_numpy()
    ends = difference_of_shares(*flags)
    assert (row["accuracy_change_low"], row["accuracy_change_high"]) == pytest.approx(ends)
    assert row["accuracy_p_adjusted"] == mcnemar(*flags).p_value
    assert np.isnan(row["similarity_change"])
    assert row["similarity"] == pytest.approx(0.6, abs=0.05)
    assert np.isnan(row["time_ratio_low"])


def test_only_models_with_both_records_count(records: StudyRecords) -> None:
    gone = (records.results["encoder"] == "mini") & (records.results["compression"] == "none")
    found = compression_effects(replace(records, results=records.results[~gone]))
    assert set(found["models"]) == {2}


def test_without_compression_there_is_nothing_to_show() -> None:
    assert compression_effects(study(encoders=TWO, texts=3)).empty
    made = study(encoders=TWO, compressions=("none",), texts=3)
    assert compression_effects(made).empty


def test_without_the_uncompressed_models_nothing_is_known() -> None:
    found = compression_effects(study(encoders=TWO, compressions=("int8",), texts=3)).iloc[0]
    assert found["models"] == 0
    assert np.isnan(found["accuracy_change"])
    assert np.isnan(found["time_ratio"])
