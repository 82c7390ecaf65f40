"""What every attribution method promises, on every architecture."""

import random
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astrid import plugins
from astrid.explain import methods
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.spec import Spec
from tests import tiny

QUICK = {
    "lime": {"samples": 60},
    "shap": {"evaluations": 60},
    "shapley": {"evaluations": 60, "exact_up_to": 4},
    "kernel_shap": {"evaluations": 60},
    "integrated_gradients": {"steps": 8},
}
TEXTS = [*tiny.SENTENCES, "a", "b c", tiny.SENTENCES[3] * 4]

every_method = pytest.mark.parametrize("method", methods.names())
every_architecture = pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)


def run(architecture, texts, method, **options):
    model = tiny.classifier(architecture)
    return explain(model, texts, method, params=QUICK.get(method), **options)


@every_method
def test_the_file_exports_what_a_method_must(method):
    module = plugins.load("astrid.explain.methods", method)
    assert issubclass(module.Params, Spec)
    assert {"values", "gradients", "attentions"} >= module.NEEDS
    assert "$$" in module.__doc__ or "Owen" in module.__doc__, "the formula or definition"
    assert module.explain.__doc__


@every_method
@every_architecture
def test_a_batch_gives_what_single_texts_give(architecture, method):
    together = run(architecture, TEXTS, method)
    for text, explanation in zip(TEXTS, together, strict=True):
        (alone,) = run(architecture, text, method)
        np.testing.assert_allclose(alone.token_scores, explanation.token_scores, atol=1e-5)


@every_method
def test_neither_order_nor_budget_matters(method):
    expected = run("bert", TEXTS, method)
    order = list(range(len(TEXTS)))
    random.Random(0).shuffle(order)
    shuffled = run("bert", [TEXTS[place] for place in order], method, token_budget=64)
    for place, explanation in zip(order, shuffled, strict=True):
        np.testing.assert_allclose(
            explanation.token_scores, expected[place].token_scores, atol=1e-5
        )


@every_method
def test_the_same_seed_gives_the_same_bytes(method):
    first, second = (run("bert", TEXTS, method) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.token_scores.tobytes() == other.token_scores.tobytes()
        assert one.to_dict() == other.to_dict()


@every_method
@every_architecture
def test_the_prediction_is_that_of_the_plain_text(architecture, method):
    import torch

    model, tokenizer = tiny.build(architecture)
    for explanation in run(architecture, TEXTS, method):
        encoding = tokenizer(
            explanation.text, return_tensors="pt", padding=False, truncation=True, max_length=64
        )
        if architecture != "bert":
            encoding.pop("token_type_ids", None)
        with torch.no_grad():
            expected = model(**encoding).logits.softmax(-1)[0]
        np.testing.assert_allclose(explanation.prediction.probabilities, expected, atol=1e-6)


@every_method
def test_words_sum_their_pieces_and_special_tokens_belong_to_none(method):
    for explanation in run("bert", TEXTS, method):
        inside = explanation.word_scores.sum()
        outside = explanation.token_scores.sum() - inside
        total = np.abs(explanation.token_scores).sum()
        assert abs(outside) <= explanation.special_share * total + 1e-9
        for word, (start, end) in zip(explanation.words, explanation.offsets, strict=True):
            assert explanation.text[start:end] == word


@every_method
def test_the_target_is_what_was_asked_for(method):
    (explanation,) = run("bert", TEXTS[0], method, target=Target("logit", 2))
    assert (explanation.target.index, explanation.target.kind) == (2, "logit")
    assert explanation.target.label == "open"


@every_method
@settings(max_examples=15, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_has_an_answer(method, text):
    for architecture in ("bert", "roberta"):
        (explanation,) = run(architecture, text, method)
        assert np.isfinite(explanation.token_scores).all()
        assert len(explanation.tokens) == len(explanation.token_scores)
        assert len(explanation.words) == len(explanation.word_scores) == len(explanation.offsets)
        assert explanation.prediction.probabilities == pytest.approx(
            predict(tiny.classifier(architecture), [text])[0], abs=1e-6
        )


@every_method
def test_threads_that_share_a_model_do_not_disturb_each_other(method):
    expected = run("bert", TEXTS, method)
    found = {}

    def work(number):
        found[number] = run("bert", TEXTS, method if number % 2 else "attention")

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in (1, 3):
        for one, other in zip(found[number], expected, strict=True):
            np.testing.assert_allclose(one.token_scores, other.token_scores, atol=1e-6)
