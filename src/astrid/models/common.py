"""What classifiers and language models of transformers have in common."""

import hashlib
import json
from typing import Any

import torch
from tokenizers import Encoding, Tokenizer

from astrid.errors import InputError
from astrid.models.protocol import TokenIds
from astrid.models.quantised import plain_tensors

LONGEST = 512
"""Tokens read of a text where neither the model nor its tokenizer names a limit."""

_SLICE = 8192
"""Rows of the vocabulary that are averaged at once."""


def check_vocabulary(model: Any, tokenizer: Any, name: str) -> None:
    """Refuse a model and a tokenizer that can't be explained together.

    Raises:
        InputError: no fast tokenizer, no table of embeddings, or a vocabulary that doesn't fit.
    """
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise InputError(f"{name}: needs a fast tokenizer (a tokenizer.json file)")
    try:
        rows = model.get_input_embeddings().num_embeddings
    except (NotImplementedError, AttributeError):
        raise InputError(
            f"{name}: has no table of embeddings for the tokenizer's ids, so that its texts can't "
            "be changed token by token; use a model with a vocabulary"
        ) from None
    largest = max(tokenizer.get_vocab().values(), default=0)
    if largest >= rows:
        raise InputError(
            f"{name}: the tokenizer's ids go up to {largest}, the model's embeddings to "
            f"{rows - 1}; they don't belong together"
        )


def plain_tokenizer(tokenizer: Any) -> Tokenizer:
    """An own copy of the tokenizer without its padding and truncation."""
    plain = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    plain.no_padding()
    plain.no_truncation()
    return plain


def token_ids(tokenizer: Any) -> TokenIds:
    """Ids of the tokens that perturbations need."""
    return TokenIds(
        tokenizer.pad_token_id, tokenizer.mask_token_id, tokenizer.unk_token_id, len(tokenizer)
    )


def encoding(tokenizer: Tokenizer, text: str) -> Encoding:
    """The tokens of `text`.

    Raises:
        InputError: it holds lone surrogates, which no tokenizer can read.
    """
    try:
        return tokenizer.encode(text)
    except (UnicodeEncodeError, TypeError):
        raise InputError("a text holds characters that are not valid Unicode") from None


def max_length(module: Any, tokenizer: Any) -> int:
    """The smallest of what the settings, the position table and the tokenizer allow."""
    settings = module.config
    limits = [tokenizer.model_max_length, getattr(settings, "max_sequence_length", None)]
    limits.append(getattr(settings, "max_position_embeddings", None))
    for name, part in module.named_modules():
        if name.endswith("position_embeddings") and isinstance(part, torch.nn.Embedding):
            # RoBERTa's positions begin behind the padding index.
            taken = 0 if part.padding_idx is None else part.padding_idx + 1
            limits.append(part.num_embeddings - taken)
    # A configuration may have come from anywhere, and hold anything.
    numbers = (limit for limit in limits if isinstance(limit, int | float))
    usable = [int(limit) for limit in numbers if 2 < limit < 1_000_000]
    return min(usable, default=LONGEST)


def is_decoder(config: Any) -> bool:
    """Whether the architecture generates from left to right, and so reads the last token."""
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    )

    kind = config.model_type
    return (
        kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES
    )


def embed(embedding: torch.nn.Embedding, ids: torch.Tensor) -> torch.Tensor:
    """`[..., D]` of `ids`; hooks may ask for gradients, which only the engine's rows have."""
    found: torch.Tensor = embedding(ids)
    return found.detach()


def mean_embedding(embedding: torch.nn.Embedding) -> torch.Tensor:
    """`[D]` mean over the vocabulary, through the module: some scale what they look up."""
    weight = embedding.weight
    slices = torch.arange(embedding.num_embeddings, device=weight.device).split(_SLICE)
    total = torch.stack([embed(embedding, ids).sum(dim=0, dtype=torch.float32) for ids in slices])
    return (total.sum(dim=0) / embedding.num_embeddings).to(weight.dtype)


def at_least_single(logits: torch.Tensor) -> torch.Tensor:
    """Half-precision outputs as float32; more precise ones as they are."""
    return logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits


def fingerprint(module: Any, tokenizer: Tokenizer, question: str = "") -> str:
    """16 hex digits that change with any weight, setting or rule of the tokenizer."""
    about = json.dumps(_settings(module.config.to_dict()), sort_keys=True, default=str)
    hashed = hashlib.sha256(about.encode())
    hashed.update(tokenizer.to_str().encode())
    hashed.update(question.encode())
    _add_weights(hashed, module)
    return hashed.hexdigest()[:16]


def weights_fingerprint(module: Any) -> str:
    """16 hex digits that change with any weight, whatever the libraries' versions."""
    hashed = hashlib.sha256()
    _add_weights(hashed, module)
    return hashed.hexdigest()[:16]


def _add_weights(hashed: Any, module: Any) -> None:
    for name, value in sorted(module.state_dict().items()):
        if not isinstance(value, torch.Tensor):
            hashed.update(f"{name} {type(value)}".encode())
        for weight in plain_tensors(value):
            hashed.update(f"{name} {tuple(weight.shape)} {weight.dtype}".encode())
            data = weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            hashed.update(data.numpy().data)


def _settings(config: Any) -> Any:
    """A configuration without the folder and the version that it was read from."""
    if not isinstance(config, dict):
        return config
    return {
        key: _settings(value)
        for key, value in config.items()
        if not str(key).startswith("_") and key != "transformers_version"
    }
