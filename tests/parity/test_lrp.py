"""Whole models: LRP equals relevance that is propagated by hand, and does not drift."""

import numpy as np
import pytest
import torch
from torch import nn
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.protocol import Batch
from astrid.models.text_model import TransformerClassifier
from tests import tiny
from tests.explain.test_linear_model import TEXT, LinearModel
from tests.models.lrp import explicit


def filled(architecture):
    """A tiny model in float64 whose weights, biases too, depend on their names alone."""
    model, tokenizer = tiny.build(architecture)
    model = model.double()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            random = np.random.default_rng(list(name.encode()))
            drawn = random.standard_normal(tuple(weight.shape)) * 0.3
            weight.copy_(torch.as_tensor(drawn))
            if "norm" in name.lower() or ".ln_" in name:
                weight.add_(1.0 if name.endswith("weight") else 0.0)
    return TransformerClassifier(model, tokenizer, name=architecture)


def dense(layer, x):
    return explicit.linear(x, layer.weight, layer.bias)


def attention(x, parts, size, scale, turn=lambda q, k: (q, k, lambda r, s: (r, s)), allowed=None):
    """Attention up to its output map, on `[T, D]`; `turn` rotates queries and keys."""
    (query, to_query), (key, to_key), (value, to_value) = (dense(part, x) for part in parts)
    query_H, key_H, value_H = (explicit.heads(part, size) for part in (query, key, value))
    repeats = len(query_H) // len(key_H)
    query_H, key_H, turn_back = turn(query_H, key_H)
    key_R, value_R = (part.repeat_interleave(repeats, 0) for part in (key_H, value_H))
    context, back_context = explicit.attention(query_H, key_R, value_R, scale, allowed)

    def gather(relevance):
        return relevance.view(-1, repeats, *relevance.shape[1:]).sum(1)

    def back(relevance):
        found_q, found_k, found_v = back_context(explicit.heads(relevance, size))
        found_q, found_k = turn_back(found_q, gather(found_k))
        return (
            to_query(explicit.merged(found_q))
            + to_key(explicit.merged(found_k))
            + to_value(explicit.merged(gather(found_v)))
        )

    return explicit.merged(context), back


def layer_norm(norm, x):
    return explicit.norm(x, norm.weight, norm.bias, norm.eps)


def bert_layer(layer, x):
    own = layer.attention.self
    context, to_attention = attention(x, (own.query, own.key, own.value), 8, 8**-0.5)
    mixed, to_context = dense(layer.attention.output.dense, context)
    summed, to_both = explicit.added(mixed, x)
    attended, to_summed = layer_norm(layer.attention.output.LayerNorm, summed)
    wide, to_attended = dense(layer.intermediate.dense, attended)
    active, to_wide = explicit.activation(wide, nn.functional.gelu)
    narrow, to_active = dense(layer.output.dense, active)
    total, to_parts = explicit.added(narrow, attended)
    output, to_total = layer_norm(layer.output.LayerNorm, total)

    def back(relevance):
        to_narrow, residual = to_parts(to_total(relevance))
        residual = residual + to_attended(to_wide(to_active(to_narrow)))
        to_mixed, input_share = to_both(to_summed(residual))
        return input_share + to_attention(to_context(to_mixed))

    return output, back


def bert(model, words, column):
    table = model.bert.embeddings
    rest = table.position_embeddings.weight[: len(words)] + table.token_type_embeddings.weight[0]
    embedded, to_words = explicit.added(words, rest)
    hidden, back = layer_norm(table.LayerNorm, embedded)
    steps = [back]
    for layer in model.bert.encoder.layer:
        hidden, back = bert_layer(layer, hidden)
        steps.append(back)
    pooled, to_first = dense(model.bert.pooler.dense, hidden[0])
    active, to_pooled = explicit.activation(pooled, torch.tanh)
    logits, to_active = dense(model.classifier, active)
    relevance = torch.zeros_like(hidden)
    only = torch.zeros_like(logits)
    only[column] = logits[column]
    relevance[0] = to_first(to_pooled(to_active(only)))
    for back in reversed(steps):
        relevance = back(relevance)
    return logits, to_words(relevance)[0].sum(-1)


def rotation(model, length):
    """Queries and keys turned by their places: a linear map a token, written as a matrix."""
    cos, sin = model.model.rotary_emb(
        torch.zeros(1, length, 8).double(), torch.arange(length)[None]
    )
    identity = torch.eye(8).double().expand(1, 1, length, 8, 8)
    units = [identity[..., i] for i in range(8)]
    columns = [apply_rotary_pos_emb(unit, unit, cos, sin)[0] for unit in units]
    matrices_TEE = torch.stack(columns, -1)[0, 0]

    def turned(x_HTE):
        steps = [explicit.linear(x_HTE[:, t], matrices_TEE[t]) for t in range(length)]
        backs = [back for _, back in steps]
        return torch.stack([z for z, _ in steps], 1), lambda r: torch.stack(
            [back(r[:, t]) for t, back in enumerate(backs)], 1
        )

    def turn(query, key):
        (query, to_query), (key, to_key) = turned(query), turned(key)
        return query, key, lambda r, s: (to_query(r), to_key(s))

    return turn


def rms_norm(norm, x):
    return explicit.norm(x, norm.weight, None, norm.variance_epsilon, centre=False)


def llama_layer(layer, x, turn, allowed):
    own = layer.self_attn
    normal, to_x = rms_norm(layer.input_layernorm, x)
    projections = (own.q_proj, own.k_proj, own.v_proj)
    context, to_normal = attention(normal, projections, 8, 8**-0.5, turn, allowed)
    mixed, to_context = dense(own.o_proj, context)
    summed, to_both = explicit.added(mixed, x)
    flat, to_summed = rms_norm(layer.post_attention_layernorm, summed)
    before, to_flat = dense(layer.mlp.gate_proj, flat)
    gate, to_before = explicit.activation(before, nn.functional.silu)
    up, up_to_flat = dense(layer.mlp.up_proj, flat)
    gated, to_factors = explicit.product(gate, up)
    down, to_gated = dense(layer.mlp.down_proj, gated)
    output, to_parts = explicit.added(down, summed)

    def back(relevance):
        to_down, residual = to_parts(relevance)
        to_gate, to_up = to_factors(to_gated(to_down))
        residual = residual + to_summed(to_flat(to_before(to_gate)) + up_to_flat(to_up))
        to_mixed, input_share = to_both(residual)
        return input_share + to_x(to_normal(to_context(to_mixed)))

    return output, back


def llama(model, words, column):
    hidden, steps = words, []
    turn = rotation(model, len(words))
    allowed = torch.ones(len(words), len(words), dtype=torch.bool).tril()
    for layer in model.model.layers:
        hidden, back = llama_layer(layer, hidden, turn, allowed)
        steps.append(back)
    normal, to_hidden = rms_norm(model.model.norm, hidden)
    logits, to_normal = dense(model.score, normal[-1])
    relevance = torch.zeros_like(hidden)
    only = torch.zeros_like(logits)
    only[column] = logits[column]
    relevance[-1] = to_normal(only)
    relevance = to_hidden(relevance)
    for back in reversed(steps):
        relevance = back(relevance)
    return logits, relevance.sum(-1)


@pytest.mark.parametrize(("architecture", "by_hand"), [("bert", bert), ("llama", llama)])
@pytest.mark.parametrize("column", [0, 2])
def test_equals_propagation_by_hand(architecture, by_hand, column):
    model = filled(architecture)
    text = tiny.SENTENCES[2]
    (found,) = explain(model, text, "lrp", target=Target("logit", column))
    words = model.embed(torch.as_tensor(model.encode(text).ids))
    with torch.no_grad():
        logits, expected = by_hand(model.module, words, column)
    assert found.target.value == pytest.approx(float(logits[column]), abs=1e-5)
    # Llama's own rotation is computed in float32.
    np.testing.assert_allclose(found.token_scores, expected, rtol=1e-5, atol=1e-7)
    gap = abs(float(expected.sum() - logits[column]))
    assert found.completeness_gap == pytest.approx(gap, abs=1e-5)


GOLDEN = {
    "bert": [0.15017843, -0.18180650, 0.00352977, -0.08641088, 0.03421031],
    "distilbert": [0.04289284, 0.33158632, 0.32623679, -0.55959041, 0.03875352],
    "roberta": [0.57106760, -0.23788327, 0.10820102, 0.66364255, -0.19905708],
    "gpt2": [-0.01441453, 0.22446942, 0.74790277, 0.35664571, -0.16342429],
    "llama": [-1.35493943, -0.09582945, -0.00224439, 0.10620414, -0.39209876],
}
"""Of these weights, by this code; what they mean is checked above and by conservation."""


def relevance_of(model, ids):
    """The words' relevance `[T]` for the logit of class 1, of ids that no tokenizer chose."""
    embeds = model.embed(torch.tensor([ids])).requires_grad_(True)
    mask = torch.ones(1, len(ids), dtype=torch.long)
    logits = model.relevance_values(Batch(mask, torch.zeros_like(mask), embeds=embeds))
    (gradient,) = torch.autograd.grad(logits[0, 1], embeds)
    return (embeds * gradient).sum(-1)[0].detach()


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_scores_do_not_drift(architecture):
    found = relevance_of(filled(architecture), [2, 7, 30, 11, 3])
    np.testing.assert_allclose(found, GOLDEN[architecture], rtol=1e-5, atol=1e-7)


class LinearRelevance(LinearModel):
    """Linear all through: relevance is the ordinary gradient times the input."""

    answers = frozenset(("values", "gradients", "relevance"))

    def relevance_values(self, batch):
        return self.values(batch)


def test_a_linear_model_gives_its_weights():
    model = LinearRelevance()
    (found,) = explain(model, TEXT, "lrp", target=Target("logit", 1))
    embeds = model.embed(torch.as_tensor(model.encode(TEXT).ids))
    np.testing.assert_allclose(found.token_scores, embeds @ model.weights[:, 1], rtol=1e-12)
    assert found.completeness_gap == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("architecture", ["bert", "gpt2"])
def test_a_probability_is_the_class_against_the_average(architecture):
    """φ(p_k) = p_k · (φ(z_k) − Σ_j p_j φ(z_j)), as the softmax keeps its gradient."""
    model = filled(architecture)
    text = tiny.SENTENCES[0]
    (found,) = explain(model, text, "lrp", target=Target("probability", 1))
    logits = [explain(model, text, "lrp", target=Target("logit", k))[0] for k in range(3)]
    p = np.array(found.prediction.probabilities)
    average = sum(p[k] * logits[k].token_scores for k in range(3))
    expected = p[1] * (logits[1].token_scores - average)
    np.testing.assert_allclose(found.token_scores, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_relevance_is_another_than_the_gradients(architecture):
    model = filled(architecture)
    lrp, plain = (
        explain(model, tiny.SENTENCES[0], method, target=Target("logit", 1))[0].token_scores
        for method in ("lrp", "gradient_x_input")
    )
    assert np.abs(lrp - plain).max() > 0.05 * np.abs(plain).max()
