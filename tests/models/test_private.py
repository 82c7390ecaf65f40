"""What somebody did to a model before or around an explanation changes no explanation."""

import warnings

import numpy as np
import pytest
import torch

from astrid.explain import methods
from astrid.explain.generation import explain_generation
from astrid.explain.run import explain, predict, stream
from astrid.models.causal.model import CausalModel
from astrid.models.text_model import TransformerClassifier
from tests import model_kinds, tiny, tiny_lm

TEXT = "good day for the tenant"


def for_training(module):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.enable_input_require_grads()
        module.gradient_checkpointing_enable()


def by_hand(module):
    module.get_input_embeddings().register_forward_hook(
        lambda part, given, found: found.requires_grad_(True)
    )


def language_model(module, tokenizer):
    return CausalModel(module, tokenizer, prompt=tiny_lm.PROMPT, labels=tiny_lm.LABELS)


MODELS = {
    "bert": (lambda: tiny.build("bert"), TransformerClassifier),
    "llama": (lambda: tiny.build("llama"), TransformerClassifier),
    "lora": (lambda: model_kinds.adapted("bert", ["query"]), TransformerClassifier),
    "gpt2 language model": (lambda: tiny_lm.build("gpt2"), language_model),
}
every_model = pytest.mark.parametrize(("build", "wrap"), MODELS.values(), ids=MODELS)


def every_method(model):
    """Scores of all methods that the model can be given to, by name."""
    names = [name for name in methods.names() if methods.runs_on(name, model)]
    return {name: explain(model, TEXT, name)[0].token_scores for name in names}


def assert_alike(found, expected):
    assert found.keys() == expected.keys()
    for name, scores in expected.items():
        np.testing.assert_allclose(found[name], scores, atol=1e-6, err_msg=name)


@every_model
def test_models_made_ready_for_training_give_what_they_gave(build, wrap):
    expected = every_method(wrap(*build()))
    module, tokenizer = build()
    for_training(module)
    hooks = dict(module.get_input_embeddings()._forward_hooks)
    assert hooks
    assert_alike(every_method(wrap(module, tokenizer)), expected)
    assert module.get_input_embeddings()._forward_hooks == hooks


@every_model
def test_a_hook_that_asks_for_gradients_leaves_gradient_methods_whole(build, wrap):
    module, tokenizer = build()
    by_hand(module)
    model = wrap(module, tokenizer)
    plain = every_method(wrap(*build()))
    # Relevance is refused: what a strange hook does has no rule.
    assert_alike(every_method(model), {k: v for k, v in plain.items() if k != "lrp"})


def test_weights_are_shared_whatever_is_hooked_in():
    module, tokenizer = tiny.build("bert")
    for_training(module)
    model = TransformerClassifier(module, tokenizer)
    own = {weight.data_ptr() for weight in module.parameters()}
    assert {weight.data_ptr() for weight in model.module.parameters()} == own


MODES = {
    "inference mode": torch.inference_mode,
    "no_grad": torch.no_grad,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
}
every_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)


@every_mode
@every_model
def test_modes_around_a_call_change_nothing(build, wrap, mode):
    model = wrap(*build())
    expected = every_method(model)
    with mode():
        assert_alike(every_method(model), expected)


@every_mode
@every_model
def test_models_may_be_made_and_wrapped_in_any_mode(build, wrap, mode):
    expected = every_method(wrap(*build()))
    module, tokenizer = build()
    with mode():
        model = wrap(module, tokenizer)
    assert_alike(every_method(model), expected)
    with mode():
        model = wrap(*build())
    assert_alike(every_method(model), expected)


@every_mode
def test_answers_and_continuations_are_the_same_in_every_mode(mode):
    models = [MODELS[name][1](*MODELS[name][0]()) for name in ("bert", "gpt2 language model")]
    expected = [predict(model, TEXT) for model in models]
    written = explain_generation(models[1], TEXT, "occlusion", max_new_tokens=3)
    with mode():
        for model, answer in zip(models, expected, strict=True):
            np.testing.assert_allclose(predict(model, TEXT), answer, atol=1e-7)
        again = explain_generation(models[1], TEXT, "occlusion", max_new_tokens=3)
    for one, other in zip(again, written, strict=True):
        np.testing.assert_allclose(one.token_scores, other.token_scores, atol=1e-6)


def test_a_loop_over_explanations_keeps_its_own_modes():
    model = tiny.classifier("bert")
    with torch.inference_mode():
        for _ in stream(model, tiny.SENTENCES, "gradient_x_input"):
            assert torch.is_inference_mode_enabled()
