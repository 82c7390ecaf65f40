import pytest

from astrid.analysis.decision import Candidate, DecisionRule, decide
from astrid.measures.statistics.bootstrap import Estimate

NAN = float("nan")


def _estimate(value: float, half: float = 0.01, n: int = 50, undefined: int = 0) -> Estimate:
    return Estimate(value, value - half, value + half, n, undefined)


def _candidate(
    name: str,
    accuracy: float = 0.9,
    similarity: float = 0.9,
    parameters: int = 100,
    half: float = 0.01,
    chance: float = 0.1,
    n: int = 50,
    undefined: int = 0,
) -> Candidate:
    return Candidate(
        name,
        _estimate(accuracy),
        _estimate(similarity, half, n, undefined),
        _estimate(chance),
        parameters,
    )


def test_the_smallest_that_qualifies_wins() -> None:
    candidates = [
        _candidate("big", parameters=300),
        _candidate("small", parameters=200),
        _candidate("unlike", similarity=0.5, parameters=100),
        _candidate("wrong", accuracy=0.6, parameters=50),
        _candidate("bad", accuracy=0.6, similarity=0.5, parameters=10),
    ]
    decision = decide(candidates, ceiling=_estimate(0.95))
    assert decision.chosen == "small"
    assert decision.verdicts == (
        "accurate and reasons alike",
        "accurate and reasons alike",
        "accurate but reasons differ",
        "reasons alike but too inaccurate",
        "neither accurate nor reasons alike",
    )
    assert decision.answer.startswith("Ship small (200 parameters): the smallest student")
    assert decision.notes == ()


def test_equal_sizes_are_decided_by_similarity() -> None:
    decision = decide([_candidate("a", similarity=0.85), _candidate("b", similarity=0.9)], None)
    assert decision.chosen == "b"


def test_thresholds_are_exclusive_and_can_be_set() -> None:
    candidate = _candidate("edge", accuracy=0.70, similarity=0.80)
    assert decide([candidate], None).chosen is None
    rule = DecisionRule(min_accuracy=0.69, min_similarity=0.79)
    assert decide([candidate], None, rule).chosen == "edge"


def test_when_none_qualifies_each_is_told_what_it_misses() -> None:
    decision = decide([_candidate("a", accuracy=0.5), _candidate("b", similarity=0.4)], None)
    assert decision.chosen is None
    assert decision.excluded == {
        "a": ("accuracy 0.500 is not above 0.70",),
        "b": ("similarity 0.400 is not above 0.80",),
    }
    assert "Ship none" in decision.answer
    assert "b: similarity 0.400 is not above 0.80" in decision.answer


def test_unknown_figures_never_qualify() -> None:
    nothing = Estimate(NAN, NAN, NAN, 0, 5)
    decision = decide(
        [
            Candidate("a", _estimate(0.9), nothing, nothing, 10),
            Candidate("b", Estimate(NAN, NAN, NAN, 0, 0), _estimate(0.9), _estimate(0.1), 10),
        ],
        None,
    )
    assert decision.chosen is None
    assert decision.verdicts == ("similarity undefined", "accuracy unknown")
    assert decision.excluded["b"] == ("accuracy is not known",)


@pytest.mark.parametrize(
    ("candidate", "ceiling", "words"),
    [
        (_candidate("a", similarity=0.12, half=0.05), None, "contains the chance line 0.100"),
        (_candidate("a", similarity=-0.5), None, "below the chance line"),
        (_candidate("a"), _estimate(0.7), "reaches a similarity of 0.700"),
        (_candidate("a"), _estimate(0.81, 0.05), "might miss it"),
        (_candidate("a", similarity=0.83, half=0.05), None, "other texts might decide otherwise"),
        (_candidate("a", similarity=0.95, chance=0.85), None, "Shuffled scores alone reach 0.80"),
        (_candidate("a", n=10), None, "only 10 texts"),
        (_candidate("a", undefined=3), None, "undefined for 3 of 53 texts"),
    ],
)
def test_notes_say_what_the_figures_do_not(
    candidate: Candidate, ceiling: Estimate | None, words: str
) -> None:
    notes = decide([candidate], ceiling).notes
    assert len(notes) == 1
    assert words in notes[0]
