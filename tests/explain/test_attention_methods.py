"""Attention, rollout and attention × gradient, against plain computations."""

import numpy as np
import pytest
import torch

from astrid.explain.methods.attention_rollout import rollout
from astrid.explain.run import explain
from astrid.explain.targets import Target
from tests import tiny


def eager(architecture, text):
    """The stock model's own weights, in a graph from which they can be differentiated."""
    model, tokenizer = tiny.build(architecture)
    model.set_attn_implementation("eager")
    encoding = tokenizer(text, return_tensors="pt", padding=False)
    if architecture != "bert":
        encoding.pop("token_type_ids", None)
    return model(**encoding, output_attentions=True)


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_attention_x_gradient_is_what_autograd_gives(architecture):
    text = tiny.SENTENCES[0]
    model = tiny.classifier(architecture)
    output = eager(architecture, text)
    gradients = torch.autograd.grad(output.logits[0, 1], output.attentions)
    pairs = list(zip(output.attentions, gradients, strict=True))
    for rectify in (False, True):
        (found,) = explain(
            model,
            text,
            "attention_x_gradient",
            target=Target("logit", 1),
            params={"rectify": rectify},
        )
        expected = sum(
            (weights * (gradient.clamp(min=0) if rectify else gradient)).mean(1)[0].sum(0)
            for weights, gradient in pairs
        ) / len(pairs)
        expected = expected.detach().numpy()
        np.testing.assert_allclose(
            found.token_scores, expected, atol=1e-5 * max(np.abs(expected).max(), 1)
        )


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_rollout_multiplies_the_layers(architecture):
    text = tiny.SENTENCES[1]
    model = tiny.classifier(architecture)
    flow = None
    for weights in eager(architecture, text).attentions:
        step = weights[0].mean(0).detach().double()
        step = 0.5 * step + 0.5 * torch.eye(len(step), dtype=torch.float64)
        flow = step if flow is None else step @ flow
    (found,) = explain(model, text, "attention_rollout")
    expected = flow[model.encode(text).reader].numpy()
    np.testing.assert_allclose(found.token_scores, expected, atol=1e-6)
    assert found.token_scores.sum() == pytest.approx(1, abs=1e-6)


def test_rows_of_a_rollout_sum_to_one():
    weights = torch.randn(4, 3, 9, 9).softmax(-1).numpy()
    np.testing.assert_allclose(rollout(weights).sum(axis=1), 1, atol=1e-6)


def test_tokens_that_look_at_themselves_only_roll_out_to_the_reader():
    np.testing.assert_array_equal(rollout(np.eye(5)[None, None].repeat(3, 0)), np.eye(5))


@pytest.mark.parametrize("method", ["attention", "attention_x_gradient", "attention_rollout"])
def test_asking_for_weights_leaves_the_fast_kernel_in_place(method, monkeypatch):
    model = tiny.classifier("bert")
    calls = []
    kernel = torch.nn.functional.scaled_dot_product_attention

    def counted(*args, **kwargs):
        calls.append(1)
        return kernel(*args, **kwargs)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", counted)
    explain(model, tiny.SENTENCES[0], "gradient_x_input")
    before = len(calls)
    explain(model, tiny.SENTENCES[0], method)
    calls.clear()
    explain(model, tiny.SENTENCES[0], "gradient_x_input")
    assert len(calls) == before > 0
