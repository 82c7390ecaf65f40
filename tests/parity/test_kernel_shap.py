"""Kernel SHAP: exact with all rows; its rows; better than shap's where rows are few."""

from math import comb

import numpy as np
import pytest
import shap

from astrid.errors import InputError
from astrid.explain.methods import kernel_shap, shapley
from astrid.explain.methods._masks import every_row, rows_a_size
from astrid.explain.run import explain
from tests import tiny
from tests.parity.games import random_game, smooth_game


def exact(game, count):
    rows = every_row(count)
    return shapley.exact(rows, game(rows))[0]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 10])
def test_all_rows_give_shapley_values(count):
    game = random_game(count)
    rows, mass = kernel_shap.sample(count, 2**count + 4, 0)
    assert len(rows) == len(np.unique(rows, axis=0)) == 2**count
    found = kernel_shap.regression(rows, game(rows), mass)
    np.testing.assert_allclose(found, exact(game, count), atol=1e-9)


@pytest.mark.parametrize(("count", "evaluations"), [(10, 300), (13, 500), (40, 101), (1200, 60)])
def test_rows_are_distinct_pairs_in_complete_sizes_first(count, evaluations):
    rows, mass = kernel_shap.sample(count, evaluations, 3)
    assert evaluations - 3 <= len(rows) <= evaluations
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert not rows[0].any()
    assert (rows[1::2] == ~rows[::2]).all()
    assert mass[:2].sum() == 0
    sizes = np.bincount(rows.sum(axis=1), minlength=count + 1)
    if count == 13:
        assert sizes[1] == comb(13, 1)
        assert sizes[12] == comb(13, 12)


def test_sizes_follow_the_shapley_kernel():
    count = 30
    law = np.array([(count - 1) / (k * (count - k)) for k in range(1, count // 2)])
    most = [comb(count, k) for k in range(1, count // 2)]
    draws = [rows_a_size(law, most, 25, np.random.default_rng(seed)) for seed in range(400)]
    assert (np.sum(draws, axis=1) == 25).all()
    np.testing.assert_allclose(np.mean(draws, axis=0), 25 * law / law.sum(), atol=0.12)


@pytest.mark.parametrize("estimator", ["regression", "surrogate"])
@pytest.mark.parametrize("evaluations", [4, 20, 90])
def test_values_sum_to_the_change_of_the_output(estimator, evaluations):
    model = tiny.classifier("bert")
    params = {"evaluations": evaluations, "estimator": estimator}
    (found,) = explain(model, tiny.SENTENCES[0], "kernel_shap", params=params)
    assert found.completeness_gap < 1e-9
    assert found.evaluations <= evaluations


def their_error(game, count, evaluations, expected):
    ends = np.zeros((1, count)), np.ones((1, count))
    errors = []
    for seed in range(4):
        np.random.seed(seed)
        explainer = shap.KernelExplainer(lambda rows: game(np.asarray(rows) > 0.5), ends[0])
        values = explainer.shap_values(ends[1], nsamples=evaluations, l1_reg=False, silent=True)[0]
        errors.append(np.square(values - expected).sum())
    return np.sqrt(np.mean(errors))


def test_a_surrogate_needs_less_than_half_the_rows():
    count = 11
    game = smooth_game(count)
    expected = exact(game, count)
    errors = []
    for seed in range(4):
        rows, _ = kernel_shap.sample(count, 240, seed)
        values = kernel_shap.by_surrogate(rows, game(rows))
        errors.append(np.square(values - expected).sum())
    assert np.sqrt(np.mean(errors)) < their_error(game, count, 498, expected)


def test_an_additive_game_is_exact_from_few_rows():
    weights = np.random.default_rng(0).normal(size=20)
    rows, mass = kernel_shap.sample(20, 100, 0)
    values = rows @ weights + 3
    np.testing.assert_allclose(kernel_shap.regression(rows, values, mass), weights, atol=1e-9)
    np.testing.assert_allclose(kernel_shap.by_surrogate(rows, values), weights, atol=1e-3)


def test_too_many_rows_for_a_surrogate_are_refused_in_one_line():
    params = {"evaluations": 5000, "estimator": "surrogate"}
    with pytest.raises(InputError, match="a surrogate takes at most 2000 evaluations"):
        explain(tiny.classifier("bert"), "a b", "kernel_shap", params=params)
