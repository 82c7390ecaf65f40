"""Running a prompt's beginning once: the same answers, for every kind of row."""

from functools import partial
from threading import Thread

import numpy as np
import pytest
import torch
from transformers import MistralConfig, MistralForCausalLM

from astrid.explain.batches import plain_batch
from astrid.explain.engine import Engine, Job
from astrid.explain.requests import MaskedRows, PathRows, TokenScores
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.causal.model import CausalModel
from astrid.models.causal.prefix import KEPT
from astrid.models.causal.prompt import Prompt
from tests import tiny, tiny_lm

TEXT = "good day for the tenant, and everyone said so"
every_architecture = pytest.mark.parametrize("architecture", tiny_lm.ARCHITECTURES)


def both(architecture, prompt=tiny_lm.PROMPT):
    return [tiny_lm.language_model(architecture, prompt, reuse=reuse) for reuse in (True, False)]


def ask(model, request, text=TEXT, spy=None):
    """The answer to one request about the label's logit."""
    answers = []

    def method(encoded):
        answers.append((yield request(encoded)))
        return TokenScores(np.zeros(len(encoded)))

    job = Job(model.encode(text), "ask", method, Target("logit", 0))
    list(Engine(spy or model).run([job]))
    return answers[0]


def rows(replace):
    def request(encoded):
        own = ~encoded.special
        keep = np.ones((40, len(encoded)), dtype=bool)
        keep[:, own] = np.random.default_rng(0).random((40, own.sum())) < 0.5
        keep[0, own] = False
        return MaskedRows(keep, replace)

    return request


@every_architecture
@pytest.mark.parametrize("replace", ["delete", "pad", "attention"])
def test_masked_rows_are_what_no_reuse_gives(architecture, replace):
    reusing, plain = both(architecture)
    assert reusing.encode(TEXT).shared > 10
    assert plain.encode(TEXT).shared == 0
    found, expected = (ask(model, rows(replace)).values for model in (reusing, plain))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@every_architecture
def test_deleted_rows_are_what_transformers_gives_for_the_shorter_text(architecture):
    """Positions count on without a gap."""
    model = tiny_lm.language_model(architecture)
    module, _ = tiny_lm.build(architecture)
    encoded = model.encode(TEXT)
    keep = rows("delete")(encoded).keep | encoded.special
    with torch.no_grad():
        expected = [
            module(torch.as_tensor(encoded.ids[row])[None]).logits[0, -1, encoded.columns[0]]
            for row in keep
        ]
    found = ask(model, rows("delete")).values
    np.testing.assert_allclose(found, [float(value) for value in expected], atol=1e-5)


@every_architecture
def test_gradients_are_what_no_reuse_gives(architecture):
    def request(encoded):
        return PathRows(np.linspace(0, 1, 7), np.arange(7.0), "mean")

    found, expected = (ask(model, request) for model in both(architecture))
    np.testing.assert_allclose(found.values, expected.values, atol=1e-5)
    np.testing.assert_allclose(found.products, expected.products, atol=1e-5)
    np.testing.assert_allclose(found.gradient, expected.gradient, atol=1e-5)


@every_architecture
def test_in_double_precision_nothing_differs(architecture):
    module, tokenizer = tiny_lm.build(architecture)
    found, expected = (
        CausalModel(
            module.double(),
            tokenizer,
            prompt=tiny_lm.PROMPT,
            labels=tiny_lm.LABELS,
            reuse_prefix=reuse,
        )
        for reuse in (True, False)
    )
    for method in ("occlusion", "integrated_gradients"):
        pairs = zip(
            explain(found, tiny.SENTENCES, method),
            explain(expected, tiny.SENTENCES, method),
            strict=True,
        )
        for one, other in pairs:
            np.testing.assert_allclose(one.token_scores, other.token_scores, atol=1e-12)


@every_architecture
def test_a_prompt_without_an_end_is_read_at_its_last_kept_token(architecture):
    prompt = Prompt(tiny_lm.PROMPT.before)
    found, expected = (ask(model, rows("delete")).values for model in both(architecture, prompt))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_texts_whose_prompts_are_cut_otherwise_share_what_they_have_in_common():
    """A space at the prompt's end may or may not be a token of its own."""
    reusing, plain = both("llama")
    texts = ["good day", "The day", "zzz", "good rent"]
    assert len({reusing.encode(text).shared for text in texts}) > 1
    for one, other in zip(
        explain(reusing, texts, "lime", params={"samples": 40}),
        explain(plain, texts, "lime", params={"samples": 40}),
        strict=True,
    ):
        np.testing.assert_allclose(one.token_scores, other.token_scores, atol=1e-6)


def test_a_batch_does_not_change_what_is_kept():
    model = tiny_lm.language_model("llama")
    batch = plain_batch(model, [model.encode(TEXT)])
    cache = model._prefixes.get(batch.prefix)
    before = [(layer.keys.clone(), layer.values.clone()) for layer in cache.layers]
    explain(model, [TEXT, "good"], "integrated_gradients")
    explain(model, [TEXT, "good"], "occlusion")
    assert model._prefixes.get(batch.prefix) is cache
    assert cache.get_seq_length() == len(batch.prefix)
    for layer, (keys, values) in zip(cache.layers, before, strict=True):
        assert layer.keys.equal(keys)
        assert layer.values.equal(values)
        assert not layer.keys.requires_grad


def test_only_the_last_few_prefixes_are_kept():
    model = tiny_lm.language_model("gpt2")
    for start in range(KEPT + 3):
        model._prefixes.get(tuple(range(start, start + 9)))
    assert len(model._prefixes._kept) == KEPT


def test_threads_with_prompts_of_their_own_do_not_disturb_each_other():
    module, tokenizer = tiny_lm.build("llama")
    models = [
        CausalModel(module, tokenizer, prompt=Prompt(f"{sentence} Case:"), labels=tiny_lm.LABELS)
        for sentence in tiny.SENTENCES[:3]
    ]
    alone = [explain(model, TEXT, "shap")[0].token_scores for model in models]
    found = {}

    def work(number):
        found[number] = explain(models[number % 3], TEXT, "shap")[0].token_scores

    threads = [Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, scores in found.items():
        np.testing.assert_allclose(scores, alone[number % 3], atol=1e-6)


def test_the_budget_counts_what_is_run():
    """With reuse more rows fit into a batch of the same budget, and what is run stays within."""

    class Spy:
        def __init__(self, model):
            self._model, self.shapes = model, []

        def __getattr__(self, name):
            return getattr(self._model, name)

        def values(self, batch):
            run = batch.mask.shape[1] - len(batch.prefix)
            self.shapes.append((len(batch.mask), run))
            return self._model.values(batch)

    most = []
    for model in both("llama"):
        spy = Spy(model)
        list(
            Engine(spy, token_budget=300).run(
                [Job(model.encode(TEXT), "rows", _all_pads, Target("logit", 0))]
            )
        )
        assert max(rows * run for rows, run in spy.shapes) <= 300
        most.append(max(rows for rows, _ in spy.shapes))
    assert most[0] > most[1]


def _all_pads(encoded):
    keep = np.ones((200, len(encoded)), dtype=bool)
    own = np.flatnonzero(~encoded.special)
    keep[:, own] = np.random.default_rng(1).random((200, len(own))) < 0.5
    yield MaskedRows(keep, "pad")
    return TokenScores(np.zeros(len(encoded)))


def test_models_that_look_back_only_so_far_run_every_row_whole():
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=400,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=48,
        max_position_embeddings=96,
        sliding_window=6,
    )
    module = MistralForCausalLM(config).eval()
    tokenizer = tiny_lm.bytes_and_back()
    model = CausalModel(module, tokenizer, prompt=tiny_lm.PROMPT, labels=tiny_lm.LABELS)
    encoded = model.encode(TEXT)
    assert encoded.shared == 0
    with torch.no_grad():
        expected = module(torch.as_tensor(encoded.ids)[None]).logits[0, -1, encoded.columns[0]]
        found = model.values(plain_batch(model, [encoded]))[0, 0]
    assert float(found) == pytest.approx(float(expected), abs=1e-5)


def _load(module):
    module.load_state_dict(tiny_lm.build("gpt2", seed=1)[0].state_dict())


def _train(module, **settings):
    ids = torch.arange(20)[None]
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.01, **settings)
    module.train()(input_ids=ids, labels=ids).loss.backward()
    optimizer.step()
    module.eval()


def _write_data(module):
    for weight in module.parameters():
        weight.data.mul_(1.5)


@pytest.mark.parametrize(
    "change",
    [_load, _train, partial(_train, fused=True), _write_data],
    ids=["load", "train", "fused", "data"],
)
def test_weights_that_change_in_place_leave_nothing_stale(change):
    module, tokenizer = tiny_lm.build("gpt2")
    reusing, plain = (
        CausalModel(
            module, tokenizer, prompt=tiny_lm.PROMPT, labels=tiny_lm.LABELS, reuse_prefix=reuse
        )
        for reuse in (True, False)
    )
    before = explain(reusing, TEXT, "occlusion")[0].token_scores
    change(module)
    found, expected = (
        explain(model, TEXT, "occlusion")[0].token_scores for model in (reusing, plain)
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not np.allclose(before, expected, atol=1e-6)


def test_a_prefix_is_kept_as_long_as_the_weights_stay():
    module, tokenizer = tiny_lm.build("gpt2")
    with torch.no_grad():
        module.transformer.ln_f.bias[0] = torch.nan
    kept = CausalModel(module, tokenizer, prompt=tiny_lm.PROMPT)._prefixes
    ids = tuple(range(9))
    assert kept.get(ids) is kept.get(ids)


def test_opening_a_model_keeps_no_prefix():
    module, tokenizer = tiny_lm.build("gpt2")
    model = CausalModel(module, tokenizer, prompt=tiny_lm.PROMPT)
    assert model._reuses
    assert not model._prefixes._kept
