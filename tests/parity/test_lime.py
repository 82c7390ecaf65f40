"""LIME equals the `lime` package with the same seed."""

import numpy as np
import pytest
from lime.lime_text import LimeTextExplainer

from astrid.explain.engine import Engine, Job
from astrid.explain.features import token_keep, unit_of_tokens
from astrid.explain.methods import lime as method
from astrid.explain.requests import MaskedRows, TokenScores
from astrid.explain.run import explain
from astrid.explain.targets import Target
from tests import tiny

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
        columns.append(outcome.scores.scores)
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
