import json

import numpy as np
import pytest

from astrid.analysis.comparison import ComparisonSettings, compare_explanations
from astrid.errors import InputError
from astrid.explain.records import Explanations
from tests.explanations import explanation, many, random_scores

SCORES = random_scores(40, 12, seed=0)


def test_equal_explanations_are_fully_alike() -> None:
    comparison = compare_explanations(many(SCORES), many(SCORES))
    for estimate in comparison.agreement.values():
        assert (estimate.value, estimate.low, estimate.high) == (1, 1, 1)
    assert comparison.reasons_differ.value == 0
    assert comparison.prediction_agreement.value == 1


def test_unrelated_explanations_are_alike_by_chance() -> None:
    comparison = compare_explanations(many(SCORES), many(random_scores(40, 12, seed=1)))
    assert comparison.similarity.contains(comparison.chance["cosine"].value)
    assert comparison.chance["cosine"].value == pytest.approx(0, abs=0.05)
    assert comparison.chance["top_k"].value == pytest.approx(5 / 12, abs=0.05)
    assert comparison.reasons_differ.value == 1


def test_positive_scores_are_alike_by_construction_and_chance_says_so() -> None:
    comparison = compare_explanations(
        many(np.abs(SCORES) + 1), many(np.abs(random_scores(40, 12, seed=1)) + 1)
    )
    assert comparison.similarity.value > 0.8
    assert comparison.chance["cosine"].value > 0.8
    assert abs(comparison.agreement["spearman"].value) < 0.2


def test_texts_without_scores_are_counted_not_averaged() -> None:
    student = SCORES.copy()
    student[3] = 0
    comparison = compare_explanations(many(SCORES), many(student))
    assert comparison.similarity.value == 1
    assert (comparison.similarity.n, comparison.similarity.undefined) == (39, 1)
    assert comparison.rows[3].reasons_differ is None
    assert comparison.reasons_differ.undefined == 1
    assert comparison.chance["cosine"].undefined == 1


def test_reasons_differ_only_where_predictions_agree() -> None:
    scores = [[1.0, 0.0, 0.0]] * 3
    other = [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    comparison = compare_explanations(many(scores), many(other, predicted=[1, 0, 1]))
    assert [row.reasons_differ for row in comparison.rows] == [True, False, False]
    assert comparison.prediction_agreement.value == pytest.approx(2 / 3)
    assert comparison.reasons_differ.value == pytest.approx(1 / 3)


def test_the_threshold_of_different_reasons_can_be_set() -> None:
    one, other = many([[1.0, 0.0]]), many([[1.0, 1.0]])  # cosine 0.707
    for alike_from, differ in ((0.7, False), (0.72, True)):
        settings = ComparisonSettings(alike_from=alike_from)
        assert compare_explanations(one, other, settings).rows[0].reasons_differ is differ


def test_a_text_that_one_model_read_to_the_end() -> None:
    text = "a b c d"
    whole = Explanations([explanation(text, [1, 1, 1, 1])])
    short = Explanations([explanation(text, [1], truncated=True)])
    assert compare_explanations(whole, short).rows[0].agreement["cosine"] == pytest.approx(0.5)


def test_the_seed_makes_the_figures_repeat() -> None:
    other = many(random_scores(40, 12, seed=1))
    first, again = (compare_explanations(many(SCORES), other).to_dict() for _ in range(2))
    assert first == again
    seeded = compare_explanations(many(SCORES), other, ComparisonSettings(seed=5)).to_dict()
    assert seeded["chance"] != first["chance"]


def test_json_has_null_where_a_figure_is_undefined() -> None:
    comparison = compare_explanations(many([[0.0, 0.0]]), many([[1.0, 2.0]]))
    plain = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert plain["agreement"]["cosine"]["value"] is None
    assert plain["texts"][0]["cosine"] is None
    assert len(comparison.to_frame()) == 1


@pytest.mark.parametrize(
    ("student", "message"),
    [
        ([], "same texts"),
        ([explanation("b", [1.0])], "text 0 differs"),
        ([explanation("a", [1.0], method="lime")], "integrated_gradients and by lime"),
        ([explanation("a", [1.0], target=0)], "class 1 of the teacher and class 0"),
    ],
)
def test_what_can_not_be_compared_is_refused(student: list, message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare_explanations([explanation("a", [1.0])], student)


def test_own_targets_may_differ() -> None:
    student = [explanation("a", [1.0], target=0)]
    settings = ComparisonSettings(target="own")
    assert compare_explanations([explanation("a", [1.0])], student, settings).rows
