"""Every method on language models: prompts, batches, gradients, attention."""

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients

from astrid.explain import methods
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.causal.prompt import Prompt
from tests import tiny, tiny_lm

QUICK = {"lime": {"samples": 60}, "shap": {"evaluations": 60}}
TEXTS = [*tiny.SENTENCES, "a", "good day"]
PERTURBING = [
    name
    for name in methods.names()
    if "attentions" not in methods.needs(name) and name not in ("random", "lrp")
]
every_method = pytest.mark.parametrize(
    "method", [name for name in methods.names() if "relevance" not in methods.needs(name)]
)
every_architecture = pytest.mark.parametrize("architecture", tiny_lm.ARCHITECTURES)


@every_method
@every_architecture
def test_neither_the_batch_nor_the_budget_nor_reuse_matters(architecture, method):
    params = QUICK.get(method)
    model = tiny_lm.language_model(architecture)
    plain = tiny_lm.language_model(architecture, reuse=False)
    together = explain(model, TEXTS, method, params=params)
    small = explain(plain, TEXTS, method, params=params, token_budget=100)
    for text, one, other in zip(TEXTS, together, small, strict=True):
        (alone,) = explain(model, text, method, params=params)
        np.testing.assert_allclose(one.token_scores, alone.token_scores, atol=1e-5)
        np.testing.assert_allclose(one.token_scores, other.token_scores, atol=1e-5)


@pytest.mark.parametrize("method", PERTURBING)
@every_architecture
@pytest.mark.parametrize("reuse", [True, False])
def test_the_prompt_scores_nothing(architecture, method, reuse):
    model = tiny_lm.language_model(architecture, reuse=reuse)
    for item in explain(model, TEXTS, method, params=QUICK.get(method)):
        prompt = model.encode(item.text).special
        assert np.abs(item.token_scores[prompt]).max() == 0
        assert item.special_share == 0
        assert np.abs(item.token_scores[~prompt]).max() > 0


@every_architecture
@pytest.mark.parametrize("kind", ["logit", "probability", "logit_difference"])
def test_gradients_are_those_of_transformers(architecture, kind):
    model = tiny_lm.language_model(architecture)
    module, _ = tiny_lm.build(architecture)
    encoded = model.encode(TEXTS[0])
    first, second = encoded.columns
    embeds = module.get_input_embeddings()(torch.as_tensor(encoded.ids)[None]).detach()
    embeds.requires_grad_(True)
    logits = module(inputs_embeds=embeds).logits[0, -1]
    value = {
        "logit": logits[first],
        "probability": logits.softmax(-1)[first],
        "logit_difference": logits[first] - logits[second],
    }[kind]
    (gradient,) = torch.autograd.grad(value, embeds)
    expected = (gradient * embeds).sum(-1)[0].detach().numpy()
    (item,) = explain(model, TEXTS[0], "gradient_x_input", target=Target(kind, 0, 1))
    assert item.target.value == pytest.approx(value.item(), abs=1e-5)
    own = ~encoded.special
    scale = np.abs(expected[own]).max()
    np.testing.assert_allclose(item.token_scores[own], expected[own], atol=1e-4 * scale)


@every_architecture
def test_integrated_gradients_are_captum_s_where_only_the_text_moves(architecture):
    model = tiny_lm.language_model(architecture)
    module, _ = tiny_lm.build(architecture)
    encoded = model.encode(TEXTS[0])
    own = torch.as_tensor(~encoded.special)[None, :, None]
    embeds = module.get_input_embeddings()(torch.as_tensor(encoded.ids)[None]).detach()

    def logit(rows):
        return module(inputs_embeds=rows).logits[:, -1, encoded.columns[0]]

    expected = IntegratedGradients(logit).attribute(
        embeds, torch.where(own, 0.0, embeds), n_steps=200
    )
    (item,) = explain(
        model,
        TEXTS[0],
        "integrated_gradients",
        target=Target("logit", 0),
        params={"tolerance": 1e-4, "limit": 1000},
    )
    summed = expected.sum(-1)[0].detach().numpy()
    np.testing.assert_allclose(item.token_scores, summed, atol=0.02 * np.abs(summed).max())
    moved = item.token_scores.sum()
    change = logit(embeds) - logit(torch.where(own, 0.0, embeds))
    assert moved == pytest.approx(change.item(), abs=0.01 * abs(change.item()) + 1e-3)


@every_architecture
def test_occlusion_is_what_leaving_words_out_of_the_ids_costs(architecture):
    model = tiny_lm.language_model(architecture)
    module, _ = tiny_lm.build(architecture)
    encoded = model.encode("good day")

    def probability(ids):
        with torch.no_grad():
            logits = module(torch.as_tensor(ids)[None]).logits[0, -1]
        return float(logits.softmax(-1)[encoded.columns[1]])

    own = np.flatnonzero(~encoded.special)
    expected = [
        probability(encoded.ids) - probability(np.delete(encoded.ids, place)) for place in own
    ]
    (item,) = explain(model, "good day", "occlusion", target=Target("probability", 1))
    np.testing.assert_allclose(item.word_scores, expected, atol=1e-6)


@every_architecture
def test_attention_is_read_at_the_last_token_of_the_prompt(architecture):
    model = tiny_lm.language_model(architecture)
    module, _ = tiny_lm.build(architecture)
    module.set_attn_implementation("eager")
    encoded = model.encode(TEXTS[0])
    with torch.no_grad():
        output = module(torch.as_tensor(encoded.ids)[None], output_attentions=True)
    expected = torch.stack(output.attentions)[:, 0, :, -1].mean((0, 1)).numpy()
    (item,) = explain(model, TEXTS[0], "attention")
    np.testing.assert_allclose(item.token_scores, expected, atol=1e-6)
    assert item.token_scores.sum() == pytest.approx(1, abs=1e-5)
    assert item.special_share > 0, "the prompt's part of the attention is shown"


def test_a_text_without_a_prompt_can_lose_everything():
    """No special tokens, no prompt: what is left is one filler."""
    model = tiny_lm.language_model("gpt2", Prompt(), labelled=False)
    for replace in ("delete", "pad", "attention"):
        for item in explain(model, TEXTS, "shap", params={"replace": replace, "evaluations": 40}):
            assert np.isfinite(item.token_scores).all(), replace
            assert item.completeness_gap < 1e-5


def test_texts_with_candidates_of_their_own_share_batches():
    model = tiny_lm.language_model("llama", Prompt(), labelled=False)
    texts = [*TEXTS, *reversed(TEXTS)]
    assert len({model.encode(text).columns for text in texts}) > 1
    for text, one in zip(texts, explain(model, texts, "occlusion"), strict=True):
        (alone,) = explain(model, text, "occlusion")
        assert one.target.label == alone.target.label
        np.testing.assert_allclose(one.token_scores, alone.token_scores, atol=1e-6)
