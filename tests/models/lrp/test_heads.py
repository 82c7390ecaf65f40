"""Astrid's own classifiers: each head hands relevance down as it does by hand."""

import pytest
import torch
from torch import nn

from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.classifier import AstridClassifier
from astrid.models.configuration import AstridConfig
from astrid.models.heads import head_names
from astrid.models.text_model import TransformerClassifier
from tests import tiny
from tests.models.lrp import explicit

ENCODERS = ("bert", "distilbert", "roberta")
SETTINGS = {"mlp": {"hidden": (12, 8)}, "dual": {"size": 8}}
CASES = [
    (name, pooling)
    for name in head_names()
    for pooling in (("cls", "mean") if name != "attention" else (None,))
]


def build(head, pooling=None, encoder="bert"):
    model, tokenizer = tiny.build(encoder)
    params = {**SETTINGS.get(head, {}), **({"pooling": pooling} if pooling else {})}
    config = AstridConfig(
        encoder_config=model.config.to_dict(),
        head=head,
        head_params=params,
        id2label=tiny.LABELS,
    )
    torch.manual_seed(0)
    own = AstridClassifier(config).double().eval()
    for weight in own.parameters():
        nn.init.normal_(weight, std=0.3)
    return TransformerClassifier(own, tokenizer, name=head)


def dense(layer, x):
    bias = None if layer.bias is None else layer.bias
    return explicit.linear(x, layer.weight, bias)


def pooled(x, pooling):
    """`[T, D]` to `[D]`, a linear map."""
    weights = torch.zeros(len(x), dtype=x.dtype)
    weights[:1] = 1
    if pooling == "mean":
        weights[:] = 1 / len(x)
    z = weights @ x
    return z, lambda relevance: weights[:, None] * x * explicit.ratio(relevance, z)


def stack(layers, x):
    """Linear layers and ReLUs in turn."""
    backs = []
    for layer in layers:
        if isinstance(layer, nn.Dropout):
            continue
        if isinstance(layer, nn.ReLU):
            x, back = explicit.activation(x, torch.relu)
        else:
            x, back = dense(layer, x)
        backs.append(back)

    def whole(relevance):
        for back in reversed(backs):
            relevance = back(relevance)
        return relevance

    return x, whole


def linear(head, x):
    return stack([head.output], x)


def mlp(head, x):
    return stack([*head.hidden, head.output], x)


def dual(head, x):
    (first, to_first), (second, to_second) = stack(head.first, x), stack(head.second, x)
    logits, back = dense(head.fusion, torch.cat([first, second]))

    def both(relevance):
        for_first, for_second = back(relevance).split(len(first))
        return to_first(for_first) + to_second(for_second)

    return logits, both


def ensemble(head, x):
    steps = [dense(member.output, x) for member in head.members]
    logits = torch.stack([z for z, _ in steps]).mean(0)

    def back(relevance):
        whole = explicit.ratio(relevance, logits) / len(steps)
        return sum(step(z * whole) for z, step in steps)

    return logits, back


def attention(head, x):
    scores, to_x = dense(head.score, x)
    weights, to_scores = explicit.softmax(scores[:, 0])
    gathered, to_parts = explicit.matmul(weights[None], x)
    logits, to_gathered = dense(head.output, gathered[0])

    def back(relevance):
        to_weights, to_values = to_parts(to_gathered(relevance)[None])
        return to_values + to_x(to_scores(to_weights[0])[:, None])

    return logits, back


BY_HAND = {"linear": linear, "mlp": mlp, "dual": dual, "ensemble": ensemble}


def test_every_head_is_looked_at():
    assert {*BY_HAND, "attention"} == {*head_names()}


@pytest.mark.parametrize(("name", "pooling"), CASES)
def test_a_head_equals_propagation_by_hand(name, pooling):
    model = build(name, pooling)
    head = model._relevance.module().head
    plain = model.module.head
    torch.manual_seed(1)
    sequence = torch.randn(1, 6, 32, dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[1, 1, 1, 1, 0, 0]])
    logits = head(sequence, mask)
    torch.testing.assert_close(logits, plain(sequence, mask), rtol=1e-12, atol=1e-12)
    (gradient,) = torch.autograd.grad(logits[0, 1], sequence)
    found = (sequence * gradient).detach()[0]

    real = sequence.detach()[0, :4]
    with torch.no_grad():
        if name == "attention":
            expected_logits, back = attention(plain, real)
        else:
            vector, unpool = pooled(real, pooling)
            expected_logits, back_head = BY_HAND[name](plain, vector)
            back = lambda relevance: unpool(back_head(relevance))  # noqa: E731
        only = torch.zeros(3, dtype=torch.float64)
        only[1] = expected_logits[1]
        expected = back(only)
    torch.testing.assert_close(found[:4], expected, rtol=1e-9, atol=1e-12)
    assert not found[4:].any(), "padding has no relevance"


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("name", head_names())
def test_classifiers_of_astrid_offer_it(name, encoder):
    model = build(name, encoder=encoder)
    assert "relevance" in model.answers
    (found,) = explain(model, tiny.SENTENCES[2], "lrp", target=Target("logit", 1))
    assert found.token_scores.any()
    # The tree's own values, by which the gap is taken, are the model's.
    difference = abs(found.token_scores.sum() - found.target.value)
    assert found.completeness_gap == pytest.approx(difference, abs=1e-6)


def test_a_head_that_was_added_later_is_refused():
    model = build("linear")

    class Head(type(model.module.head)):
        pass

    model.module.head.__class__ = Head
    again = TransformerClassifier(model.module, tiny.wordpiece(), name="added")
    assert "relevance" not in again.answers
