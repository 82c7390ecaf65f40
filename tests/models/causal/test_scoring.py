"""Probabilities of labels, against plain calls of transformers, however rows are padded."""

import numpy as np
import pytest
import torch
from transformers import GPTNeoConfig, GPTNeoForCausalLM, PreTrainedTokenizerFast

from astrid.errors import InputError
from astrid.explain.run import predict
from astrid.models.causal import scoring
from astrid.models.causal.model import CausalModel
from astrid.models.causal.scoring import label_logits, label_probabilities, pads_left
from tests import tiny, tiny_lm

every_architecture = pytest.mark.parametrize("architecture", tiny_lm.ARCHITECTURES)
LONG = "good " + " ".join(tiny.SENTENCES * 3)
TEXTS = ["", *tiny.SENTENCES, LONG, "good day"]


def classifier(architecture, **settings):
    module, tokenizer = tiny_lm.build(architecture)
    asked = {"prompt": tiny_lm.PROMPT, "labels": tiny_lm.LABELS, "constrained": True}
    return CausalModel(module, tokenizer, **{**asked, **settings})


def plain_probabilities(architecture, model, side):
    """`[N, K]` by transformers alone: one padded batch, each row read at its last real token."""
    module, tokenizer = tiny_lm.build(architecture)
    tokenizer.padding_side = side
    rows = [model.encode(text).ids.tolist() for text in TEXTS]
    batch = tokenizer.pad({"input_ids": rows}, return_tensors="pt")
    mask = batch["attention_mask"]
    places = (mask.cumsum(1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = module(**batch, position_ids=places).logits
    last = mask.shape[1] - 1 - mask.flip(1).argmax(1)
    columns = list(model.encode("").columns)
    return logits[torch.arange(len(rows)), last][:, columns].softmax(-1).numpy()


@every_architecture
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("reuse", [True, False])
def test_probabilities_are_those_of_transformers(architecture, side, reuse):
    model = classifier(architecture, reuse_prefix=reuse)
    assert bool(model.encode("good").shared) == reuse
    found = label_probabilities(model, TEXTS)
    np.testing.assert_allclose(found, plain_probabilities(architecture, model, side), atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1)


@every_architecture
def test_batches_share_lengths_and_change_nothing(architecture, monkeypatch):
    model = classifier(architecture)
    sizes = []
    values = CausalModel.padded_values

    def counted(self, batch):
        sizes.append(tuple(batch.mask.shape))
        return values(self, batch)

    monkeypatch.setattr(CausalModel, "padded_values", counted)
    assert pads_left(model, model.encode("good"), tiny_lm.CONTEXT)
    together = label_logits(model, TEXTS)
    assert sizes[-1] == (len(TEXTS), tiny_lm.CONTEXT)
    alone = label_logits(model, TEXTS, token_budget=1)
    assert sizes[-1] == (1, len(model.encode("")))
    np.testing.assert_allclose(together, alone, atol=1e-4)
    np.testing.assert_allclose(label_probabilities(model, TEXTS), predict(model, TEXTS), atol=1e-5)


def test_models_that_mix_padding_in_get_rows_of_one_length(monkeypatch):
    model = classifier("gpt2")
    expected = label_logits(model, TEXTS)
    seen = []
    values = CausalModel.padded_values

    def mixing(self, batch):
        seen.append(bool((batch.mask == 0).any()))
        return values(self, batch) + (batch.mask == 0).sum()

    monkeypatch.setattr(CausalModel, "padded_values", mixing)
    np.testing.assert_allclose(label_logits(model, TEXTS), expected, atol=1e-4)
    assert seen == [True] + [False] * (len(seen) - 1), "only the trial was padded"


def test_models_that_look_back_over_padding_get_rows_of_one_length():
    """GPT-Neo's local layers count padding among the places that they look back."""
    torch.manual_seed(0)
    tokenizer = tiny_lm.bytes_and_back()
    module = GPTNeoForCausalLM(
        GPTNeoConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_layers=2,
            num_heads=4,
            attention_types=[[["global", "local"], 1]],
            window_size=32,
            max_position_embeddings=tiny_lm.CONTEXT,
            initializer_range=0.3,
            bos_token_id=2,
            eos_token_id=2,
        )
    ).eval()
    model = CausalModel(
        module, tokenizer, prompt=tiny_lm.PROMPT, labels=tiny_lm.LABELS, constrained=True
    )
    short = model.encode("good")
    assert pads_left(model, short, len(short) + 3)
    assert not pads_left(model, short, tiny_lm.CONTEXT)
    alone = [label_probabilities(model, [text])[0] for text in TEXTS]
    np.testing.assert_allclose(label_probabilities(model, TEXTS), alone, atol=1e-5)


def test_a_batch_that_does_not_fit_is_halved(monkeypatch):
    model = classifier("llama")
    expected = label_logits(model, TEXTS)
    values = CausalModel.padded_values

    def small(self, batch):
        if len(batch.mask) > 2:
            raise torch.OutOfMemoryError
        return values(self, batch)

    monkeypatch.setattr(CausalModel, "padded_values", small)
    np.testing.assert_allclose(label_logits(model, TEXTS), expected, atol=1e-4)
    monkeypatch.setattr(CausalModel, "padded_values", lambda self, batch: 1 / 0)
    monkeypatch.setattr(scoring, "pads_left", lambda *given: True)
    with pytest.raises(ZeroDivisionError):
        label_logits(model, TEXTS)


def test_the_other_tokens_keep_their_share_where_labels_are_not_alone():
    model = tiny_lm.language_model("llama")
    found = label_probabilities(model, tiny.SENTENCES)
    np.testing.assert_allclose(found, predict(model, tiny.SENTENCES), atol=1e-6)
    assert found.shape[1] == 3


def test_a_tokenizer_without_padding_token_is_enough():
    module, tokenizer = tiny_lm.build("llama")
    bare = PreTrainedTokenizerFast(tokenizer_object=tokenizer.backend_tokenizer)
    assert bare.pad_token is None
    model = CausalModel(
        module, bare, prompt=tiny_lm.PROMPT, labels=tiny_lm.LABELS, constrained=True
    )
    expected = label_probabilities(classifier("llama"), TEXTS)
    np.testing.assert_allclose(label_probabilities(model, TEXTS), expected, atol=1e-6)


def test_no_texts_have_no_probabilities():
    assert label_probabilities(classifier("gpt2"), []).shape == (0, 2)


def test_progress_counts_every_text():
    done = []
    label_probabilities(classifier("gpt2"), TEXTS, token_budget=200, advance=done.append)
    assert sum(done) == len(TEXTS)
    assert len(done) > 1


@pytest.mark.parametrize("texts", ["good", ["good", None]])
def test_texts_are_strings(texts):
    with pytest.raises(InputError, match="give a list of strings"):
        label_probabilities(classifier("gpt2"), texts)


def test_broken_weights_are_one_clear_line():
    module, tokenizer = tiny_lm.build("llama")
    with torch.no_grad():
        module.model.norm.weight.fill_(float("nan"))
    model = CausalModel(module, tokenizer, labels=tiny_lm.LABELS, constrained=True)
    with pytest.raises(InputError, match="text 0 gets answers that are not finite"):
        label_probabilities(model, ["good"])
