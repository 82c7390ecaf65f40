"""What the output gives is found again: in the words, or in the part that took it."""

import pytest
import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import sdpa_mask
from transformers.pytorch_utils import Conv1D

from astrid.models.lrp import following, rules
from astrid.models.text_model import TransformerClassifier
from tests import tiny

every_architecture = pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
CAUSAL = ("gpt2", "llama")


def build(architecture):
    """A tiny model in float64 that nothing else uses."""
    model, tokenizer = tiny.build(architecture)
    return model.double(), tokenizer


def inputs(model, tokens=7):
    embedding = model.get_input_embeddings()
    torch.manual_seed(1)
    embeds = embedding(torch.randint(3, 100, (1, tokens))).detach()
    return embeds.requires_grad_(True), torch.ones(1, tokens, dtype=torch.long)


def relevance(module, embeds, mask, column=1):
    """The logit, and the words' relevance `[T]`."""
    value = module(inputs_embeds=embeds, attention_mask=mask).logits[0, column]
    # Into .grad of all tensors that wait for one, not of the embeddings alone.
    embeds.grad = None
    value.backward()
    return value.detach(), (embeds * embeds.grad).sum(-1)[0].detach()


def with_biases(model):
    torch.manual_seed(2)
    for name, weight in model.named_parameters():
        if weight.ndim == 1 and name.endswith("bias"):
            nn.init.normal_(weight, std=0.3)
    return model


def absorbed_by(module):
    """Watches all that takes relevance for itself; tells it after the backward pass."""
    kept = []

    def keep(output, taking):
        if not output.requires_grad:
            output = output.detach().requires_grad_(True)
        output.retain_grad()
        kept.append((output, output if taking is None else taking))
        return output

    for part in module.modules():
        if isinstance(part, nn.Embedding):
            part.register_forward_hook(lambda part, given, output: keep(output, None))
        inner = part.norm if isinstance(part, rules.LayerNorm) else part
        if isinstance(part, nn.Linear | Conv1D | rules.LayerNorm) and inner.bias is not None:
            part.register_forward_hook(
                lambda part, given, output, bias=inner.bias: keep(output, bias)
            )
    return lambda: sum((taking * output.grad).sum().detach() for output, taking in kept)


def held(tensor):
    return (tensor * tensor.grad).sum().detach()


def open_attention(taken):
    """Attention in the open with a half at each product; adds what each softmax takes."""

    def run(module, query, key, value, attention_mask, scaling=None, **_):
        groups = query.shape[1] // key.shape[1]
        key, value = (part.repeat_interleave(groups, 1) for part in (key, value))
        scores = rules.shared(query @ key.transpose(-1, -2) * scaling)
        scores.retain_grad()
        allowed = torch.ones(scores.shape[-2:], dtype=torch.bool)
        allowed = allowed.tril() if module.is_causal else allowed
        weights = scores.masked_fill(~allowed, -torch.inf).softmax(-1)
        weights.retain_grad()
        taken.append(lambda: held(weights) - held(scores))
        return rules.shared(weights @ value).transpose(1, 2), weights

    return run


@every_architecture
def test_words_and_takers_hold_exactly_the_output(architecture):
    model = with_biases(build(architecture)[0])
    wrapped = TransformerClassifier(model, tiny.TOKENIZERS[architecture]())
    embeds, mask = inputs(model)
    _, expected = relevance(wrapped._relevance.module(), embeds, mask)

    softmaxes = []
    AttentionInterface.register("open_lrp", open_attention(softmaxes))
    AttentionMaskInterface.register("open_lrp", sdpa_mask)
    watched = following(wrapped.module)
    watched.set_attn_implementation("open_lrp")
    absorbed = absorbed_by(watched)
    value, words = relevance(watched, embeds, mask)

    torch.testing.assert_close(words, expected, rtol=1e-6, atol=1e-8)
    assert len(softmaxes) == 2
    took = absorbed() + sum(take() for take in softmaxes)
    assert abs(float(words.sum() + took - value)) < 1e-9
    assert abs(float(words.sum() - value)) > 1e-3, "nothing was taken: the test shows nothing"


# What an attention layer adds to the residual stream.
OUT = ("attention.output.dense", "out_lin", "attn.c_proj", "o_proj")


def without_takers(model):
    """No biases, no positions and segments, and attention that adds nothing."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            place = name.rsplit(".", 1)[0]
            positions = place.endswith(("position_embeddings", "token_type_embeddings", "wpe"))
            if name.endswith("bias") or positions or place.endswith(OUT):
                weight.zero_()
    return model


@every_architecture
def test_without_takers_the_words_hold_all(architecture):
    model = without_takers(build(architecture)[0])
    wrapped = TransformerClassifier(model, tiny.TOKENIZERS[architecture]())
    embeds, mask = inputs(model)
    value, words = relevance(wrapped._relevance.module(), embeds, mask)
    assert float(words.sum()) == pytest.approx(float(value), rel=1e-9)
    assert abs(float(value)) > 1e-3
    reader = -1 if architecture in CAUSAL else 0
    assert float(words[reader]) == pytest.approx(float(value), rel=1e-9)
