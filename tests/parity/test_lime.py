"""LIME equals the `lime` package with the same seed."""

from math import comb

import numpy as np
import pytest
from lime.lime_text import LimeTextExplainer
from sklearn.linear_model import LinearRegression

from astrid.explain.engine import Engine, Job
from astrid.explain.features import token_keep, unit_of_tokens
from astrid.explain.methods import lime as method
from astrid.explain.methods._masks import every_row
from astrid.explain.requests import MaskedRows, TokenScores
from astrid.explain.run import explain
from astrid.explain.targets import Target
from tests import tiny
from tests.parity.games import random_game, smooth_game

TEXTS = [
    "the court found no evidence that the tenant had paid",
    "it was good",
    "unbelievably",
]


def probabilities_of_masks(model, text, kept):
    """What the model gives for rows of kept words, through the engine."""
    units = unit_of_tokens(text, "word")

    def ask(encoded):
        answer = yield MaskedRows(token_keep(kept, units))
        return TokenScores(answer.values)

    columns = []
    for index in range(len(model.labels)):
        job = Job(text, "ask", ask, Target("probability", index))
        ((_, outcome),) = Engine(model).run([job])
        columns.append(outcome.result.scores)
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("seed", [0, 7])
def test_coefficients_equal_lime(text, seed):
    model = tiny.classifier("bert")
    encoded = model.encode(text)
    words = text.split()

    def predict(rows):
        kept = np.array([[part != "UNKWORDZ" for part in row.split(" ")] for row in rows])
        return probabilities_of_masks(model, encoded, kept)

    explainer = LimeTextExplainer(bow=False, random_state=seed, split_expression=r"\s+")
    theirs = explainer.explain_instance(
        text, predict, labels=(1,), num_features=len(words), num_samples=300
    )
    expected = np.zeros(len(words))
    for place, weight in theirs.as_map()[1]:
        expected[place] = weight
    params = {"samples": 300, "seed": seed}
    (ours,) = explain(model, text, "lime", target=Target("probability", 1), params=params)
    assert ours.words == tuple(words)
    np.testing.assert_allclose(ours.word_scores, expected, atol=1e-6, rtol=0)


def test_masks_are_limes_own():
    random = np.random.RandomState(3)
    kept = method.sample(6, 20, 3)
    assert kept[0].all()
    sizes = random.randint(1, 7, 19)
    np.testing.assert_array_equal((~kept[1:]).sum(axis=1), sizes)


def converged(game, count):
    """The coefficients of ever more plain samples: least squares over all rows."""
    rows = every_row(count)[:-1]
    sizes = rows.sum(axis=1)
    drawn = np.array([1 / comb(count, size) for size in sizes])
    weights = drawn * method.kernel(rows.mean(axis=1), 25.0)
    return LinearRegression().fit(rows, game(rows), sample_weight=weights).coef_


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_all_rows_give_the_converged_coefficients(count):
    game = random_game(count)
    mass = method.size_mass(count, 25.0)
    rows = method.distinct_sample(mass, 2**count + 2, 0)
    assert rows[0].all()
    found = method.converged(rows, game(rows), mass)
    np.testing.assert_allclose(found, converged(game, count), atol=1e-9)


def test_many_plain_samples_come_to_the_same():
    game = random_game(6)
    rows = method.sample(6, 100_000, 0)
    plain = method.fit(rows, game(rows), 25.0)
    np.testing.assert_allclose(plain, converged(game, 6), atol=0.03)


def test_a_surrogate_needs_a_sixth_of_the_rows():
    count, mass = 11, method.size_mass(11, 25.0)

    def plain(game, seed):
        rows = method.sample(count, 1000, seed)
        return method.fit(rows, game(rows), 25.0)

    def ours(game, seed):
        rows = method.distinct_sample(mass, 166, seed)
        assert len(rows) == 166 == len(np.unique(rows, axis=0))
        return method.converged(rows, game(rows), mass)

    logarithms = []
    for game in (smooth_game(count, seed) for seed in range(4)):
        missed = [
            [run(game, seed) - converged(game, count) for seed in range(4)] for run in (plain, ours)
        ]
        logarithms.append(np.log(np.square(missed).sum(axis=(1, 2))))
    errors = np.exp(np.mean(logarithms, axis=0) / 2)
    assert errors[1] < errors[0]


@pytest.mark.parametrize("text", ["", "a", "b c", "\u200d\x00", TEXTS[0] * 3, "é" * 400])
@pytest.mark.parametrize("width", [0.01, 25.0, 1e6])
def test_a_surrogate_answers_any_text(text, width):
    params = {"samples": 40, "sampling": "surrogate", "kernel_width": width}
    (found,) = explain(tiny.classifier("bert"), text, "lime", params=params)
    assert np.isfinite(found.token_scores).all()
    assert found.evaluations <= 41


@pytest.mark.parametrize("name", ["lime", "kernel_shap"])
def test_with_a_surrogate_a_batch_gives_what_single_texts_give(name):
    model = tiny.classifier("bert")
    settings = {"lime": {"samples": 60, "sampling": "surrogate"}}
    params = settings.get(name, {"evaluations": 60, "estimator": "surrogate"})
    texts = [*tiny.SENTENCES, "a", TEXTS[0]]
    together = explain(model, texts, name, params=params)
    for text, explanation in zip(texts, together, strict=True):
        first, again = (explain(model, text, name, params=params)[0] for _ in range(2))
        assert first.token_scores.tobytes() == again.token_scores.tobytes()
        np.testing.assert_allclose(first.token_scores, explanation.token_scores, atol=1e-5)
