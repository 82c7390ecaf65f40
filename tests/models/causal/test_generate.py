"""Greedy continuations, and what the model had read before each token."""

import pytest
import torch

from astrid.errors import InputError
from astrid.models.causal import candidates
from astrid.models.causal.generate import continuation, greedy
from astrid.models.causal.model import CausalModel
from astrid.models.causal.prompt import Prompt
from tests import tiny, tiny_lm

every_architecture = pytest.mark.parametrize("architecture", tiny_lm.ARCHITECTURES)


def generated(architecture, text, count, dtype=torch.float32):
    """New ids by transformers' own generation."""
    module, tokenizer = tiny_lm.build(architecture)
    module = module.to(dtype)
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    found = module.generate(
        ids, do_sample=False, max_new_tokens=count, attention_mask=torch.ones_like(ids)
    )
    return found[0, ids.shape[1] :].tolist()


@every_architecture
def test_the_continuation_is_transformers_own(architecture):
    model = tiny_lm.language_model(architecture, Prompt(), labelled=False)
    for text in tiny.SENTENCES:
        assert greedy(model, model.read(text).ids, 12) == generated(architecture, text, 12)


@every_architecture
def test_each_token_s_text_is_all_that_was_before_it(architecture):
    model = tiny_lm.language_model(architecture, labelled=False)
    full = tiny_lm.PROMPT.around("good day")
    chosen = generated(architecture, full, 5)
    texts = continuation(model, "good day", 5)
    assert [text.columns[0] for text in texts] == chosen
    start = tiny_lm.bytes_and_back()(full)["input_ids"]
    for place, text in enumerate(texts):
        assert text.ids.tolist() == start + chosen[:place]
        assert text.special.sum() == texts[0].special.sum(), "what was generated is perturbed"
        assert text.text.startswith("good day" + tiny_lm.PROMPT.after)
        assert (text.offsets <= len(text.text)).all()
        assert (text.offsets[:, 0] <= text.offsets[:, 1]).all()


def test_words_of_generated_pieces_are_found_by_their_places():
    model = tiny_lm.language_model("gpt2", Prompt(), labelled=False)
    texts = continuation(model, "good day", 8)
    decoded = model.tokenizer.decode(texts[-1].ids.tolist())
    assert texts[-1].text == decoded
    for token, (start, end) in zip(texts[-1].tokens, texts[-1].offsets, strict=True):
        if token.isascii() or token.startswith("Ġ"):
            assert decoded[start:end] == token.replace("Ġ", " ")


def test_a_sign_of_several_pieces_belongs_to_each_of_them(monkeypatch):
    model = tiny_lm.language_model("gpt2", Prompt(), labelled=False)
    backend = model.tokenizer
    pieces = backend.encode(" é good").ids
    monkeypatch.setattr("astrid.models.causal.generate.greedy", lambda model, ids, count: pieces)
    last = continuation(model, "day", 9)[-1]
    assert last.text == "day é"
    spans = last.offsets[len(model.read("day")) :].tolist()
    assert spans == [[3, 4], [4, 5], [4, 5]]


def test_the_end_token_is_the_last():
    module, tokenizer = tiny_lm.build("gpt2")
    free = tiny_lm.language_model("gpt2", Prompt(), labelled=False)
    third = greedy(free, free.read("good day").ids, 3)[2]
    module.generation_config.eos_token_id = [third]
    model = CausalModel(module, tokenizer)
    found = greedy(model, model.read("good day").ids, 10)
    assert found[-1] == third
    assert third not in found[:-1]
    assert len(found) <= 3


def test_generation_stops_at_the_end_of_the_context():
    model = tiny_lm.language_model("gpt2", Prompt(), labelled=False)
    text = " good" * (tiny_lm.CONTEXT - 2)
    texts = continuation(model, text, 50)
    assert len(texts) <= 3
    assert max(len(one) for one in texts) <= tiny_lm.CONTEXT


def test_what_can_not_be_continued_is_refused():
    model = tiny_lm.language_model("gpt2", Prompt(), labelled=False)
    with pytest.raises(InputError, match="at least 1 token"):
        continuation(model, "good", 0)
    for text in ("", " good" * (tiny_lm.CONTEXT + 1)):
        with pytest.raises(InputError, match="reads 1 to 96 tokens"):
            continuation(model, text, 2)


def test_in_half_precision_too_the_continuation_is_transformers_own():
    module, tokenizer = tiny_lm.build("llama")
    model = CausalModel(module.to(torch.bfloat16), tokenizer)
    for text in tiny.SENTENCES:
        expected = generated("llama", text, 8, torch.bfloat16)
        assert greedy(model, model.read(text).ids, 8) == expected


def test_each_beginning_is_decoded_once(monkeypatch):
    model = tiny_lm.language_model("gpt2", Prompt(), labelled=False)
    decoded = []

    def counting(tokenizer, before, ids):
        decoded.append(len(ids))
        return candidates.added_text(tokenizer, before, ids)

    monkeypatch.setattr("astrid.models.causal.generate.added_text", counting)
    texts = continuation(model, "good day", 8)
    assert decoded == list(range(len(texts)))
