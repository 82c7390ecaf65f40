import json
from dataclasses import replace

import numpy as np
import pytest

from astrid.analysis.selection import Requirements, select
from astrid.errors import InputError
from astrid.study.records import StudyRecords
from tests.studies import ENCODERS, HEADS, study

NAN = float("nan")


@pytest.fixture(scope="module")
def records() -> StudyRecords:
    return study()


def _with(records: StudyRecords, encoder: str, head: str, **numbers: float) -> StudyRecords:
    results = records.results.copy()
    rows = (results["encoder"] == encoder) & (results["classifier"] == head)
    for name, value in numbers.items():
        results.loc[rows, [name, f"{name}_low", f"{name}_high"]] = value
    return replace(records, results=results)


def test_the_score_is_that_of_the_rule(records: StudyRecords) -> None:
    found = select(records, top=100)
    frame = records.of_method()
    score = (
        0.4 * frame["accuracy"]
        + 0.3 * frame["attribution_similarity"]
        + 0.2 * (1 - frame["total_params"] / frame["total_params"].max())
        + 0.1 * (1 - frame["inference_time"] / frame["inference_time"].max())
    )
    assert list(found.ranked["score"]) == pytest.approx(sorted(score, reverse=True))
    parts = [f"score_{name}" for name in ("accuracy", "similarity", "size", "speed")]
    assert np.allclose(found.ranked[parts].sum(axis=1), found.ranked["score"])
    assert (found.ranked["score_low"] <= found.ranked["score"]).all()
    assert (found.ranked["score_high"] >= found.ranked["score"]).all()
    assert found.qualified == 20


def test_requirements_filter_and_set_the_scale(records: StudyRecords) -> None:
    asked = Requirements(max_params=20_000_000, max_inference_time=0.05)
    found = select(records, asked)
    assert len(found.ranked) == 5
    assert (found.ranked["total_params"] <= 20_000_000).all()
    row = found.ranked.iloc[0]
    assert row["score_size"] == pytest.approx(0.2 * (1 - row["total_params"] / 20_000_000))
    assert row["score_speed"] == pytest.approx(0.1 * (1 - row["inference_time"] / 0.05))
    assert len(found.excluded["max_params"]) == 10
    assert found.answer.startswith(f"Take {row['name']}: the best score of 10 models that meet")


def test_limits_themselves_pass(records: StudyRecords) -> None:
    row = records.of_method().iloc[7]
    asked = Requirements(
        max_params=int(row["total_params"]),
        min_accuracy=float(row["accuracy"]),
        min_similarity=float(row["attribution_similarity"]),
        max_inference_time=float(row["inference_time"]),
    )
    found = select(records, asked, top=20)
    assert "distilbert + attention" in set(found.ranked["name"])
    notes = [note for note in found.notes if "contains the limit" in note]
    assert len(notes) >= 1


def test_when_nothing_qualifies_each_requirement_says_what_it_excludes(
    records: StudyRecords,
) -> None:
    records = _with(records, "mini", "dual", accuracy=0.99)
    found = select(records, Requirements(min_accuracy=0.98, max_params=11_100_000))
    assert found.chosen is None
    assert found.ranked.empty
    assert "mini + dual" not in found.excluded["min_accuracy"]
    assert "mini + dual" in found.excluded["max_params"]
    assert len(found.excluded["min_accuracy"]) == 19
    assert found.answer.startswith("No model of 20 qualifies: max_params 11,100,000 excludes ")
    assert "and 11 more" in found.answer
    assert "min_accuracy 0.98 excludes bert-base + linear" in found.answer
    nothing = select(records, Requirements(max_params=5))
    assert nothing.answer == "No model of 20 qualifies: max_params 5 excludes all."


def test_what_is_unknown_never_qualifies_and_has_no_score(records: StudyRecords) -> None:
    records = _with(records, "mini", "mlp", attribution_similarity=NAN)
    records = _with(records, "mini", "dual", accuracy=NAN, inference_time=NAN)
    found = select(records, top=100)
    assert found.unscored == {
        "mini + mlp": "similarity not known",
        "mini + dual": "accuracy and speed not known",
    }
    assert found.qualified == 18
    asked = select(records, Requirements(min_similarity=-1.0))
    assert asked.excluded == {"min_similarity": ("mini + mlp",)}
    unknown = records.results.assign(accuracy=NAN)
    assert "None of the models can be scored" in select(replace(records, results=unknown)).answer


def test_the_margin_of_the_winner_and_the_reference_are_noted(records: StudyRecords) -> None:
    best = _with(records, "bert-base", "linear", accuracy=1.0, inference_time=1e-9)
    found = select(best, Requirements(min_similarity=0.9))
    assert found.answer.startswith("Take bert-base + linear: the only model that meet")
    assert any("1 by construction" in note for note in found.notes)
    limit = float(records.of_method()["accuracy"].median())
    found = select(records, Requirements(min_accuracy=limit))
    row = found.ranked.iloc[0]
    touches = row["accuracy_low"] <= limit <= row["accuracy_high"]
    assert any("contains the limit" in note for note in found.notes) == touches


def test_names_tell_seeds_and_compressions_apart() -> None:
    seeds = select(study(seeds=(0, 1), texts=3), top=100)
    assert "mini + mlp, seed 1" in set(seeds.ranked["name"])
    assert seeds.ranked["name"].is_unique
    squeezed = select(study(compressions=("none", "int8"), texts=3), top=100)
    assert {"mini + mlp", "mini + mlp + int8"} <= set(squeezed.ranked["name"])


def test_another_method_brings_its_own_similarity(records: StudyRecords) -> None:
    lime = records.of_method("lime").set_index(["encoder", "classifier"])
    row = select(records, method="lime").ranked.iloc[0]
    key = (row["encoder"], row["classifier"])
    assert row["attribution_similarity"] == lime.loc[key, "attribution_similarity"]


def test_wrong_questions_are_refused(records: StudyRecords) -> None:
    with pytest.raises(InputError, match="no method 'lim'; did you mean \"lime\""):
        select(records, method="lim")
    with pytest.raises(InputError, match="top must be 1 or more, not 0"):
        select(records, top=0)


def test_an_empty_study_has_nothing_to_choose_from(records: StudyRecords) -> None:
    found = select(replace(records, results=records.results[:0]), Requirements(max_params=5))
    assert found.answer == "There is no finished model to choose from."
    assert found.excluded == {}


def test_the_selection_is_plain_json(records: StudyRecords) -> None:
    for asked in (Requirements(), Requirements(max_params=1)):
        text = json.dumps(select(records, asked).to_dict(), allow_nan=False)
        assert '"weights"' in text
    assert len(ENCODERS) * len(HEADS) == select(records).qualified
