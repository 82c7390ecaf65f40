"""Explanations before and after, compared."""

import json
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from astrid.errors import InputError
from astrid.explain.records import Explanations
from astrid.llm.chance import overlap_by_chance, shuffled_cosine
from astrid.llm.interpretability import AGREEMENTS, SIZES, interpretability
from astrid.measures import cosine, entropy, gini, spearman, top_10, top_k
from tests.explanations import explanation, many, random_scores


def both(texts: int = 12, words: int = 14) -> tuple[np.ndarray, np.ndarray]:
    before = random_scores(texts, words, seed=0)
    return before, 2.0 * before + 0.5 * random_scores(texts, words, seed=1)


def test_the_means_are_those_of_the_measures() -> None:
    before, after = both()
    found = interpretability(many(before.tolist()), many(after.tolist()))
    for scores, model in ((before, found.zero_shot), (after, found.fine_tuned)):
        assert model["mean_absolute_importance"].value == pytest.approx(np.abs(scores).mean())
        assert model["gini"].value == pytest.approx(np.mean([*map(gini.measure, scores)]))
        assert model["entropy"].value == pytest.approx(np.mean([*map(entropy.measure, scores)]))
    expected = {"top_5_overlap": top_k, "top_10_overlap": top_10}
    expected |= {"cosine": cosine, "spearman": spearman}
    for name, measure in expected.items():
        values = [measure.measure(*pair) for pair in zip(before, after, strict=True)]
        assert found.agreement[name].value.value == pytest.approx(np.mean(values)), name
        assert [each.agreement[name] for each in found.examples] == pytest.approx(values)


def test_differences_are_after_less_before_and_tested_in_pairs() -> None:
    before, after = both()
    found = interpretability(many(before.tolist()), many(after.tolist()))
    sizes = [np.abs(scores).mean(axis=1) for scores in (before, after)]
    size = found.differences["mean_absolute_importance"]
    assert size.paired.difference.value == pytest.approx((sizes[1] - sizes[0]).mean())
    assert size.paired.difference.low > 0
    assert size.paired.p_value < 0.01
    assert size.wilcoxon.p_value == pytest.approx(stats.wilcoxon(sizes[1], sizes[0]).pvalue)
    pooled = np.sqrt((sizes[0].var(ddof=1) + sizes[1].var(ddof=1)) / 2)
    assert size.cohens_d.value == pytest.approx((sizes[1].mean() - sizes[0].mean()) / pooled)
    apart = sizes[1] - sizes[0]
    assert size.cohens_d_paired.value == pytest.approx(apart.mean() / apart.std(ddof=1))
    np.testing.assert_allclose([each.difference for each in found.examples], apart)
    for difference in found.differences.values():
        assert difference.p_value_holm >= difference.paired.p_value


def test_a_model_against_itself_agrees_wholly_and_differs_by_nothing() -> None:
    same = many(both()[0].tolist())
    found = interpretability(same, same)
    for name in AGREEMENTS:
        assert found.agreement[name].value.value == pytest.approx(1.0)
        assert found.agreement[name].chance.value < 0.9
    for name in SIZES:
        assert found.differences[name].paired.p_value == 1.0
        assert found.differences[name].paired.difference.value == 0.0


def test_chance_is_the_mean_over_all_orders() -> None:
    first, second = np.array([0.0, 3.0, -1.0, 0.5, 0.2]), np.array([1.0, 0.0, 0.0, -2.0, 0.0])
    orders = [second[list(order)] for order in permutations(range(5))]
    for k in (2, 3):
        expected = np.mean([top_k.top_overlap(first, order, k) for order in orders])
        assert overlap_by_chance(first, second, k) == pytest.approx(expected)
    expected = np.mean([cosine.measure(first, order) for order in orders])
    assert shuffled_cosine(first, second) == pytest.approx(expected)


def test_short_texts_have_no_top_and_are_counted() -> None:
    found = interpretability(many([[1.0, 2.0]] * 3), many([[1.0, 3.0]] * 3)).agreement
    assert found["top_10_overlap"].value.undefined == 3
    assert found["top_10_overlap"].to_dict()["value"] is None
    assert found["cosine"].value.n == 3


def test_an_undefined_text_is_left_out_of_chance_too() -> None:
    rows = random_scores(3, 12, seed=2)
    silent = rows.copy()
    silent[1] = 0.0
    found = interpretability(many(rows.tolist()), many(silent.tolist()))
    for name in AGREEMENTS:
        assert found.agreement[name].value.undefined == 1
        assert found.agreement[name].chance.undefined == 1


def test_the_file_is_json_holds_no_text_and_is_the_same_again() -> None:
    before, after = (many(scores.tolist()) for scores in both(4))
    files = [
        json.dumps(interpretability(before, after).to_dict(), allow_nan=False) for _ in range(2)
    ]
    assert files[0] == files[1]
    assert "w1 w2" not in files[0]
    json.dumps(interpretability(before[:1], after[:1]).to_dict(), allow_nan=False)


def test_explanations_that_can_not_be_compared_are_refused() -> None:
    one, other = many([[1.0, 2.0]]), explanation("w0 w1", [1.0, 2.0], target=0)
    with pytest.raises(InputError, match="0 explanations against 0"):
        interpretability(Explanations([]), Explanations([]))
    with pytest.raises(InputError, match="1 explanations against 2"):
        interpretability(one, many([[1.0, 2.0]] * 2))
    with pytest.raises(InputError, match="explain the same of both"):
        interpretability(one, Explanations([other]))
    by_another = Explanations([explanation("w0 w1", [1.0, 2.0], method="shap")])
    with pytest.raises(InputError, match="by one method"):
        interpretability(one, by_another)
    with pytest.raises(InputError, match="different texts"):
        interpretability(one, Explanations([explanation("v0 v1", [1.0, 2.0])]))
