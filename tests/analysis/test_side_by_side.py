import pytest

from astrid.analysis.side_by_side import side_by_side
from tests.explanations import explanation

TEXT = "The plot bored me !"


def _reasons(teacher: list[float], student: list[float]) -> list[tuple[bool, str]]:
    rows = side_by_side(explanation(TEXT, teacher), explanation(TEXT, student))
    return [(row.agrees, row.reason) for row in rows]


@pytest.mark.parametrize(
    ("word", "teacher", "student", "expected"),
    [
        (
            0,
            [0, 0, 1, 0, 0],
            [0.5, 0, 1, 0, 0],
            (False, "attends to an article the teacher ignores"),
        ),
        (
            3,
            [0, 0, 1, 0, 0],
            [0, 0, 1, 0.5, 0],
            (False, "attends to a pronoun the teacher ignores"),
        ),
        (
            4,
            [0, 0, 1, 0, 0],
            [0, 0, 1, 0, 0.5],
            (False, "attends to a punctuation mark the teacher ignores"),
        ),
        (2, [0, 0.5, 1, 0, 0], [0, 1, 0.4, 0, 0], (False, "underweights the teacher's top token")),
        (2, [0, 0.5, 1, 0, 0], [0, 1, -0.4, 0, 0], (False, "opposite sign")),
        (1, [0, 0.5, 1, 0, 0], [0, 0, 1, 0, 0], (False, "ignores a word the teacher uses")),
        (
            1,
            [0, 0.2, 1, 0, 0],
            [0, 0.8, 1, 0, 0],
            (False, "gives it much more weight than the teacher"),
        ),
        (
            1,
            [0, 0.9, 1, 0, 0],
            [0, 0.2, 1, 0, 0],
            (False, "gives it much less weight than the teacher"),
        ),
        (2, [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], (True, "similar weight")),
        (0, [0.2, 0, 1, 0, 0], [-0.05, 0, 1, 0, 0], (True, "little weight in both")),
    ],
)
def test_each_rule(
    word: int, teacher: list[float], student: list[float], expected: tuple[bool, str]
) -> None:
    assert _reasons(teacher, student)[word] == expected


def test_scores_are_compared_within_each_model() -> None:
    assert _reasons([0.01, 0, 0.02, 0, 0], [100, 0, 200, 0, 0])[0] == (True, "similar weight")


def test_a_word_beyond_the_cut() -> None:
    short = explanation(TEXT, [1, 0], truncated=True)
    rows = side_by_side(explanation(TEXT, [1, 0, 0, 0, 0]), short)
    assert rows[4].reason == "the student did not see this word: its text was cut off"
    assert not rows[4].agrees
    back = side_by_side(short, explanation(TEXT, [1, 0, 0, 0, 0]))
    assert back[4].reason.startswith("the teacher did not see")


def test_scores_of_zero_need_no_special_case() -> None:
    assert all(agrees for agrees, _ in _reasons([0] * 5, [0] * 5))
    assert _reasons([0] * 5, [0, 1, 0, 0, 0])[1] == (False, "attends to a word the teacher ignores")
    assert side_by_side(explanation("", []), explanation("", [])) == ()
