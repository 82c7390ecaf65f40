import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from astrid.analysis.calls import (
    best_by_size,
    head_effects,
    method_correlations,
    method_leaderboard,
    most_interpretable,
    pareto_optimal,
)
from astrid.errors import InputError
from astrid.study.records import StudyRecords
from tests.studies import ENCODERS, HEADS, METHODS, study

PAIRS = [(encoder, head) for encoder in ENCODERS for head in HEADS]


@pytest.fixture(scope="module")
def records() -> StudyRecords:
    accuracy = {(e, h): 0.95 if h == "dual" else 0.7 for e, h in PAIRS}
    similarity = {(e, h): 0.8 if h == "mlp" else 0.4 for e, h in PAIRS}
    return study(accuracy=accuracy, similarity=similarity, documents=300)


def _nothing() -> StudyRecords:
    whole = study(heads={"linear": 1}, encoders={"a": 1}, texts=3, documents=3)
    frames = ("results", "answers", "similarities", "correlations", "faithfulness")
    return replace(whole, **{name: getattr(whole, name)[:0] for name in frames})


def test_the_best_of_each_size_from_the_smallest_up(records: StudyRecords) -> None:
    found = best_by_size(records)
    assert list(found["encoder"]) == ["mini", "tinybert", "distilbert", "bert-base"]
    assert set(found["classifier"]) == {"dual"}
    assert (found["accuracy_low"] < found["accuracy"]).all()


def test_equally_accurate_ones_are_decided_by_size() -> None:
    found = best_by_size(study(accuracy=1.0))
    assert set(found["classifier"]) == {"linear"}


def test_the_most_interpretable_have_the_highest_agreement(records: StudyRecords) -> None:
    found = most_interpretable(records, top=3)
    everything = records.of_method()["method_agreement"]
    assert list(found["method_agreement"]) == sorted(everything, reverse=True)[:3]
    assert len(most_interpretable(records)) == 10
    assert most_interpretable(study(methods=("attention",))).empty
    with pytest.raises(InputError, match="top must be 1 or more"):
        most_interpretable(records, top=0)


def test_the_front_holds_the_best_of_each_kind(records: StudyRecords) -> None:
    found = pareto_optimal(records)
    frame = records.of_method()
    assert found["accuracy"].max() == frame["accuracy"].max()
    assert found["total_params"].min() == frame["total_params"].min()
    assert found["total_params"].is_monotonic_increasing
    assert (found["attribution_similarity"] == 1).any()


def test_head_effects_are_differences_to_the_encoders_mean(records: StudyRecords) -> None:
    found = head_effects(records).set_index("classifier")
    frame = records.of_method().pivot(index="encoder", columns="classifier", values="accuracy")
    effect = (frame["dual"] - frame.mean(axis=1)).to_numpy()
    assert found.loc["dual", "accuracy_effect"] == pytest.approx(effect.mean())
    low, high = stats.t.interval(0.95, 3, effect.mean(), stats.sem(effect))
    assert found.loc["dual", "accuracy_effect_low"] == pytest.approx(low)
    assert found.loc["dual", "accuracy_effect_high"] == pytest.approx(high)
    assert found.loc["mlp", "similarity_effect_low"] > 0.25
    assert found.loc["mlp", "similarity_encoders"] == 3
    assert found["accuracy_effect"].sum() == pytest.approx(0)


def test_an_encoder_without_a_head_says_nothing_about_heads(records: StudyRecords) -> None:
    results = records.results
    gone = (results["encoder"] == "mini") & (results["classifier"] == "mlp")
    found = head_effects(replace(records, results=results[~gone]))
    assert set(found["encoders"]) == {3}
    one = head_effects(study(encoders={"a": 1}, texts=5))
    assert one["accuracy_effect_low"].isna().all()
    assert one["similarity_effect"].isna().all()


def test_correlations_are_square_and_those_of_the_encoder() -> None:
    made = study(correlation={"bert-base": 0.8, "distilbert": 0.4, "tinybert": 0.4, "mini": 0.0})
    whole, small = method_correlations(made), method_correlations(made, "mini")
    assert list(whole.index) == list(whole.columns) == list(METHODS)
    assert np.allclose(whole, whole.T)
    assert (np.diag(whole) == 1).all()
    assert whole.loc["lime", "shap"] == pytest.approx(0.4, abs=0.02)
    assert small.loc["lime", "shap"] == pytest.approx(0.0, abs=0.05)
    with pytest.raises(InputError, match="no encoder 'minni'; did you mean \"mini\""):
        method_correlations(made, "minni")


def test_the_leaderboard_ranks_by_faithfulness_beyond_random(records: StudyRecords) -> None:
    faithfulness = records.faithfulness.copy()
    good, bad = (faithfulness["interpretability"] == name for name in ("lime", "attention"))
    faithfulness.loc[good, "comprehensiveness"] += 0.2
    faithfulness.loc[bad, "comprehensiveness"] = faithfulness.loc[bad, "random"]
    found = method_leaderboard(replace(records, faithfulness=faithfulness))
    assert found["interpretability"].iloc[0] == "lime"
    assert found["interpretability"].iloc[-1] == "attention"
    assert list(found["rank"]) == [1, 2, 3, 4, 5]
    by_name = found.set_index("interpretability")
    assert by_name.loc["lime", "faithfulness"] == pytest.approx(0.4, abs=0.03)
    assert by_name.loc["lime", "faithfulness_p_adjusted"] < 0.01
    assert by_name.loc["attention", "faithfulness"] == 0
    assert by_name.loc["attention", "faithfulness_p_adjusted"] == 1
    assert by_name.loc["shap", "correlation"] == pytest.approx(0.4, abs=0.02)
    smaller = records.similarities[
        (records.similarities["encoder"] != "bert-base")
        & (records.similarities["interpretability"] == "shap")
    ]
    assert by_name.loc["shap", "similarity"] == pytest.approx(smaller["same_method"].mean())
    above = (smaller["same_method"] - smaller["chance"]).mean()
    assert by_name.loc["shap", "above_chance"] == pytest.approx(above)


def test_without_faithfulness_methods_stay_in_order_and_unranked(records: StudyRecords) -> None:
    for empty in (records.faithfulness[:0], pd.DataFrame()):
        found = method_leaderboard(replace(records, faithfulness=empty))
        assert list(found["interpretability"]) == list(METHODS)
        assert found["rank"].isna().all()
        assert not found["cost"].isna().any()


def test_one_method_has_no_correlation() -> None:
    found = method_leaderboard(study(methods=("attention",), texts=5)).iloc[0]
    assert math.isnan(found["correlation"])
    assert found["rank"] == 1


@pytest.mark.parametrize(
    "call", [best_by_size, most_interpretable, pareto_optimal, head_effects, method_correlations]
)
def test_an_empty_study_gives_tables_without_figures(call: object) -> None:
    assert callable(call)
    table = call(_nothing())
    assert table.empty or call is method_correlations


def test_an_empty_study_has_a_leaderboard_without_figures() -> None:
    found = method_leaderboard(_nothing())
    assert found.drop(columns="interpretability").isna().all(axis=None)
