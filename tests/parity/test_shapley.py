"""Shapley values equal shap's exact explainer and their own definition."""

from itertools import permutations

import numpy as np
import pytest
import shap

from astrid.explain.features import unit_of_tokens
from astrid.explain.methods import shapley
from astrid.explain.methods._masks import every_row
from astrid.explain.run import explain
from astrid.explain.targets import Target
from tests import tiny
from tests.parity.games import random_game
from tests.parity.test_lime import probabilities_of_masks


def by_definition(game, count):
    """The mean gain over all orders."""
    values = np.zeros(count)
    orders = list(permutations(range(count)))
    for order in orders:
        rows = np.array([[unit in order[:step] for unit in range(count)] for step in range(count)])
        steps = np.append(game(rows), game(np.ones((1, count), dtype=bool)))
        values[list(order)] += np.diff(steps)
    return values / len(orders)


def shap_exact(game, count):
    ends = np.zeros((1, count)), np.ones((1, count))
    explainer = shap.ExactExplainer(lambda rows: game(np.asarray(rows) > 0.5), ends[0])
    return explainer(ends[1], interactions=False, silent=True).values[0]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_enumeration_equals_the_definition(count):
    game = random_game(count)
    rows = every_row(count)
    found, errors = shapley.exact(rows, game(rows))
    np.testing.assert_allclose(found, by_definition(game, count), atol=1e-12)
    assert not errors.any()


@pytest.mark.parametrize("count", [4, 9])
def test_enumeration_equals_shap_on_a_game(count):
    game = random_game(count)
    rows = every_row(count)
    found, _ = shapley.exact(rows, game(rows))
    np.testing.assert_allclose(found, shap_exact(game, count), atol=1e-9)


@pytest.mark.parametrize("architecture", ["bert", "gpt2"])
def test_equals_shap_on_a_model(architecture):
    model = tiny.classifier(architecture)
    text = tiny.SENTENCES[2]
    encoded = model.encode(text)
    count = unit_of_tokens(encoded, "word").max() + 1

    def game(rows):
        return probabilities_of_masks(model, encoded, rows)[:, 1]

    (ours,) = explain(model, text, "shapley", target=Target("probability", 1))
    np.testing.assert_allclose(ours.word_scores, shap_exact(game, count), atol=1e-6)
    assert ours.evaluations == 2**count
    assert not ours.standard_errors.any()
    ends = game(np.array([[False] * count, [True] * count]))
    assert ours.word_scores.sum() == pytest.approx(ends[1] - ends[0], abs=1e-6)
    assert ours.completeness_gap < 1e-9


def test_orders_come_with_their_reverse_and_within_the_budget():
    orders = shapley.sampled_orders(14, 500, 0)
    assert (orders[1::2] == orders[::2, ::-1]).all()
    rows = shapley.rows_of(orders)
    assert len(np.unique(rows, axis=0)) <= 500 < len(rows) + 2 * 14
    assert (rows.reshape(len(orders), 15, 14).sum(axis=2) == np.arange(15)).all()


def test_standard_errors_tell_how_far_the_sample_is_off():
    count = 8
    game = random_game(count)
    expected, _ = shapley.exact(every_row(count), game(every_row(count)))
    deviations = []
    for seed in range(60):
        orders = shapley.sampled_orders(count, 400, seed)
        values, errors = shapley.mean_gain(orders, game(shapley.rows_of(orders)))
        assert values.sum() == pytest.approx(expected.sum(), abs=1e-9)
        deviations.append((values - expected) / errors)
    assert 0.9 < np.std(deviations) < 1.2
    assert abs(np.mean(deviations)) < 0.15


def test_a_sampled_text_has_standard_errors_and_sums():
    model = tiny.classifier("bert")
    params = {"evaluations": 200, "exact_up_to": 5}
    (found,) = explain(model, tiny.SENTENCES[0], "shapley", params=params)
    assert found.evaluations <= 200
    assert found.completeness_gap < 1e-9
    inside = found.token_scores != 0
    assert (found.standard_errors[inside] > 0).all()
    # A budget for one order and its reverse doesn't tell how far off it is.
    (found,) = explain(model, tiny.SENTENCES[0], "shapley", params=params | {"evaluations": 2})
    assert found.standard_errors is None
    assert found.to_dict()["standard_errors"] is None
