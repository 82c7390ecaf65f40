"""Owen values equal shap's partition explainer with the same masker and tree."""

import itertools
from math import factorial

import numpy as np
import pytest
import shap

from astrid.explain.methods.shap import Partition, balanced_tree
from astrid.explain.run import explain
from astrid.explain.targets import Target
from tests import tiny
from tests.parity.games import random_game
from tests.parity.test_lime import probabilities_of_masks


class Masker:
    """Rows of kept tokens, with Astrid's tree, as shap's maskers give them."""

    def __init__(self, count):
        self.count = count
        self.clustering = balanced_tree(count)
        self.immutable_outputs = True

    def __call__(self, mask, row):
        return (np.asarray(mask)[None],)

    def shape(self, row):
        return (1, self.count)

    def mask_shapes(self, row):
        return [(self.count,)]


def partition(game, tree, evaluations, batch):
    """Astrid's recursion on a plain function of masks."""
    run = Partition(tree, evaluations, batch, seed=0)
    rows = run.first()
    while len(rows):
        rows = run.next(game(rows))
    return run


def theirs(game, count, evaluations, batch):
    np.random.seed(0)
    explainer = shap.explainers.Partition(lambda rows: game(np.asarray(rows)), Masker(count))
    result = explainer(np.zeros((1, count)), max_evals=evaluations, batch_size=batch, silent=True)
    return result.values[0]


@pytest.mark.parametrize("count", [2, 3, 7, 16, 33])
@pytest.mark.parametrize("evaluations", [20, 60, 500, 100_000])
def test_equals_shap_on_a_game(count, evaluations):
    game = random_game(count)
    ours = partition(game, balanced_tree(count), evaluations, batch=5)
    expected = theirs(game, count, evaluations, batch=5)
    np.testing.assert_allclose(ours.values(), expected, atol=1e-9)
    total = ours.everything - ours.nothing
    assert ours.values().sum() == pytest.approx(total, abs=1e-9)


def test_owen_values_of_two_players_are_shapley_values():
    count = 2
    game = random_game(count, 1)
    expected = np.zeros(count)
    for player in range(count):
        others = [other for other in range(count) if other != player]
        for size in range(count):
            for group in itertools.combinations(others, size):
                rows = np.zeros((2, count), dtype=bool)
                rows[:, list(group)] = True
                rows[1, player] = True
                without, with_ = game(rows)
                weight = factorial(size) * factorial(count - size - 1) / factorial(count)
                expected[player] += weight * (with_ - without)
    ours = partition(game, balanced_tree(count), 100, 5)
    np.testing.assert_allclose(ours.values(), expected, atol=1e-12)


@pytest.mark.parametrize("text", [tiny.SENTENCES[2], tiny.SENTENCES[0]])
@pytest.mark.parametrize("architecture", ["bert", "roberta"])
def test_equals_shap_on_a_model(architecture, text):
    model = tiny.classifier(architecture)
    encoded = model.encode(text)
    places = np.flatnonzero(~encoded.special)
    target = Target("probability", 1)

    def game(rows):
        from astrid.explain.engine import Engine, Job
        from astrid.explain.requests import MaskedRows, TokenScores

        keep = np.ones((len(rows), len(encoded)), dtype=bool)
        keep[:, places] = rows

        def ask(_):
            answer = yield MaskedRows(keep)
            return TokenScores(answer.values)

        ((_, outcome),) = Engine(model).run([Job(encoded, "ask", ask, target)])
        return outcome.result.scores

    (ours,) = explain(model, text, "shap", target=target)
    expected = theirs(game, len(places), 500, batch=5)
    np.testing.assert_allclose(ours.token_scores[places], expected, atol=1e-4)
    nothing, everything = game(np.array([[False] * len(places), [True] * len(places)]))
    assert ours.token_scores.sum() == pytest.approx(everything - nothing, abs=1e-4)


def test_masks_of_words_reach_their_tokens():
    model = tiny.classifier("bert")
    encoded = model.encode("unbelievably good")
    kept = np.array([[True, True], [False, True]])
    values = probabilities_of_masks(model, encoded, kept)
    assert not np.allclose(values[0], values[1])
