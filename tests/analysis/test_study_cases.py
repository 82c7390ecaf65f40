import json
from dataclasses import replace

import pandas as pd
import pytest

from astrid.analysis.study_cases import choose_study_cases
from astrid.study.records import CellKey, StudyRecords
from tests.studies import METHODS, study

KEY = ["encoder", "classifier", "text"]


def _set(frame: pd.DataFrame, encoder: str, head: str, text: int, name: str, value: float) -> None:
    rows = (frame["encoder"] == encoder) & (frame["classifier"] == head)
    frame.loc[rows & (frame["text" if "text" in frame else "document"] == text), name] = value


@pytest.fixture(scope="module")
def records() -> StudyRecords:
    """Text 1 agrees, 2 disagrees, 3 is a right failure, 4 a wrong one, 5 a success."""
    made = study(texts=20)
    correlations, alike = made.correlations.copy(), made.similarities.copy()
    answers = made.answers.copy()
    _set(correlations, "mini", "mlp", 1, "correlation", 0.99)
    _set(correlations, "tinybert", "dual", 2, "correlation", -0.9)
    for encoder, head, text, value, right in (
        ("mini", "linear", 3, -0.9, True),
        ("tinybert", "mlp", 4, -0.8, False),
        ("mini", "dual", 5, 0.99, True),
        ("tinybert", "linear", 6, 0.999, True),
        ("mini", "attention", 7, 0.995, False),
    ):
        _set(alike, encoder, head, text, "same_method", value)
        _set(answers, encoder, head, text, "correct", right)
    return replace(made, correlations=correlations, similarities=alike, answers=answers)


def test_the_four_kinds_are_found(records: StudyRecords) -> None:
    cases = choose_study_cases(records)
    assert [(case.kind, case.text) for case in cases] == [
        ("agreement", 1),
        ("disagreement", 2),
        ("failure", 3),
        ("failure", 4),
        ("success", 5),
    ]
    assert cases[0].cells == tuple(CellKey("mini", "mlp", method, 0) for method in METHODS)
    method = records.reference.interpretability
    assert cases[2].cells == (records.reference, CellKey("mini", "linear", method, 0))
    assert [case.number for case in cases] == pytest.approx([0.99, -0.9, -0.9, -0.8, 0.99])
    assert "Right" in cases[2].title
    assert "Wrong" in cases[3].title
    assert all(f"{case.number:.3f}" in case.why for case in cases)
    json.dumps([case.to_dict() for case in cases], allow_nan=False)


def test_a_text_is_shown_once(records: StudyRecords) -> None:
    alike = records.similarities.copy()
    _set(alike, "mini", "linear", 1, "same_method", -1.0)
    cases = choose_study_cases(replace(records, similarities=alike))
    assert len({case.text for case in cases}) == len(cases) == 5
    assert cases[2].text == 3


def test_a_model_with_an_undefined_pair_is_no_example_of_agreement(records: StudyRecords) -> None:
    frame = records.correlations.copy()
    rows = (frame["encoder"] == "mini") & (frame["text"] == 1) & (frame["first"] == "lime")
    frame.loc[rows, "correlation"] = float("nan")
    assert choose_study_cases(replace(records, correlations=frame))[0].text != 1


def test_a_success_must_be_more_than_chance(records: StudyRecords) -> None:
    alike = records.similarities.assign(chance=1.0)
    kinds = [case.kind for case in choose_study_cases(replace(records, similarities=alike))]
    assert "success" not in kinds


def test_likeness_is_no_failure() -> None:
    kinds = {case.kind for case in choose_study_cases(study(similarity=1.0, texts=5))}
    alike = study(texts=5)
    alike = replace(alike, similarities=alike.similarities.assign(same_method=0.9))
    assert "failure" not in {case.kind for case in choose_study_cases(alike)}
    assert "success" in kinds


def test_compressed_models_can_fail_too() -> None:
    made = study(encoders={"a": 1}, heads={"linear": 1}, compressions=("none", "int8"), texts=10)
    failure = next(case for case in choose_study_cases(made) if case.kind == "failure")
    assert failure.cells[1].compression == "int8"
    assert "a + linear + int8" in failure.why


def test_what_cannot_be_known_is_left_out() -> None:
    whole = study(texts=5)
    one = study(encoders={"a": 1}, texts=5)
    assert {case.kind for case in choose_study_cases(one)} == {"agreement", "disagreement"}
    single = study(methods=("lime",), texts=5)
    assert {case.kind for case in choose_study_cases(single)} <= {"failure", "success"}
    frames = ("results", "answers", "similarities", "correlations")
    nothing = replace(whole, **{name: getattr(whole, name)[:0] for name in frames})
    assert choose_study_cases(nothing) == ()
    columnless = replace(whole, **{name: pd.DataFrame() for name in frames[1:]})
    assert choose_study_cases(columnless) == ()
    unknown = replace(
        whole,
        similarities=whole.similarities.assign(same_method=float("nan")),
        correlations=whole.correlations.assign(correlation=float("nan")),
    )
    assert choose_study_cases(unknown) == ()
