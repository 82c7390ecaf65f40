"""Classifiers of many architectures: what they answer, and that it is their own answer."""

import copy

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient
from transformers import AutoConfig, AutoModelForSequenceClassification, BertModel

from astrid.errors import InputError
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.models.text_model import TransformerClassifier
from tests import model_kinds, tiny

EVERYTHING = {"values", "gradients", "attentions"}
LESS = {
    "fnet": {"values", "gradients"},  # has no attention
    "longformer": {"values", "gradients"},  # keeps its weights in bands
    "esm": {"values", "attentions"},  # rescales ids, but not embeddings
    "bart": {"values"},  # looks for the end token, so it needs ids
    "t5": {"values"},
}
MIX_PADDING = {"fnet", "nystromformer", "convbert"}
TEXTS = [*tiny.SENTENCES, "a", tiny.SENTENCES[3] * 4]

every_architecture = pytest.mark.parametrize("architecture", tiny.TOKENIZERS)


@every_architecture
def test_its_own_answers_alone_and_in_a_batch(architecture):
    kind = model_kinds.of(*tiny.build(architecture))
    assert kind.model.answers - {"relevance"} == LESS.get(architecture, EVERYTHING)
    expected = np.stack([kind.plain(text) for text in TEXTS])
    assert expected.std(axis=0).max() > 1e-4, "texts that are all alike test nothing"
    np.testing.assert_allclose(predict(kind.model, TEXTS), expected, atol=1e-5)
    if architecture in MIX_PADDING:
        assert not kind.model.pads


@every_architecture
def test_gradients_equal_captum(architecture):
    module, tokenizer = tiny.build(architecture)
    model = TransformerClassifier(module, tokenizer)
    if "gradients" not in model.answers:
        with pytest.raises(InputError, match="needs gradients, which model can't give; use "):
            explain(model, "good", "gradient_x_input")
        return
    text = tiny.SENTENCES[0]
    (ours,) = explain(model, text, "gradient_x_input", target=Target("logit", 1))
    encoded = model.encode(text)
    inputs = {"attention_mask": torch.ones(1, len(encoded), dtype=torch.long)}
    if architecture == "longformer":
        inputs["global_attention_mask"] = torch.eye(len(encoded), dtype=torch.long)[:1]
    embeds = module.get_input_embeddings()(torch.as_tensor(encoded.ids)[None]).detach()
    # Multiplied by one: CTRL writes on its input.
    oracle = InputXGradient(lambda x: module(inputs_embeds=x * 1, **inputs).logits[:, 1])
    theirs = oracle.attribute(embeds.requires_grad_(True)).sum(-1)[0].detach().numpy()
    assert np.abs(ours.token_scores - theirs).max() < 1e-5 * max(1.0, np.abs(theirs).max())


def test_padding_ids_inside_a_text_shift_no_positions():
    module, tokenizer = tiny.build("mpnet")
    model = TransformerClassifier(module, tokenizer)
    assert "gradients" in model.answers


def test_a_decoder_is_read_before_the_ends_that_pad():
    module, _ = tiny.build("gpt2")
    tokenizer = copy.deepcopy(tiny.plain_bytes())
    module.config.pad_token_id = tokenizer.eos_token_id
    model = TransformerClassifier(module, tokenizer)
    text = tiny.SENTENCES[0]
    ended = model.encode(f"{text}{tokenizer.eos_token}{tokenizer.eos_token}")
    assert len(ended) == len(model.encode(text)) == ended.reader + 1
    assert len(ended.tokens) == len(ended.offsets) == len(ended.special)
    assert {"gradients"} < model.answers


def test_a_decoder_without_a_padding_token_batches():
    module, tokenizer = tiny.build("llama")
    expected = model_kinds.of(module, tokenizer).plain("good day")
    module.config.pad_token_id = None
    model = TransformerClassifier(module, tokenizer)
    np.testing.assert_allclose(predict(model, ["good day"] * 3), [expected] * 3, atol=1e-6)
    assert module.config.pad_token_id is None


def test_texts_that_name_the_end_token_share_a_batch():
    kind = model_kinds.of(*tiny.build("bart"))
    texts = ["good</s>day", "good day", "day"]
    for text, found in zip(texts, predict(kind.model, texts), strict=True):
        np.testing.assert_allclose(found, kind.plain(text), atol=1e-6)


def test_the_mean_embedding_is_of_what_the_model_looks_up():
    module, tokenizer = tiny.build("gemma3_text")
    everything = module.get_input_embeddings()(torch.arange(len(tokenizer))).mean(dim=0)
    model = TransformerClassifier(module, tokenizer)
    torch.testing.assert_close(model.mean_embedding(), everything)


def test_no_position_beyond_the_table_is_asked_for():
    kind = model_kinds.of(*tiny.build("nystromformer"))
    (explanation,) = explain(kind.model, "a " * 300, "gradient_x_input")
    assert explanation.truncated
    assert len(explanation.tokens) == 64


def refused(module, tokenizer, says):
    with pytest.raises(InputError, match=says) as caught:
        TransformerClassifier(module, tokenizer, "mine")
    assert str(caught.value).startswith("mine: ")
    assert "\n" not in str(caught.value)


def test_what_is_no_classifier_of_texts_is_refused_in_one_line():
    bert, tokenizer = tiny.build("bert")
    refused(BertModel(bert.config), tokenizer, "can't be run as a text classifier")
    sizes = {"vocab_size": 120, "hidden_size": 16, "num_attention_heads": 2}
    sizes |= {"num_hidden_layers": 1, "intermediate_size": 16}
    xmod = AutoConfig.for_model("xmod", **sizes, languages=("en", "de"), num_labels=2)
    refused(AutoModelForSequenceClassification.from_config(xmod), tokenizer, "language")
    canine = AutoConfig.for_model("canine", **sizes, num_labels=2)
    refused(AutoModelForSequenceClassification.from_config(canine), tokenizer, "no table")


def test_labels_that_do_not_fit_are_refused_in_one_line():
    module, tokenizer = tiny.build("bert")
    module.config.id2label = {0: "no", 2: "yes"}
    refused(module, tokenizer, "name each class by its number")
    module.config.id2label = {0: "no", 1: "yes"}
    refused(module, tokenizer, "gives 3 numbers, its config names 2 labels")
    module.config.id2label = {}
    refused(module, tokenizer, "id2label")


def test_labels_are_read_by_number_whatever_their_type():
    module, tokenizer = tiny.build("bert")
    module.config.id2label = {"2": 2.5, "1": None, "0": "no"}
    module.config.label2id = {"no": "7"}
    assert TransformerClassifier(module, tokenizer).labels == ("no", "None", "2.5")
