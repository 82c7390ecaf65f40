import json
from dataclasses import replace

import pytest

from astrid.analysis.selection import PRIORITIES, prioritise
from astrid.errors import InputError
from astrid.study.records import StudyRecords
from tests.studies import ENCODERS, HEADS, METHODS, study

PAIRS = [(encoder, head) for encoder in ENCODERS for head in HEADS]


@pytest.fixture(scope="module")
def records() -> StudyRecords:
    return study()


def test_each_rule_takes_what_it_says(records: StudyRecords) -> None:
    assert prioritise(records, "accuracy").chosen == "bert-base + linear"
    assert prioritise(records, "interpretability").chosen == "distilbert + attention"
    frame = records.of_method()
    small = frame[frame["encoder"] == "mini"].set_index("classifier")["inference_time"]
    assert prioritise(records, "speed").chosen == f"mini + {small.idxmin()}"
    best = frame.loc[frame["method_agreement"].idxmax()]
    chosen = prioritise(records, "robustness").chosen
    assert chosen == f"{best['encoder']} + {best['classifier']}"


def test_what_speaks_against_a_rule_is_said() -> None:
    accuracy = dict.fromkeys(PAIRS, 0.7) | {("tinybert", "mlp"): 0.95}
    found = prioritise(study(accuracy=accuracy, documents=400), "accuracy")
    assert found.statements[0].startswith("Against: tinybert + mlp is shown to have a higher")
    assert found.evidence[0].p_adjusted is not None
    assert found.evidence[0].p_adjusted < 0.05
    assert "p times 19" in found.evidence[0].test


def test_what_speaks_for_a_rule_is_said() -> None:
    accuracy = dict.fromkeys(PAIRS, 0.7) | {("bert-base", "linear"): 0.95}
    found = prioritise(study(accuracy=accuracy, documents=400), "accuracy")
    assert found.statements[0].startswith("For: its accuracy is shown to be above")
    encoders = {"large": 100_000_000, "small": 1_000_000}
    found = prioritise(study(encoders=encoders, heads={"linear": 10}, texts=5), "speed")
    assert found.statements[0].startswith("For: it takes ")


def test_the_best_of_many_equals_is_seldom_shown_to_be_better() -> None:
    claims = sum(
        not statement.startswith("Open")
        for seed in range(25)
        for statement in prioritise(
            study(methods=METHODS[:2], texts=2, seed=seed), "accuracy"
        ).statements
    )
    assert claims <= 4


def test_a_rule_without_its_head_or_encoder_chooses_nothing_and_says_so() -> None:
    without = study(heads={"linear": 1, "mlp": 2}, texts=3)
    found = prioritise(without, "interpretability")
    assert found.chosen is None
    assert found.answer == (
        "The rule can't be applied: the study has no model with an attention head."
    )
    records = study(texts=3)
    gone = (records.results["encoder"] == "distilbert") & (
        records.results["classifier"] == "attention"
    )
    found = prioritise(replace(records, results=records.results[~gone]), "interpretability")
    assert "the medium encoder, distilbert, has no model" in found.answer
    found = prioritise(study(methods=("lime",), texts=3), "robustness")
    assert "it takes two methods" in found.answer


def test_two_encoders_have_no_medium_one_and_it_is_said() -> None:
    found = prioritise(study(encoders={"a": 10, "b": 5}, texts=3), "interpretability")
    assert found.chosen == "a + attention"
    assert found.notes == ("With 2 encoders none is medium: the larger, a, is taken.",)


def test_of_several_seeds_the_most_accurate_is_taken_and_it_is_said() -> None:
    records = study(seeds=(0, 1, 2), texts=3)
    found = prioritise(records, "accuracy")
    frame = records.of_method()
    same = frame[(frame["encoder"] == "bert-base") & (frame["classifier"] == "linear")]
    assert found.model["accuracy"] == same["accuracy"].max()
    assert found.notes == ("Of 3 seeds the most accurate is taken.",)
    assert "bert-base + linear" not in found.statements[0]


@pytest.mark.parametrize("priority", PRIORITIES)
def test_odd_studies_get_an_answer(priority: str) -> None:
    whole = study(texts=3)
    odd = [
        study(encoders={"<b>ü</b>": 1}, heads={"linear": 1}, texts=3),
        study(compressions=("int8",), texts=3),
        replace(whole, results=whole.results[:0]),
        replace(whole, answers=whole.answers[:0], correlations=whole.correlations[:0]),
        replace(whole, results=whole.results.assign(accuracy=float("nan"))),
        replace(whole, results=whole.results.assign(inference_time=float("nan"))),
    ]
    for records in odd:
        found = prioritise(records, priority)  # type: ignore[arg-type]
        json.dumps(found.to_dict(), allow_nan=False)
        assert (found.chosen is None) == found.answer.startswith("The rule can't be applied")
        assert found.chosen is None or found.statements


def test_an_unknown_priority_is_refused(records: StudyRecords) -> None:
    with pytest.raises(InputError, match="no priority 'sped'; did you mean \"speed\""):
        prioritise(records, "sped")  # type: ignore[arg-type]
