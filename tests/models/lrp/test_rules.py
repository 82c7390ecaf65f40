"""Each rule's gradient, times the input, is the relevance that is propagated by hand."""

import pytest
import torch
from torch import nn
from transformers import LlamaConfig
from transformers.activations import ACT2FN
from transformers.models.llama.modeling_llama import LlamaMLP, LlamaRMSNorm

from astrid.models.lrp import rules
from astrid.models.lrp.attention import attention
from tests.models.lrp import explicit


@pytest.fixture(autouse=True)
def _numbers():
    torch.manual_seed(0)


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def relevance_of(run, *inputs, output_relevance):
    """Input × gradient of each input, where the output's is `output_relevance`."""
    inputs = [given.clone().requires_grad_(True) for given in inputs]
    output = run(*inputs)
    gradients = torch.autograd.grad(
        output, inputs, explicit.ratio(output_relevance, output.detach())
    )
    found = [(given * grad).detach() for given, grad in zip(inputs, gradients, strict=True)]
    return output.detach(), found


def same(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11)


def filled(module):
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn_like(weight))
    return module.double()


@pytest.mark.parametrize("affine", [True, False])
def test_layer_norm(affine):
    norm = filled(nn.LayerNorm(6, eps=1e-5, elementwise_affine=affine))
    x, relevance = numbers(4, 6), numbers(4, 6)
    weight = norm.weight if affine else torch.ones(6, dtype=torch.float64)
    expected, back = explicit.norm(x, weight.detach(), norm.bias, norm.eps)
    output, (found,) = relevance_of(rules.LayerNorm(norm), x, output_relevance=relevance)
    same(output, expected.detach())
    same(output, norm(x).detach())
    same(found, back(relevance).detach())


def test_rms_norm():
    norm = filled(LlamaRMSNorm(6))
    x, relevance = numbers(4, 6), numbers(4, 6)
    expected, back = explicit.norm(x, norm.weight.detach(), None, 1e-6, centre=False)
    output, (found,) = relevance_of(rules.RmsNorm(norm), x, output_relevance=relevance)
    same(output, expected)
    torch.testing.assert_close(output, norm(x).detach(), rtol=1e-6, atol=1e-6)
    same(found, back(relevance))


ACTIVATIONS = ["gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu", "silu", "relu", "tanh"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name):
    function = ACT2FN[name]
    x, relevance = numbers(50), numbers(50)
    output, (found,) = relevance_of(rules.Activation(function), x, output_relevance=relevance)
    assert torch.equal(output, function(x))
    # An output of 0, as ReLU's, has no relevance to give.
    _, back = explicit.activation(x, function)
    same(found, torch.where(output == 0, 0.0, back(relevance)))


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_an_activation_at_zero_has_its_slope(name, dtype):
    function = rules.Activation(ACT2FN[name])
    slopes = {"relu": 0.0, "tanh": 1.0}
    x = torch.tensor([0.0, torch.finfo(dtype).tiny / 4], dtype=dtype, requires_grad=True)
    (gradient,) = torch.autograd.grad(function(x).sum(), x)
    assert gradient.tolist() == [slopes.get(name, 0.5)] * 2


def test_an_activation_may_be_built_where_gradients_are_off():
    with torch.inference_mode():
        assert rules.Activation(nn.GELU()).at_zero == 0.5


def test_product():
    first, second, relevance = numbers(5), numbers(5), numbers(5)
    _, back = explicit.product(first, second)
    _, found = relevance_of(
        lambda a, b: rules.shared(a * b), first, second, output_relevance=relevance
    )
    for one, expected in zip(found, back(relevance), strict=True):
        same(one, expected)


class Layer(nn.Module):
    is_causal = False
    num_key_value_groups = 1


@pytest.mark.parametrize("causal", [False, True])
def test_attention(causal):
    query, key, value = numbers(2, 4, 3), numbers(2, 4, 3), numbers(2, 4, 3)
    relevance = numbers(2, 4, 3)
    allowed = torch.ones(4, 4, dtype=torch.bool).tril() if causal else None

    def run(query, key, value):
        output, _ = attention(
            Layer(), query[None], key[None], value[None], None, scaling=0.7, is_causal=causal
        )
        return output[0].transpose(0, 1)

    expected, back = explicit.attention(query, key, value, 0.7, allowed)
    output, found = relevance_of(run, query, key, value, output_relevance=relevance)
    same(output, expected)
    for one, by_hand in zip(found, back(relevance), strict=True):
        same(one, by_hand)


def test_softmax_keeps_its_gradient():
    x, relevance = numbers(3, 5), numbers(3, 5)
    _, back = explicit.softmax(x)
    _, (found,) = relevance_of(lambda x: x.softmax(-1), x, output_relevance=relevance)
    same(found, back(relevance))


@pytest.mark.parametrize("bias", [False, True])
def test_gated_product(bias):
    config = LlamaConfig(hidden_size=6, intermediate_size=8, num_attention_heads=2, mlp_bias=bias)
    mlp = filled(LlamaMLP(config))
    x, relevance = numbers(4, 6), numbers(4, 6)
    expected, back = explicit_gated(mlp, x)
    plain = mlp(x).detach()
    mlp.act_fn = rules.Activation(mlp.act_fn)
    output, (found,) = relevance_of(rules.GatedProduct(mlp), x, output_relevance=relevance)
    same(output, expected)
    assert torch.equal(output, plain)
    same(found, back(relevance))


def explicit_gated(mlp, x):
    parts = {name: weight.detach() for name, weight in mlp.named_parameters()}

    def dense(name, given):
        return explicit.linear(given, parts[f"{name}.weight"], parts.get(f"{name}.bias"))

    before, back_gate = dense("gate_proj", x)
    up, back_up = dense("up_proj", x)
    gate, back_act = explicit.activation(before, nn.functional.silu)
    gated, back_product = explicit.product(gate, up)
    output, back_down = dense("down_proj", gated)

    def back(relevance):
        to_gate, to_up = back_product(back_down(relevance))
        return back_gate(back_act(to_gate)) + back_up(to_up)

    return output, back


def test_the_rules_change_no_value_in_half_precision():
    norm = filled(nn.LayerNorm(32)).to(torch.bfloat16)
    x = torch.randn(4, 32).to(torch.bfloat16)
    torch.testing.assert_close(rules.LayerNorm(norm)(x), norm(x), rtol=1e-2, atol=1e-2)
    assert rules.LayerNorm(norm)(x).dtype == torch.bfloat16
