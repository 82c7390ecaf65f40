"""What every attribution method promises, on every kind of model."""

import random
from functools import cache
from threading import Thread

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from astrid import plugins
from astrid.errors import InputError
from astrid.explain import methods
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.models.protocol import Batch, ReadsStrings
from astrid.models.text_model import TransformerClassifier
from astrid.spec import Spec
from tests import model_kinds, tiny

CHEAP = {
    "expected_gradients": {"samples": 4},
    "integrated_gradients": {"steps": 4},
    "kernel_shap": {"evaluations": 12},
    "lime": {"samples": 12},
    "shap": {"evaluations": 12},
    "shapley": {"evaluations": 12, "exact_up_to": 2},
    "smooth_grad": {"samples": 4},
}
"""Settings with which a method is quick; a method that isn't named runs with its own."""

TEXTS = [tiny.SENTENCES[2], "The judge left.", "a", tiny.SENTENCES[0]]
OTHERS = ["b c", tiny.SENTENCES[1] * 4]


@cache
def runs(method, name):
    return methods.runs_on(method, model_kinds.kind(name).model)


every_method = pytest.mark.parametrize("method", methods.names())
every_kind = pytest.mark.parametrize("name", model_kinds.KINDS)


def run(name, texts, method, **options):
    model = model_kinds.kind(name).model
    if not runs(method, name):
        # The refusal itself is tested below.
        pytest.skip("the kind can't answer what the method needs")
    return explain(model, texts, method, params=CHEAP.get(method), **options)


@cache
def together(name, method):
    """Explanations of `TEXTS`, made once for all tests that only look at them."""
    return run(name, TEXTS, method)


def alike(one, other):
    scale = max(1.0, np.abs(other.token_scores).max())
    np.testing.assert_allclose(one.token_scores, other.token_scores, atol=1e-5 * scale)


@every_method
def test_the_file_exports_what_a_method_must(method):
    module = plugins.load("astrid.explain.methods", method)
    assert issubclass(module.Params, Spec)
    assert {"values", "gradients", "attentions", "relevance"} >= module.NEEDS
    assert "$$" in module.__doc__ or method == "shap", "the formula or definition"
    assert module.explain.__doc__


@every_method
@every_kind
def test_a_batch_gives_what_single_texts_give(name, method):
    for text, explanation in zip(TEXTS, together(name, method), strict=True):
        (alone,) = run(name, text, method)
        alike(alone, explanation)


@every_method
@every_kind
def test_neither_order_nor_budget_nor_other_texts_matter(name, method):
    texts = [*TEXTS[1:], *OTHERS, TEXTS[0]]
    random.Random(0).shuffle(texts)
    found = dict(zip(texts, run(name, texts, method, token_budget=96), strict=True))
    for text, explanation in zip(TEXTS, together(name, method), strict=True):
        alike(found[text], explanation)


@every_method
@every_kind
def test_the_same_seed_gives_the_same_bytes(name, method):
    for one, other in zip(run(name, TEXTS, method), together(name, method), strict=True):
        assert one.token_scores.tobytes() == other.token_scores.tobytes()
        assert one.to_dict() == other.to_dict()


@every_method
@every_kind
def test_the_prediction_is_that_of_the_plain_text(name, method):
    plain = model_kinds.kind(name).plain
    for explanation in together(name, method):
        assert np.isfinite(explanation.token_scores).all()
        if plain is not None:
            expected = plain(explanation.text)
            np.testing.assert_allclose(explanation.prediction.probabilities, expected, atol=1e-5)


@every_method
@every_kind
def test_words_sum_their_pieces_and_special_tokens_belong_to_none(name, method):
    for explanation in together(name, method):
        inside = explanation.word_scores.sum()
        outside = explanation.token_scores.sum() - inside
        total = np.abs(explanation.token_scores).sum()
        assert abs(outside) <= explanation.special_share * total + 1e-9
        assert len(explanation.tokens) == len(explanation.token_scores)
        for word, (start, end) in zip(explanation.words, explanation.offsets, strict=True):
            assert explanation.text[start:end] == word


@every_method
@every_kind
def test_the_target_is_what_was_asked_for(name, method):
    model = model_kinds.kind(name).model
    last = len(model.labels) - 1
    (explanation,) = run(name, TEXTS[1], method, target=Target("logit", last))
    assert (explanation.target.index, explanation.target.kind) == (last, "logit")
    assert explanation.target.label == model.labels[last]


@every_method
@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=60), name=st.sampled_from(sorted(model_kinds.KINDS)))
def test_any_text_has_an_answer(method, text, name):
    if not runs(method, name):
        return
    model = model_kinds.kind(name).model
    reads_tokens = not isinstance(model, ReadsStrings)
    if not text and reads_tokens and not model.encode("a").special.any():
        # A tokenizer that adds no tokens leaves nothing of an empty text.
        with pytest.raises(InputError, match="no token"):
            model.encode(text)
        return
    (explanation,) = run(name, text, method)
    assert np.isfinite(explanation.token_scores).all()
    assert len(explanation.tokens) == len(explanation.token_scores)
    assert len(explanation.words) == len(explanation.word_scores) == len(explanation.offsets)
    expected = pytest.approx(predict(model, [text])[0], abs=1e-6)
    assert explanation.prediction.probabilities == expected


@every_method
@every_kind
def test_what_a_kind_can_not_answer_is_refused_in_one_line(name, method):
    if runs(method, name):
        pytest.skip("nothing to refuse")
    model = model_kinds.kind(name).model
    with pytest.raises(InputError) as caught:
        explain(model, TEXTS[0], method)
    message = str(caught.value)
    assert message.startswith(f"{method} needs ")
    assert model.name in message
    assert "\n" not in message
    assert TEXTS[0] not in message


@every_method
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("architecture", ["bert", "gpt2"])
def test_weights_that_are_no_numbers_name_method_and_text(architecture, method, value):
    model = broken(architecture, value)
    with pytest.raises(InputError, match=f"{method}: text 1 gets answers that are not fin") as it:
        explain(model, [TEXTS[2], TEXTS[1]], method, params=CHEAP.get(method))
    assert "judge" not in str(it.value)
    with pytest.raises(InputError, match="text 1 gets an output that is not finite"):
        predict(model, [TEXTS[2], TEXTS[1]])


@cache
def broken(architecture, value):
    """A model whose embedding of the second text's tokens is spoilt, and of the first's is not."""
    module, tokenizer = tiny.build(architecture)
    intact = set(tokenizer(TEXTS[2])["input_ids"])
    spoilt = [token for token in tokenizer(TEXTS[1])["input_ids"] if token not in intact]
    with torch.no_grad():
        module.get_input_embeddings().weight[spoilt] = value
    return TransformerClassifier(module, tokenizer, "broken")


class Small:
    """A model on a machine that has no room for batches of more than `most` tokens."""

    def __init__(self, model, most):
        self._model, self._most, self.refused = model, most, 0

    def __getattr__(self, name):
        return getattr(self._model, name)

    def _check(self, batch: Batch):
        size = batch.mask.numel() if batch.texts is None else 12 * len(batch.texts)
        if len(batch.mask) > 1 and size > self._most:
            self.refused += 1
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")

    def values(self, batch, *rest, **options):
        self._check(batch)
        return self._model.values(batch, *rest, **options)

    def attentions(self, batch, *rest, **options):
        self._check(batch)
        return self._model.attentions(batch, *rest, **options)


@every_method
@every_kind
def test_out_of_memory_halves_the_batches_and_changes_no_score(name, method):
    expected = together(name, method)
    # Twice the same texts, so that even a method of one row a text fills a batch.
    small = Small(model_kinds.kind(name).model, 24)
    found = explain(small, [*TEXTS, *TEXTS], method, params=CHEAP.get(method))
    assert small.refused
    for one, other in zip(found, [*expected, *expected], strict=True):
        alike(one, other)


@every_method
def test_threads_that_share_a_model_do_not_disturb_each_other(method):
    expected = together("bert", method)
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
