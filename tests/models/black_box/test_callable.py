"""A function as a model: strings in, checked and remembered numbers out."""

import random
import warnings
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lime.lime_text import LimeTextExplainer

import astrid
from astrid.errors import CallError, InputError
from astrid.explain import methods
from astrid.explain.estimate import estimate
from astrid.models.black_box import CallableModel, Price
from tests import tiny
from tests.servers import LABELS, probabilities

QUICK = {"lime": {"samples": 60}, "shap": {"evaluations": 60}}
TEXTS = [*tiny.SENTENCES, "a", "b c", tiny.SENTENCES[3] * 3]
METHODS = [name for name in methods.names() if methods.needs(name) <= {"values"}]

every_method = pytest.mark.parametrize("method", METHODS)


@cache
def transformer():
    return tiny.build("bert")


def torch_function(texts):
    """A tiny transformer behind a function; a text that is empty has only its special tokens."""
    module, tokenizer = transformer()
    encoding = tokenizer(texts, return_tensors="pt", padding=True, truncation=True, max_length=64)
    with torch.no_grad():
        return module(**encoding).logits.double().softmax(-1)


class Counted:
    """A function that notes its calls."""

    def __init__(self, function=probabilities):
        self.function = function
        self.calls = []

    def __call__(self, texts):
        self.calls.append(list(texts))
        return self.function(texts)

    @property
    def texts(self):
        return [text for call in self.calls for text in call]


@pytest.fixture(scope="module")
def tiny_box():
    return CallableModel(torch_function, list(tiny.LABELS.values()))


def test_the_methods_that_need_values_only_are_offered(tiny_box):
    assert {"lime", "occlusion", "shap"} <= set(METHODS)
    with pytest.raises(InputError, match=r"needs gradients.*lime, occlusion"):
        astrid.explain(tiny_box, "good", "integrated_gradients")


@every_method
def test_batch_order_and_repetition_change_nothing(method, tiny_box):
    expected = astrid.explain(tiny_box, TEXTS, method, params=QUICK.get(method))
    order = random.Random(0).sample(range(len(TEXTS)), len(TEXTS))
    for size in (1, 7, 64):
        other = CallableModel(torch_function, tiny_box.labels, batch_size=size)
        found = astrid.explain(other, [TEXTS[n] for n in order], method, params=QUICK.get(method))
        for number, one in zip(order, found, strict=True):
            np.testing.assert_allclose(one.word_scores, expected[number].word_scores, atol=1e-5)
    again = astrid.explain(tiny_box, TEXTS, method, params=QUICK.get(method))
    assert [one.to_dict() for one in again] == [other.to_dict() for other in expected]


@every_method
@settings(max_examples=20, deadline=None)
@given(text=st.text(max_size=40))
def test_any_string_has_an_answer(method, text):
    box = CallableModel(probabilities, LABELS)
    (found,) = astrid.explain(box, text, method, params=QUICK.get(method))
    assert len(found.words) == len(found.word_scores) == len(found.tokens)
    assert np.isfinite(found.word_scores).all()
    np.testing.assert_allclose(found.prediction.probabilities, probabilities([text])[0], atol=1e-9)


@pytest.mark.parametrize("replacement", [None, "UNKWORDZ"])
@pytest.mark.parametrize("text", ["the court found no evidence of bad rent", "it  was\tgood"])
def test_lime_is_the_package_s_with_the_same_function(text, replacement, tiny_box):
    """The same masks, the same strings, the same coefficients."""
    ours, theirs = Counted(torch_function), Counted(lambda texts: torch_function(texts).numpy())
    box = CallableModel(ours, tiny_box.labels, replacement=replacement)
    params = {"samples": 200, "seed": 5}
    target = astrid.Target("probability", 1)
    (found,) = astrid.explain(box, text, "lime", target=target, params=params)
    explainer = LimeTextExplainer(bow=replacement is None, random_state=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = explainer.explain_instance(
            text, theirs, labels=(1,), num_features=99, num_samples=200
        )
    expected = np.zeros(len(found.words))
    for place, weight in fitted.as_map()[1]:
        expected[place] = weight
    assert set(ours.texts) == set(theirs.texts)
    np.testing.assert_allclose(found.word_scores, expected, atol=1e-6, rtol=0)


def test_occlusion_on_a_known_function():
    box = CallableModel(probabilities, LABELS)
    (found,) = astrid.explain(
        box, "good, not bad", "occlusion", target=astrid.Target("probability", 1)
    )
    assert found.words == ("good", ",", "not", "bad")
    np.testing.assert_allclose(found.word_scores, [0.4, 0, 0, -0.3], atol=1e-9)


@pytest.mark.parametrize(
    ("replacement", "replace", "expected"),
    [
        (None, "auto", " b"),
        (None, "delete", " b"),
        ("[MASK]", "auto", "[MASK] b"),
        ("[MASK]", "mask", "[MASK] b"),
        ("[MASK]", "delete", " b"),
    ],
)
def test_what_stands_for_a_word_left_out(replacement, replace, expected):
    function = Counted()
    box = CallableModel(function, LABELS, replacement=replacement)
    astrid.explain(box, "a b", "occlusion", params={"replace": replace})
    assert expected in function.texts


@pytest.mark.parametrize("replace", ["mask", "pad", "attention"])
def test_ways_that_strings_can_not_be_changed_in(replace):
    box = CallableModel(probabilities, LABELS)
    with pytest.raises(InputError, match=f'replace="{replace}"'):
        astrid.explain(box, "a b", "occlusion", params={"replace": replace})


def test_equal_strings_are_asked_for_once_and_calls_are_full():
    function = Counted()
    box = CallableModel(function, LABELS, batch_size=10)
    astrid.explain(box, [*TEXTS, *TEXTS], "lime", params={"samples": 50})
    assert len(function.texts) == len(set(function.texts))
    sizes = [len(call) for call in function.calls]
    assert max(sizes) == 10
    before = len(function.calls)
    astrid.explain(box, TEXTS, "lime", params={"samples": 50})
    astrid.predict(box, TEXTS)
    assert len(function.calls) == before
    box.forget()
    astrid.predict(box, TEXTS)
    assert len(function.calls) == before + 1


@every_method
def test_the_estimate_is_what_happens(method):
    function = Counted()
    box = CallableModel(
        function, LABELS, batch_size=16, price=Price(per_call=0.5, per_1000_texts=2.0)
    )
    guess = estimate(box, TEXTS, method, QUICK.get(method))
    assert function.calls == []
    astrid.explain(box, TEXTS, method, params=QUICK.get(method))
    slack = 0.2 if method == "shap" else 0.0
    assert guess.texts == pytest.approx(len(function.texts), rel=slack)
    assert guess.calls == pytest.approx(len(function.calls), rel=slack)
    assert guess.money == pytest.approx(guess.calls * 0.5 + guess.texts * 0.002)
    nothing = estimate(box, TEXTS, method, QUICK.get(method))
    assert (nothing.calls, nothing.money) == (0, 0.0) or method == "shap"


def test_logits_are_taken_as_they_are():
    box = CallableModel(lambda texts: [[3.0, -1.0]] * len(texts), LABELS, outputs="logits")
    target = astrid.Target("logit_difference", 0, 1)
    (found,) = astrid.explain(box, "good", "occlusion", target=target)
    assert found.target.value == 4.0


def test_probabilities_of_nought_and_one_have_finite_logits():
    box = CallableModel(lambda texts: [[0, 1]] * len(texts), LABELS)
    (found,) = astrid.explain(box, "good", "occlusion", target=astrid.Target("logit", 0))
    assert np.isfinite(found.target.value)
    assert found.prediction.probabilities == pytest.approx((0, 1), abs=1e-11)


def test_answers_as_tensors_and_pipelines():
    rows = [
        torch.tensor([[0.25, 0.75]], requires_grad=True),
        [[{"label": "pos", "score": 0.75}, {"label": "neg", "score": 0.25}]],
        ((0.25, 0.75),),
        np.array([[0.25, 0.75]], dtype=np.float32),
    ]
    for row in rows:
        box = CallableModel(lambda texts, row=row: row, LABELS)
        np.testing.assert_allclose(astrid.predict(box, "good"), [[0.25, 0.75]])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "NoneType"),
        ([], "shape"),
        ([0.5, 0.5], "shape [2]"),
        ("good", "str"),
        ([["0.5", "0.5"]], "list of 1"),
        ([[0.5, None]], "list of 1"),
        ([[True, False]], "list of 1"),
        ([[[0.5, 0.5]]], "shape [1, 1, 2]"),
        ([[0.5, float("inf")]], "not finite"),
        ([[0.6, 0.6]], "away from 1"),
        ([[2.0, -1.0]], "from -1 to 2"),
        ([[{"label": "pos", "score": 0.7}]], 'class "neg"'),
        ([[{"label": "pos"}]], "without a label and a score"),
    ],
)
def test_answers_that_are_none(answer, says):
    with pytest.raises(CallError) as caught:
        astrid.predict(CallableModel(lambda texts: answer, LABELS, name="mine"), "good")
    assert str(caught.value).startswith("mine: ")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"labels": ["one"]}, "two or more"),
        ({"labels": ["one", "one"]}, "different"),
        ({"labels": "neg,pos"}, "list of names"),
        ({"batch_size": 0}, "batch_size"),
        ({"timeout": -1}, "timeout"),
        ({"budget": -1}, "budget"),
        ({"outputs": "scores"}, "outputs"),
        ({"function": 3}, "function"),
    ],
)
def test_settings_that_are_wrong(settings, says):
    with pytest.raises(InputError, match=says):
        CallableModel(**{"function": probabilities, "labels": LABELS, **settings})


def test_load_model_opens_functions_and_addresses():
    box = astrid.load_model(probabilities, labels=LABELS)
    assert (box.name, box.labels) == ("probabilities", ("neg", "pos"))
    away = astrid.load_model("https://host/path?key=1", labels=LABELS)
    assert away.name == "https://host/path"
    for source in (probabilities, "https://host/path?key=1"):
        with pytest.raises(InputError, match=r"labels=\[") as caught:
            astrid.load_model(source)
        assert "key" not in str(caught.value)
    with pytest.raises(InputError, match="only functions"):
        astrid.load_model("runs/demo/teacher", labels=LABELS)
    with pytest.raises(InputError, match="tokenizer"):
        astrid.load_model(torch.nn.Linear(2, 2), labels=LABELS)
    with pytest.raises(InputError, match="int is no model"):
        astrid.load_model(3)


def emptied(texts):
    found = probabilities(texts)
    texts.clear()
    return found


def lowered(texts):
    texts[:] = [text.lower() for text in texts]
    return probabilities(texts)


def longer(texts):
    found = probabilities(texts)
    texts.append("more")
    return found


@pytest.mark.parametrize("timeout", [None, 5.0])
@pytest.mark.parametrize("function", [emptied, lowered, longer])
def test_a_function_may_change_the_list_that_it_is_given(function, timeout):
    model = CallableModel(function, LABELS, timeout=timeout)
    texts = ["Good day", "Bad rain"]
    expected = function(list(texts))
    np.testing.assert_allclose(astrid.predict(model, texts), expected)
    assert len(astrid.explain(model, texts, "occlusion")) == 2


MASKED = np.ma.masked_array([[0.25, 0.75]], mask=[[True, False]])


@pytest.mark.parametrize("answer", [MASKED, [MASKED[0]]])
def test_a_mask_is_not_lost(answer):
    model = CallableModel(lambda texts: answer, ["a", "b"])
    with pytest.raises(CallError, match="masked array"):
        astrid.predict(model, "good")
    whole = CallableModel(lambda texts: np.ma.masked_array([[0.25, 0.75]]), ["a", "b"])
    np.testing.assert_allclose(astrid.predict(whole, "good"), [[0.25, 0.75]])


def test_a_class_that_is_scored_twice_is_refused():
    row = [{"label": name, "score": score} for name, score in (("a", 0.4), ("b", 0.6), ("a", 0.4))]
    model = CallableModel(lambda texts: [row] * len(texts), ["a", "b"])
    with pytest.raises(CallError, match="gave a class twice in one row"):
        astrid.predict(model, "good")
