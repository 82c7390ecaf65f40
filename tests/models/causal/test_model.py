"""Language models as the engine sees them: against plain calls of transformers."""

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from astrid.errors import InputError
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.models.causal.candidates import NEXT, OTHER
from astrid.models.causal.model import CausalModel
from astrid.models.causal.prompt import Prompt
from tests import tiny, tiny_lm
from tests.models.causal.spaced import spaced

every_architecture = pytest.mark.parametrize("architecture", tiny_lm.ARCHITECTURES)
NOTHING = Prompt()


def plain_probabilities(architecture, text):
    """`[V]` of the next token, by transformers alone."""
    model, tokenizer = tiny_lm.build(architecture)
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return model(ids).logits[0, -1].softmax(-1).numpy()


@every_architecture
def test_label_probabilities_are_those_of_the_whole_vocabulary(architecture):
    model = tiny_lm.language_model(architecture)
    tokenizer = tiny_lm.bytes_and_back()
    first = [tokenizer(text)["input_ids"][0] for text in tiny_lm.LABELS.values()]
    found = predict(model, tiny.SENTENCES)
    assert found.shape == (len(tiny.SENTENCES), 3)
    for text, row in zip(tiny.SENTENCES, found, strict=True):
        expected = plain_probabilities(architecture, tiny_lm.PROMPT.around(text))
        np.testing.assert_allclose(row[:2], expected[first], atol=1e-6)
        np.testing.assert_allclose(row[2], 1 - expected[first].sum(), atol=1e-6)


@every_architecture
def test_the_next_token_is_the_one_that_the_model_prefers(architecture):
    model = tiny_lm.language_model(architecture, NOTHING, labelled=False)
    assert model.labels == (NEXT, OTHER)
    for text, item in zip(tiny.SENTENCES, explain(model, tiny.SENTENCES, "random"), strict=True):
        expected = plain_probabilities(architecture, text)
        assert model.encode(text).columns == (expected.argmax(),)
        assert item.target.value == pytest.approx(expected.max(), abs=1e-6)
        assert item.prediction.label == item.target.label != NEXT


def test_the_rest_is_never_the_answer_but_can_be_asked_for():
    model = tiny_lm.language_model("gpt2")
    (item,) = explain(model, "good day", "random")
    assert item.prediction.probabilities[2] > 0.9
    assert item.prediction.label in tiny_lm.LABELS
    (rest,) = explain(model, "good day", "random", target=Target("probability", 2))
    assert rest.target.label == OTHER


def test_a_single_candidate_is_compared_with_all_others():
    model = tiny_lm.language_model("gpt2", NOTHING, labelled=False)
    (item,) = explain(model, "good day", "random", target=Target("logit_difference"))
    (probability,) = explain(model, "good day", "random")
    p = probability.target.value
    assert item.target.value == pytest.approx(np.log(p / (1 - p)), abs=1e-4)


def test_constrained_labels_share_all_probability():
    free = tiny_lm.language_model("llama")
    bound = free.asking(tiny_lm.LABELS, constrained=True)
    assert bound.labels == tuple(tiny_lm.LABELS)
    two = predict(free, tiny.SENTENCES)[:, :2]
    expected = two / two.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(predict(bound, tiny.SENTENCES), expected, atol=1e-6)
    assert free.labels[-1] == OTHER, "the model asked before is as it was"


@every_architecture
def test_only_the_text_s_own_tokens_may_be_perturbed(architecture):
    model = tiny_lm.language_model(architecture)
    encoded = model.encode("good day")
    own = ~encoded.special
    assert [encoded.tokens[place] for place in np.flatnonzero(own)] == ["Ġgood", "Ġday"]
    # The space before "good" stands in the prompt.
    assert encoded.offsets[own].tolist() == [[0, 4], [4, 8]]
    assert (encoded.fixed == encoded.special).all()
    assert encoded.reader == len(encoded) - 1
    ids = tiny_lm.bytes_and_back()(tiny_lm.PROMPT.around("good day"))["input_ids"]
    assert encoded.ids.tolist() == ids


def test_a_long_text_is_shortened_and_never_the_prompt():
    model = tiny_lm.language_model("gpt2")
    long_text = "good " + " ".join(tiny.SENTENCES * 9)
    short, long = model.encode("good"), model.encode(long_text)
    assert len(long) == tiny_lm.CONTEXT
    assert long.truncated
    prompt = [token for token, mine in zip(long.tokens, long.special, strict=True) if mine]
    expected = [token for token, mine in zip(short.tokens, short.special, strict=True) if mine]
    assert prompt == expected
    (item,) = explain(model, long_text, "occlusion")
    assert item.truncated
    assert np.isfinite(item.token_scores).all()


def test_a_tokenizer_s_beginning_is_read_and_its_end_is_not():
    module, _ = tiny_lm.build("llama")
    encoded = CausalModel(module, tiny.byte_level()).encode("The day")
    assert encoded.tokens == ("<s>", "The", "Ġday")
    assert encoded.special.tolist() == [True, False, False]


def test_a_prompt_that_fills_the_context_is_refused():
    module, tokenizer = tiny_lm.build("gpt2")
    with pytest.raises(InputError, match=r"the prompt has \d+ tokens and the model reads 96"):
        CausalModel(module, tokenizer, prompt=Prompt(" ".join(tiny.SENTENCES * 9)))


def test_a_prompt_that_ends_with_a_space_is_doubtful():
    module, tokenizer = tiny_lm.build("gpt2")
    model = CausalModel(module, tokenizer, prompt=Prompt("", " was "))
    assert "ends with a space" in model.facts.warnings[0]


@pytest.mark.parametrize("text", ["", "\ud800"])
def test_texts_that_can_not_be_read_are_refused(text):
    with pytest.raises(InputError, match=r"no token|not valid Unicode"):
        tiny_lm.language_model("gpt2", NOTHING, labelled=False).encode(text)


def test_a_classifier_is_not_a_language_model():
    module, tokenizer = tiny.build("gpt2")
    with pytest.raises(InputError, match="causal language model"):
        CausalModel(module, tokenizer)


def test_a_vocabulary_of_a_few_pieces_is_enough():
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=spaced())
    config = GPT2Config(
        **{"vocab_size": len(tokenizer), "n_embd": 8, "n_layer": 1, "n_head": 2},
        **{"n_positions": 32, "eos_token_id": 0, "bos_token_id": 0},
    )
    model = CausalModel(GPT2LMHeadModel(config).eval(), tokenizer, prompt=Prompt("was: "))
    assert len(tokenizer) < 24
    assert model.answers == {"values", "gradients", "attentions"}
    assert predict(model, "good").sum() == pytest.approx(1)


def test_the_fingerprint_knows_prompt_and_labels():
    module, tokenizer = tiny_lm.build("gpt2")
    models = [
        CausalModel(module, tokenizer, prompt=prompt, labels=labels)
        for prompt in (None, tiny_lm.PROMPT)
        for labels in (None, tiny_lm.LABELS)
    ]
    assert len({model.fingerprint() for model in models}) == 4
    again = CausalModel(module, tokenizer, prompt=tiny_lm.PROMPT, labels=tiny_lm.LABELS)
    assert again.fingerprint() == models[-1].fingerprint()


def test_the_users_model_is_left_as_it_was():
    module, tokenizer = tiny_lm.build("llama")
    kernel = module.config._attn_implementation
    wrapped = CausalModel(module.train(), tokenizer)
    explain(wrapped, "good day", "attention")
    assert module.training
    assert module.config._attn_implementation == kernel
    assert all(weight.requires_grad for weight in module.parameters())
    assert wrapped.embed(torch.tensor([3])).equal(module.get_input_embeddings()(torch.tensor([3])))
