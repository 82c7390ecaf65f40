"""Any Hugging Face sequence classifier, as the engine sees it."""

import copy
import hashlib
import inspect
import json
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from astrid.errors import InputError
from astrid.models import attention, last_layer
from astrid.models.lrp import Propagation
from astrid.models.outputs import tasks_of
from astrid.models.protocol import Answers, Batch, EncodedText, ModelFacts, TokenIds

LONGEST = 512
"""Tokens read of a text where neither the model nor its tokenizer names a limit."""


class TransformerClassifier:
    """A sequence classifier and its tokenizer, ready for the engine; safe to share by threads.

    The given model is not changed: this works on a copy of its modules that shares the weights'
    memory, is in evaluation mode, tracks no weight gradients and names its own attention function.

    Args:
        model: a transformers `…ForSequenceClassification` of classes, labels or numbers.
        tokenizer: its fast tokenizer.
        name: for tables and messages.
        device: where to run, for example `cpu` or `cuda`.
        warnings: what is already known to make explanations doubtful.

    Raises:
        InputError: no fast tokenizer, or a vocabulary that doesn't fit.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        name: str = "model",
        device: str | torch.device = "cpu",
        warnings: tuple[str, ...] = (),
    ) -> None:
        _check(model, tokenizer, name)
        self.name = name
        self.device = torch.device(device)
        self.module = _private_copy(model).to(self.device)
        self.config = self.module.config
        names = self.config.id2label
        self.labels = tuple(str(names[index]) for index in range(self.config.num_labels))
        self.tasks = tasks_of(self.config, self.labels)
        self.token_ids = TokenIds(
            tokenizer.pad_token_id,
            tokenizer.mask_token_id,
            tokenizer.unk_token_id,
            len(tokenizer),
        )
        self.max_length = _max_length(self.module, tokenizer)
        self._tokenizer = _plain_tokenizer(tokenizer, self.max_length)
        # Decoders read the last token, and can't tell padding in embeddings from a text's end.
        self.pads = not _is_decoder(self.module.base_model.config)
        self._has_segments = _has_segments(self.module)
        self._embedding = self.module.get_input_embeddings()
        self._dtype = self._embedding.weight.dtype
        self._relevance = Propagation(self.module)
        self._reading = self._first_token_alone() if self.pads else self.module
        self.facts = ModelFacts(
            _parameters(self.module), _parameters(_head(self.module)), _warnings(self, warnings)
        )

    @property
    def answers(self) -> frozenset[Answers]:
        extra: tuple[Answers, ...] = ("relevance",) if self._relevance.covers else ()
        return frozenset(("values", "gradients", "attentions", *extra))

    def fingerprint(self) -> str:
        """16 hex digits that change with any weight, setting or rule of the tokenizer."""
        about = json.dumps(_settings(self.config.to_dict()), sort_keys=True, default=str)
        hashed = hashlib.sha256(about.encode())
        hashed.update(self._tokenizer.to_str().encode())
        for name, weight in sorted(self.module.state_dict().items()):
            hashed.update(f"{name} {tuple(weight.shape)} {weight.dtype}".encode())
            hashed.update(weight.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        return hashed.hexdigest()[:16]

    def encode(self, text: str) -> EncodedText:
        """Tokens of `text`, cut to the model's length; special tokens included.

        Raises:
            InputError: the text holds lone surrogates, which no tokenizer can read, or leaves no
                token at all.
        """
        try:
            encoding = self._tokenizer.encode(text)
        except (UnicodeEncodeError, TypeError):
            raise InputError("a text holds characters that are not valid Unicode") from None
        if not encoding.ids:
            raise InputError(f"{self.name}: a text has no token that the model can read")
        return EncodedText(
            text=text,
            tokens=tuple(encoding.tokens),
            ids=np.asarray(encoding.ids, dtype=np.int64),
            type_ids=np.asarray(encoding.type_ids, dtype=np.int64),
            special=np.asarray(encoding.special_tokens_mask, dtype=bool),
            offsets=np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2),
            truncated=bool(encoding.overflowing),
            reader=0 if self.pads else len(encoding.ids) - 1,
        )

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        return self._embedding(ids)

    def mean_embedding(self) -> torch.Tensor:
        return self._embedding.weight.mean(dim=0)

    def values(self, batch: Batch) -> torch.Tensor:
        return _at_least_single(self._run(self._reading, batch).logits)

    def relevance_values(self, batch: Batch) -> torch.Tensor:
        return _at_least_single(self._run(self._relevance.module(), batch).logits)

    def attentions(self, batch: Batch) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        with attention.recording() as weights:
            output = self._run(self.module, batch, output_attentions=not self._records)
        layers = tuple(weights) if self._records else tuple(output.attentions or ())
        if not layers:
            raise InputError(f"{self.name}: this architecture doesn't give its attention weights")
        return _at_least_single(output.logits), layers

    @property
    def _records(self) -> bool:
        """Whether the layers call Astrid's attention function."""
        return bool(self.config._attn_implementation == attention.NAME)

    def _run(self, module: Any, batch: Batch, output_attentions: bool = False) -> Any:
        # Always by embeddings: positions then count places, never depend on which ids stand there
        # (RoBERTa skips padding ids when it numbers positions).
        embeds = batch.embeds
        if embeds is None:
            assert batch.ids is not None, "a batch has ids or embeds"
            embeds = self.embed(batch.ids)
        return self._forward(module, embeds, batch.mask, batch.type_ids, output_attentions)

    def _forward(
        self,
        module: Any,
        embeds: torch.Tensor,
        mask: torch.Tensor,
        type_ids: torch.Tensor,
        output_attentions: bool = False,
    ) -> Any:
        arguments: dict[str, Any] = {
            "inputs_embeds": embeds.to(self._dtype),
            "attention_mask": mask,
        }
        if self._has_segments:
            arguments["token_type_ids"] = type_ids
        if output_attentions:
            arguments["output_attentions"] = True
        return module(**arguments)

    def _first_token_alone(self) -> Any:
        def run(module: Any, embeds: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self._forward(
                module, embeds, mask, torch.zeros_like(mask)
            ).logits
            return logits

        return last_layer.read_first(self.module, run)


def _at_least_single(logits: torch.Tensor) -> torch.Tensor:
    """Half-precision outputs as float32; more precise ones as they are."""
    return logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits


def _settings(config: Any) -> Any:
    """A configuration without the folder and the version that it was read from."""
    if not isinstance(config, dict):
        return config
    return {
        key: _settings(value)
        for key, value in config.items()
        if not str(key).startswith("_") and key != "transformers_version"
    }


def _check(model: Any, tokenizer: Any, name: str) -> None:
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise InputError(f"{name}: needs a fast tokenizer (a tokenizer.json file)")
    rows = model.get_input_embeddings().num_embeddings
    largest = max(tokenizer.get_vocab().values(), default=0)
    if largest >= rows:
        raise InputError(
            f"{name}: the tokenizer's ids go up to {largest}, the model's embeddings to "
            f"{rows - 1}; they don't belong together"
        )


def _private_copy(model: Any) -> Any:
    """The same modules and weights' memory, but own settings."""
    shared: dict[int, Any] = {}
    for weight in model.parameters():
        shared[id(weight)] = torch.nn.Parameter(weight.detach(), requires_grad=False)
    for buffer in model.buffers():
        shared[id(buffer)] = buffer
    module = copy.deepcopy(model, shared).eval()
    if (
        module.config._attn_implementation in ("sdpa", "eager")
        and module._can_set_attn_implementation()
    ):
        module.set_attn_implementation(attention.NAME)
    elif module.config._attn_implementation != attention.NAME:
        module.set_attn_implementation("eager")
    return module


def _plain_tokenizer(tokenizer: Any, max_length: int) -> Tokenizer:
    """An own copy of the tokenizer without its padding, and with this model's truncation."""
    plain = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    plain.no_padding()
    plain.enable_truncation(max_length)
    return plain


def _max_length(module: Any, tokenizer: Any) -> int:
    """The smallest of what the settings, the position table and the tokenizer allow."""
    limits = [tokenizer.model_max_length, getattr(module.config, "max_sequence_length", None)]
    for name, part in module.named_modules():
        if name.endswith("position_embeddings") and isinstance(part, torch.nn.Embedding):
            # RoBERTa's positions begin behind the padding index.
            taken = 0 if part.padding_idx is None else part.padding_idx + 1
            limits.append(part.num_embeddings - taken)
    if len(limits) == 2:
        limits.append(getattr(module.config, "max_position_embeddings", None))
    usable = [limit for limit in limits if limit is not None and 2 < limit < 1_000_000]
    return min(usable, default=LONGEST)


def _is_decoder(config: Any) -> bool:
    """Whether the architecture generates from left to right, and so pools the last token."""
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    )

    kind = config.model_type
    return (
        kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES
    )


def _has_segments(module: Any) -> bool:
    """Whether segment ids mean segments; GPT-2 takes them for words of the vocabulary."""
    known = "token_type_ids" in inspect.signature(module.forward).parameters
    return known and getattr(module.base_model.config, "type_vocab_size", 0) > 0


def _head(module: Any) -> Any:
    """The part that comes after the encoder."""
    body = getattr(module, module.base_model_prefix, None)
    return torch.nn.ModuleList(part for part in module.children() if part is not body)


def _parameters(module: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


def _warnings(model: TransformerClassifier, known: tuple[str, ...]) -> tuple[str, ...]:
    if all(label == f"LABEL_{index}" for index, label in enumerate(model.labels)):
        return (*known, f"{model.name}: the classes have no names (LABEL_0, …) in config.json")
    return known
