"""Measures of faithfulness on models whose answers are known by construction."""

import numpy as np
import pytest

from astrid.errors import InputError
from astrid.explain.records import Explanation
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.measures import load_measure, measure_names
from astrid.models.black_box import CallableModel
from astrid.study.faithfulness import faithfulness
from tests import tiny
from tests.explanations import explanation

NAMES = measure_names("faithfulness")
WORDS = ["the", "film", "was", "truly", "good", "in", "every", "way"]
TEXT = " ".join(WORDS)


def keyword_model():
    """0.9 for `positive` where "good" is in the text, 0.1 elsewhere."""

    def answer(texts):
        positive = np.array([0.9 if "good" in text.split() else 0.1 for text in texts])
        return np.stack([1 - positive, positive], axis=1)

    return CallableModel(answer, ["negative", "positive"], name="keyword")


def linear_model(weights):
    """P(positive) = 0.2 + Σ weights of the words that are there."""

    def answer(texts):
        positive = np.array([0.2 + sum(weights.get(word, 0) for word in t.split()) for t in texts])
        return np.stack([1 - positive, positive], axis=1)

    return CallableModel(answer, ["negative", "positive"], name="linear")


def scored(scores, text=TEXT) -> Explanation:
    return explanation(text, list(scores), target=1)


def value(model, name, scores, text=TEXT, **options):
    found = faithfulness(model, {"mine": [scored(scores, text)]}, [name], **options)
    return found["mine", name][0]


def perfect():
    return [1.0 if word == "good" else 0.0 for word in WORDS]


def worst():
    return [-score for score in perfect()]


BEST = {
    "comprehensiveness": 0.8,
    "sufficiency": 0.0,
    "aopc": 0.8 * 8 / 9,
    "deletion": 0.1 + 0.8 / 16,
    "insertion": 0.9 - 0.8 / 16,
    "monotonicity": 1.0,
    "leave_one_out": 1.0,
    "infidelity": 0.0,
}
"""Of eight words one decides: what the best order gives, by hand."""


def test_the_table_of_best_values_is_complete() -> None:
    assert set(BEST) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_perfect_explanation_of_a_keyword_model_gets_the_best_value(name) -> None:
    assert value(keyword_model(), name, perfect()) == pytest.approx(BEST[name], abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_no_order_is_better_than_the_perfect_one(name) -> None:
    random = np.random.default_rng(0)
    model = keyword_model()
    sign = {"higher": 1, "lower": -1}[load_measure(name).DIRECTION]
    others = [value(model, name, random.normal(size=8)) for _ in range(40)]
    assert (sign * np.array(others)[~np.isnan(others)] <= sign * BEST[name] + 1e-9).all()


CHANCE = {
    # In random order the deciding word is in a bin of k of 8 words with probability k/8.
    "comprehensiveness": 0.8 * np.mean([1, 1, 1, 2, 4]) / 8,
    "sufficiency": 0.8 * (1 - np.mean([1, 1, 1, 2, 4]) / 8),
    "aopc": 0.8 * np.mean(np.arange(9)) / 8,
    "deletion": 0.5,
    "insertion": 0.5,
}


@pytest.mark.parametrize("name", CHANCE)
def test_random_scores_get_the_value_of_chance(name) -> None:
    random = np.random.default_rng(1)
    items = {str(draw): [scored(random.normal(size=8))] for draw in range(400)}
    found = faithfulness(keyword_model(), items, [name])
    values = np.array([found[draw, name][0] for draw in items])
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - CHANCE[name]) < 3 * error


def test_eraser_s_definitions_on_a_case_by_hand() -> None:
    weights = {"truly": 0.1, "good": 0.3, "film": 0.05}
    model = linear_model(weights)
    scores = [weights.get(word, 0.0) for word in WORDS]
    # Bins of 8 words: 1, 1, 1, 2, 4 words; f(x) = 0.65.
    losses = [0.3, 0.3, 0.3, 0.4, 0.45]
    assert value(model, "comprehensiveness", scores) == pytest.approx(np.mean(losses))
    kept = [0.5, 0.5, 0.5, 0.6, 0.65]
    assert value(model, "sufficiency", scores) == pytest.approx(np.mean(0.65 - np.array(kept)))


def test_exact_scores_of_a_linear_model_have_no_infidelity_and_rank_like_removal() -> None:
    weights = {"truly": 0.1, "good": 0.3, "film": -0.05}
    model, scores = linear_model(weights), [0, -0.05, 0, 0.1, 0.3, 0, 0, 0]
    for factor in (1.0, 1e-6, 1e6):
        scaled = [factor * score for score in scores]
        assert value(model, "infidelity", scaled) == pytest.approx(0, abs=1e-9)
        assert value(model, "leave_one_out", scaled) == pytest.approx(1)
        assert value(model, "monotonicity", scaled) == 1
    assert value(model, "infidelity", [-score for score in scores]) == pytest.approx(1, abs=0.05)


def test_monotonicity_is_the_share_of_words_that_raise_the_output() -> None:
    weights = {"truly": 0.1, "good": -0.1, "film": 0.05}
    scores = [1.0 if word in weights else -1.0 for word in WORDS]
    assert value(linear_model(weights), "monotonicity", scores) == pytest.approx(2 / 3)


@pytest.mark.parametrize("name", NAMES)
def test_texts_without_words_are_undefined(name) -> None:
    model = keyword_model()
    assert np.isnan(value(model, name, [], text=" "))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("comprehensiveness", 0.0),
        ("sufficiency", 0.0),
        ("aopc", 0.0),
        ("deletion", 0.2),
        ("insertion", 0.2),
        ("monotonicity", 0.0),
        ("leave_one_out", np.nan),
        ("infidelity", np.nan),
    ],
)
def test_a_model_that_ignores_its_text(name, expected) -> None:
    found = value(linear_model({}), name, np.arange(1.0, 9.0))
    assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("name", NAMES)
def test_constant_scores_are_defined_or_undefined_as_documented(name) -> None:
    found = value(keyword_model(), name, np.zeros(8))
    assert np.isnan(found) == (name in ("monotonicity", "leave_one_out"))


@pytest.mark.parametrize("name", NAMES)
def test_one_word(name) -> None:
    found = value(keyword_model(), name, [1.0], text="good")
    assert np.isnan(found) == (name == "leave_one_out")


def test_values_lie_in_their_range_on_a_transformer_and_texts_do_not_matter_to_each_other() -> None:
    model = tiny.classifier("bert")
    texts = [*tiny.SENTENCES, "a", "The judge left."]
    items = {
        name: explain(model, texts, name, target=Target("probability", 0))
        for name in ("occlusion", "random")
    }
    found = faithfulness(model, items, NAMES)
    alone = faithfulness(model, {"occlusion": items["occlusion"][2:3]}, NAMES, seed=2)
    for (method, name), values in found.items():
        low, high = load_measure(name).RANGE
        known = values[~np.isnan(values)]
        assert ((known >= low) & (known <= high)).all()
        if method == "occlusion":
            np.testing.assert_allclose(values[2], alone[method, name][0], atol=1e-5)
    np.testing.assert_allclose(found["occlusion", "leave_one_out"][:2], 1, atol=1e-2)


def test_rows_of_several_measures_run_once() -> None:
    asked = []

    def answer(texts):
        asked.extend(texts)
        return [[0.5, 0.5]] * len(texts)

    model = CallableModel(answer, ["a", "b"], name="counting")
    faithfulness(model, {"one": [scored(perfect())], "two": [scored(perfect())]}, NAMES)
    assert len(asked) == len(set(asked))


def test_explanations_of_other_classes_or_texts_are_refused() -> None:
    model = keyword_model()
    other = explanation(TEXT, perfect(), target=0)
    with pytest.raises(InputError, match="text 0 or its explained class differs"):
        faithfulness(model, {"a": [scored(perfect())], "b": [other]}, ["deletion"])
    with pytest.raises(InputError, match="b explains 2 texts and a 1"):
        faithfulness(model, {"a": [other], "b": [other, other]}, ["deletion"])
    with pytest.raises(InputError, match="cosine is a measure of agreement"):
        faithfulness(model, {"a": [other]}, ["cosine"])
