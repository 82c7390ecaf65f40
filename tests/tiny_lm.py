"""Tiny random language models, for tests."""

from functools import cache

import torch
from tokenizers import Tokenizer, decoders
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from astrid.models.causal.model import CausalModel
from astrid.models.causal.prompt import Prompt
from tests import tiny

ARCHITECTURES = ("gpt2", "llama")
CONTEXT = 96
PROMPT = Prompt("The court found no evidence of rain. Case: ", "\nThe appeal was")
LABELS = {"refused": " refused", "good": " good"}


@cache
def bytes_and_back() -> PreTrainedTokenizerFast:
    """As GPT-2's: no special tokens are added, no mask token, and pieces become text again."""
    backend = Tokenizer.from_str(tiny.plain_bytes().backend_tokenizer.to_str())
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )


def build(architecture: str, seed: int = 0):
    """A Hugging Face causal language model with large random weights, and its tokenizer."""
    torch.manual_seed(seed)
    tokenizer = bytes_and_back()
    if architecture == "gpt2":
        config = GPT2Config(
            vocab_size=len(tokenizer),
            n_embd=32,
            n_layer=2,
            n_head=4,
            n_positions=CONTEXT,
            eos_token_id=2,
            bos_token_id=2,
        )
        model = GPT2LMHeadModel(config)
    else:
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            intermediate_size=48,
            max_position_embeddings=CONTEXT,
            eos_token_id=2,
            bos_token_id=0,
        )
        model = LlamaForCausalLM(config)
    with torch.no_grad():
        for weight in model.parameters():
            # Default weights are so small that every output is alike.
            if weight.ndim == 2:
                weight.mul_(5)
    return model.eval(), tokenizer


@cache
def language_model(
    architecture: str = "gpt2", prompt: Prompt = PROMPT, labelled: bool = True, reuse: bool = True
) -> CausalModel:
    model, tokenizer = build(architecture)
    labels = LABELS if labelled else None
    return CausalModel(
        model, tokenizer, f"tiny-{architecture}", prompt=prompt, labels=labels, reuse_prefix=reuse
    )
