"""The engine: packing, bounds, faults."""

import numpy as np
import pytest
import torch

from astrid.errors import InputError
from astrid.explain import batches
from astrid.explain.engine import Engine, Job, ask
from astrid.explain.requests import Capture, MaskedRows, PathRows, TokenScores
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.explain.work import PathWork
from astrid.models.protocol import Batch
from tests import tiny

TARGET = Target("probability", 1)


def run_one(model, text, request):
    return ask(model, model.encode(text), request, TARGET)


class Spy:
    """A model that notes the shapes of its batches, and can run out of memory."""

    def __init__(self, model, most_tokens=None):
        self._model = model
        self.shapes = []
        self._most = most_tokens

    def __getattr__(self, name):
        return getattr(self._model, name)

    def values(self, batch):
        shape = tuple(batch.mask.shape)
        if self._most is not None and shape[0] * shape[1] > self._most:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried…")
        self.shapes.append(shape)
        return self._model.values(batch)


@pytest.mark.parametrize("replace", ["mask", "pad", "delete", "attention"])
def test_masked_rows_are_what_a_plain_call_gives(replace):
    model = tiny.classifier("bert")
    encoded = model.encode(tiny.SENTENCES[0])
    keep = np.ones((2, len(encoded)), dtype=bool)
    keep[1, [2, 3, 7]] = False
    answer, _ = run_one(model, tiny.SENTENCES[0], MaskedRows(keep, replace))
    ids, mask, types = (
        torch.as_tensor(x)[None].clone() for x in (encoded.ids, encoded.ids, encoded.type_ids)
    )
    mask = torch.ones_like(ids)
    if replace == "delete":
        ids, mask, types = (x[:, keep[1]] for x in (ids, mask, types))
    elif replace == "attention":
        mask[:, ~keep[1]] = 0
    else:
        ids[:, ~keep[1]] = getattr(model.token_ids, replace)
    with torch.no_grad():
        logits = model.module(input_ids=ids, attention_mask=mask, token_type_ids=types).logits
    assert answer.values[1] == pytest.approx(float(logits.softmax(-1)[0, 1]), abs=1e-6)


def test_special_tokens_are_never_left_out():
    model = tiny.classifier("bert")
    length = len(model.encode("good"))
    nothing, _ = run_one(model, "good", MaskedRows(np.zeros((1, length), dtype=bool)))
    ids = torch.tensor([[2, *[4] * (length - 2), 3]])
    with torch.no_grad():
        expected = model.module(input_ids=ids).logits.softmax(-1)[0, 1]
    assert nothing.values[0] == pytest.approx(float(expected), abs=1e-6)


def test_equal_rows_run_once():
    spy = Spy(tiny.classifier("bert"))
    length = len(spy.encode("good day"))
    keep = np.ones((50, length), dtype=bool)
    keep[25:, 1] = False
    answer, outcome = run_one(spy, "good day", MaskedRows(keep))
    assert sum(rows for rows, _ in spy.shapes) == outcome.evaluations == 2
    assert len(answer.values) == 50
    assert len(set(answer.values[:25])) == 1


def test_batches_stay_within_the_budget_and_hardly_pad():
    spy = Spy(tiny.classifier("bert"))
    texts = [sentence[:cut] for sentence in tiny.SENTENCES for cut in range(3, 60, 5)]
    explain(spy, texts, "lime", params={"samples": 40}, token_budget=300)
    longest = max(length for _, length in spy.shapes)
    assert max(rows * length for rows, length in spy.shapes) <= max(300, longest)
    full = [rows * length for rows, length in spy.shapes]
    assert np.mean(full) > 200, "batches are filled"


def test_out_of_memory_halves_the_budget_and_finishes():
    expected = explain(tiny.classifier("bert"), tiny.SENTENCES, "lime", params={"samples": 40})
    spy = Spy(tiny.classifier("bert"), most_tokens=100)
    found = explain(spy, tiny.SENTENCES, "lime", params={"samples": 40})
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.token_scores, other.token_scores, atol=1e-5)


def test_memory_that_runs_out_half_way_through_a_batch_counts_nothing_twice(monkeypatch):
    model = tiny.classifier("bert")
    expected = explain(model, tiny.SENTENCES, params={"steps": 8})
    reduced, calls = PathWork.reduced, []

    def failing(self, rows, gradients):
        calls.append(len(rows))
        if len(calls) in (2, 5):
            raise RuntimeError("CUDA out of memory")
        return reduced(self, rows, gradients)

    monkeypatch.setattr(PathWork, "reduced", failing)
    found = explain(model, tiny.SENTENCES, params={"steps": 8})
    assert len(calls) > 5
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.token_scores, other.token_scores, atol=1e-5)
        assert one.completeness_gap == pytest.approx(other.completeness_gap, abs=1e-5)


@pytest.mark.parametrize("budget", [0, -5])
def test_a_budget_that_holds_no_row_is_refused(budget):
    model = tiny.classifier("bert")
    with pytest.raises(InputError, match="hold no row; give at least 1"):
        explain(model, "a text", token_budget=budget)
    with pytest.raises(InputError, match="hold no text; give at least 1"):
        predict(model, "a text", batch_tokens=budget)


def test_what_never_fits_is_an_error_not_a_loop():
    with pytest.raises(RuntimeError, match="not enough memory"):
        explain(Spy(tiny.classifier("bert"), most_tokens=3), tiny.SENTENCES, "lime")


def test_the_window_is_bounded():
    model = tiny.classifier("bert")
    pulled = []

    def jobs():
        for number in range(200):
            pulled.append(number)
            text = model.encode(tiny.SENTENCES[number % 5])
            yield Job(text, "ask", ask, TARGET)

    def ask(text):
        yield PathRows(np.linspace(0, 1, 20), np.full(20, 0.05))
        return TokenScores(np.zeros(len(text)))

    stream = Engine(model, token_budget=200).run(jobs())
    next(stream)
    assert len(pulled) < 100
    assert 1 + sum(1 for _ in stream) == 200


def test_scores_that_are_not_finite_name_text_and_method():
    model = tiny.classifier("bert")

    def broken(text):
        yield Capture()
        return TokenScores(np.full(len(text), np.nan))

    job = Job(model.encode("good"), "broken", broken, TARGET)
    with pytest.raises(InputError, match="broken: text 0"):
        list(Engine(model).run([job]))


def test_the_users_model_is_left_as_it_was():
    from astrid.models.text_model import TransformerClassifier

    module, tokenizer = tiny.build("bert")
    module.train()
    kernel = module.config._attn_implementation
    wrapped = TransformerClassifier(module, tokenizer)
    explain(wrapped, "good day", "attention")
    assert module.training
    assert module.config._attn_implementation == kernel
    assert all(weight.requires_grad for weight in module.parameters())
    assert wrapped.module.get_input_embeddings().weight.data_ptr() == (
        module.get_input_embeddings().weight.data_ptr()
    )


def test_attention_weights_equal_the_stock_ones():
    for architecture in tiny.ARCHITECTURES:
        module, tokenizer = tiny.build(architecture)
        module.set_attn_implementation("eager")
        encoding = tokenizer(tiny.SENTENCES[0], return_tensors="pt", padding=False)
        if architecture != "bert":
            encoding.pop("token_type_ids", None)
        with torch.no_grad():
            stock = torch.stack(module(**encoding, output_attentions=True).attentions)[:, 0]
        answer, _ = run_one(tiny.classifier(architecture), tiny.SENTENCES[0], Capture())
        np.testing.assert_allclose(answer.attentions, stock.numpy(), atol=5e-7)


def test_the_oldest_row_is_always_in_the_next_batch():
    model = tiny.classifier("bert")
    engine = Engine(model)
    for number, sentence in enumerate(tiny.SENTENCES):
        engine._admit(number, Job(model.encode(sentence), "x", lambda text: iter(()), TARGET))
    oldest = engine._pool[0]
    assert batches.take(engine._pool, 10)[0].work is oldest.work


def test_nothing_kept_is_one_filler_and_leaves_other_rows_alone():
    model = tiny.classifier("gpt2")
    encoded = model.encode("good day")
    keep = np.zeros((1 + len(encoded), len(encoded)), dtype=bool)
    keep[1:] = np.eye(len(encoded), dtype=bool)
    answer, _ = run_one(model, "good day", MaskedRows(keep, "delete"))
    rows = [[model.token_ids.pad], *[[token] for token in encoded.ids]]
    with torch.no_grad():
        expected = [
            float(
                model.values(
                    Batch(torch.ones(1, 1), torch.zeros(1, 1), torch.tensor([row]))
                ).softmax(-1)[0, 1]
            )
            for row in rows
        ]
    np.testing.assert_allclose(answer.values, expected, atol=1e-6)


def test_an_abandoned_run_does_not_leak_into_the_next():
    model = tiny.classifier("bert")

    def ask(text):
        yield Capture()
        return TokenScores(np.zeros(len(text)))

    engine = Engine(model)
    jobs = [Job(model.encode(sentence), "ask", ask, TARGET) for sentence in tiny.SENTENCES]
    next(engine.run(jobs))
    assert sorted(number for number, _ in engine.run(jobs)) == list(range(len(jobs)))
