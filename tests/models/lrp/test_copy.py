"""The rules live in a tree of their own: nobody else sees them, and strange models are refused."""

import copy
from threading import Barrier, Thread

import numpy as np
import pytest
import torch
from torch import nn
from transformers import ElectraConfig, ElectraForSequenceClassification

from astrid.errors import InputError
from astrid.explain.batches import take
from astrid.explain.requests import PathRows
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.explain.work import start
from astrid.models.lrp import parts, rules
from astrid.models.protocol import Batch
from astrid.models.text_model import TransformerClassifier
from tests import tiny

every_architecture = pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
LOGIT = Target("logit", 1)
OTHERS = ("gradient_x_input", "attention", "attention_x_gradient")


def fresh(architecture, seed=0):
    model, tokenizer = tiny.build(architecture, seed)
    return TransformerClassifier(model, tokenizer, name=architecture), model


def scores(model, method="lrp"):
    return [
        found.token_scores.tobytes()
        for found in explain(model, tiny.SENTENCES, method, target=LOGIT)
    ]


def batch(model, rows=2, tokens=6):
    torch.manual_seed(0)
    ids = torch.randint(5, 100, (rows, tokens))
    mask = torch.ones(rows, tokens, dtype=torch.long)
    if model.pads:
        mask[1, 4:] = 0
    return Batch(mask=mask, type_ids=torch.zeros_like(mask), ids=ids)


@every_architecture
def test_values_are_the_plain_models(architecture):
    model, _ = fresh(architecture)
    given = batch(model)
    with torch.inference_mode():
        plain, following = model.values(given), model.relevance_values(given)
    torch.testing.assert_close(following, plain, rtol=1e-6, atol=1e-6)


@every_architecture
def test_weights_are_shared(architecture):
    model, _ = fresh(architecture)
    own = {weight.data_ptr() for weight in model.module.parameters()}
    found = {weight.data_ptr() for weight in model._relevance.module().parameters()}
    assert found == own


@every_architecture
def test_other_methods_give_the_same_bytes_afterwards(architecture):
    model, _ = fresh(architecture)
    before = {method: scores(model, method) for method in OTHERS}
    relevance = scores(model)
    assert {method: scores(model, method) for method in OTHERS} == before
    assert scores(model) == relevance


def everything(module):
    """Types, settings and weights of a model, to be compared."""
    return (
        [(name, type(part)) for name, part in module.named_modules()],
        copy.deepcopy(module.config.to_dict()),
        module.config._attn_implementation,
        [weight.detach().clone() for weight in module.parameters()],
        [(weight.requires_grad, weight.grad) for weight in module.parameters()],
    )


def same(first, second):
    assert first[:3] == second[:3]
    assert all(torch.equal(one, other) for one, other in zip(first[3], second[3], strict=True))
    assert first[4] == second[4]


@every_architecture
def test_the_users_model_stays_as_it_is(architecture):
    model, given = fresh(architecture)
    before, inside = everything(given), everything(model.module)
    scores(model)
    same(everything(given), before)
    same(everything(model.module), inside)


@pytest.mark.parametrize("where", ["forwards", "backwards", "building"])
def test_an_error_in_the_middle_leaves_nothing_behind(where, monkeypatch):
    model, given = fresh("bert")
    expected = scores(fresh("bert")[0])
    before, inside = everything(given), everything(model.module)
    plain = scores(model, "gradient_x_input")

    def fail(*_):
        raise ArithmeticError(where)

    with monkeypatch.context() as patched:
        places = {
            "forwards": (rules.Activation, "forward"),
            "backwards": (rules._FixedRatio, "backward"),
            "building": (rules, "_slope_at_zero"),
        }
        patched.setattr(*places[where], fail)
        with pytest.raises(ArithmeticError, match=where):
            scores(model)
    same(everything(given), before)
    same(everything(model.module), inside)
    assert scores(model, "gradient_x_input") == plain
    assert scores(model) == expected


def test_threads_with_two_models_give_what_each_gives_alone():
    expected = {name: scores(fresh(name)[0]) for name in ("bert", "gpt2")}
    plain = {name: scores(fresh(name)[0], "gradient_x_input") for name in expected}
    models = {name: fresh(name)[0] for name in expected}
    found = {}
    start = Barrier(6)

    def work(name, method, number):
        start.wait()
        found[name, method, number] = scores(models[name], method)

    # Two threads ask each model for its first relevance at once; a third asks for gradients.
    jobs = [
        (name, method, number)
        for name in expected
        for number, method in enumerate(("lrp", "lrp", "gradient_x_input"))
    ]
    threads = [Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, method, number in jobs:
        assert found[name, method, number] == (expected if method == "lrp" else plain)[name]


def test_relevance_and_gradients_never_share_a_batch():
    model, _ = fresh("bert")
    text = model.encode(tiny.SENTENCES[0])
    works = [
        start(model, text, PathRows(np.ones(1), np.ones(1), rules=kind), {})
        for kind in ("gradient", "relevance", "gradient")
    ]
    taken = take([chunk for work in works for chunk in work.chunks()], 10_000)
    assert [chunk.work for chunk in taken] == [works[0], works[2]]


class OtherNorm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x).abs()


def subclassed(model):
    model.bert.embeddings.LayerNorm = OtherNorm(32)


def hooked(model):
    model.bert.encoder.layer[0].output.register_forward_hook(lambda part, given, out: out * 2)


def own_forward(model):
    part = model.bert.encoder.layer[1].intermediate
    part.forward = part.forward


def plain_function(model):
    part = model.bert.encoder.layer[1].intermediate
    del part.intermediate_act_fn
    part.intermediate_act_fn = torch.sin


def strange_activation(model):
    model.bert.encoder.layer[0].intermediate.intermediate_act_fn = nn.Sigmoid()


def in_place(model):
    model.bert.encoder.layer[0].intermediate.intermediate_act_fn = nn.ReLU(inplace=True)


def other_layer(model):
    model.classifier = nn.Bilinear(32, 32, 3)


STRANGE = [
    subclassed,
    hooked,
    own_forward,
    plain_function,
    strange_activation,
    in_place,
    other_layer,
]


@pytest.mark.parametrize("change", STRANGE, ids=lambda change: change.__name__)
def test_a_part_without_a_rule_is_refused(change):
    model, tokenizer = tiny.build("bert")
    assert parts.covered(model)
    change(model)
    assert not parts.covered(model)
    if change is subclassed:
        wrapped = TransformerClassifier(model, tokenizer, name="strange")
        assert "relevance" not in wrapped.answers
        with pytest.raises(InputError, match=r"lrp needs relevance, which strange can't give; use"):
            explain(wrapped, "a text", "lrp")


def test_another_architecture_is_refused():
    config = ElectraConfig(
        vocab_size=200,
        hidden_size=16,
        embedding_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    model = ElectraForSequenceClassification(config)
    wrapped = TransformerClassifier(model, tiny.wordpiece(), name="electra")
    assert "relevance" not in wrapped.answers


@every_architecture
def test_the_answers_stay_the_same_when_the_model_has_run(architecture):
    model, _ = fresh(architecture)
    before = model.answers
    for method in ("lrp", *OTHERS):
        scores(model, method)
    again = TransformerClassifier(model.module, tiny.TOKENIZERS[architecture]())
    assert "relevance" in before
    assert before == model.answers == again.answers
