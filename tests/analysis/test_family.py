import json

import numpy as np
import pytest

from astrid.analysis.cases import choose_cases
from astrid.analysis.family import LIMITS, compare_family
from astrid.errors import InputError
from tests.explanations import examined, many, random_scores

SCORES = random_scores(30, 10, seed=0)
NEAR = SCORES + 0.2 * random_scores(30, 10, seed=1)
TEACHER = examined("teacher", SCORES, 1000)
STUDENTS = [
    examined("near", NEAR, 500, 0.85),
    examined("far", random_scores(30, 10, seed=2), 100, 0.8),
]


def test_the_table_and_its_reference_lines() -> None:
    family = compare_family(TEACHER, STUDENTS, twin=many(NEAR), baseline="zeros")
    near, far = family.rows
    assert (near.compression, far.compression) == (2, 10)
    assert near.accuracy.value == 0.85
    assert (near.verdict, far.verdict) == (
        "accurate and reasons alike",
        "accurate but reasons differ",
    )
    assert family.decision.chosen == "near"
    assert family.teacher.comparison is None
    assert family.ceiling == near.comparison.similarity
    # Scores whose means are alike agree a little in any order: about 1/10 with ten words.
    assert 0 < family.chance.value < 0.15
    assert (family.made.method, family.made.baseline) == ("integrated_gradients", "zeros")


def test_the_chance_line_is_the_mean_over_students() -> None:
    family = compare_family(TEACHER, STUDENTS)
    lines = [row.comparison.chance["cosine"].value for row in family.rows]
    assert family.chance.value == pytest.approx(np.mean(lines))


def test_without_a_twin_the_reason_stands_in_place_of_the_ceiling() -> None:
    family = compare_family(TEACHER, STUDENTS, no_twin="--no-twin was given")
    assert family.ceiling is None
    assert family.to_dict()["ceiling_reason"] == "--no-twin was given"
    assert "ceiling" not in set(family.to_frame()["role"])


def test_json_holds_every_number_and_the_limits() -> None:
    silent = examined("silent", np.zeros((30, 10)), 10)
    family = compare_family(TEACHER, [*STUDENTS, silent], twin=many(NEAR))
    plain = json.loads(json.dumps(family.to_dict(), allow_nan=False))
    assert plain["limits"] == list(LIMITS)
    assert {"value", "low", "high", "n", "undefined"} == plain["ceiling"].keys()
    assert plain["students"][2]["comparison"]["agreement"]["cosine"]["value"] is None
    assert plain["students"][2]["verdict"] == "similarity undefined"
    assert plain["made"]["settings"]["resamples"] == 5000
    assert plain["made"]["versions"]["numpy"] == np.__version__


def test_the_frame_has_one_row_a_model_and_the_lines() -> None:
    frame = compare_family(TEACHER, STUDENTS, twin=many(NEAR)).to_frame()
    assert frame["role"].tolist() == ["teacher", "student", "student", "chance", "ceiling"]
    assert {"accuracy_low", "similarity_high", "spearman", "top_k_low"} <= set(frame.columns)


@pytest.mark.parametrize(
    ("students", "message"),
    [
        ([], "no student"),
        ([examined("teacher", SCORES, 10)], "two models are called 'teacher'"),
        ([examined("short", SCORES[:5], 10)], "short: compare: 30 texts"),
    ],
)
def test_what_makes_no_family_is_refused(students: list, message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare_family(TEACHER, students)


def test_cases_are_chosen_by_the_figures() -> None:
    teacher = examined("teacher", many([[1, 0], [1, 0], [1, 0], [1, 0.0]]), 10)
    scores = [[1, 0.1], [1, 0], [0, 1], [-1, 0.0]]
    student = examined("student", many(scores, predicted=[1, 1, 1, 0]), 5)
    family = compare_family(teacher, [student])
    cases = choose_cases(family, teacher, [student])
    assert [(case.title, case.number) for case in cases] == [
        ("Most alike of these texts", 1),
        ("Same prediction, other reasons", 2),
        ("Another prediction", 3),
    ]
    assert cases[0].worst == "student"


def test_cases_that_do_not_occur_are_left_out() -> None:
    twin = examined("twin", SCORES, 10)
    cases = choose_cases(compare_family(TEACHER, [twin]), TEACHER, [twin])
    assert [case.title for case in cases] == ["Most alike of these texts"]
    silent = examined("silent", np.zeros((30, 10)), 10)
    assert choose_cases(compare_family(TEACHER, [silent]), TEACHER, [silent]) == ()
