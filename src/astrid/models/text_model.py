"""Any Hugging Face sequence classifier, as the engine sees it."""

import inspect
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from astrid.errors import InputError
from astrid.models import attention, private, quantised, trial
from astrid.models.loading import quiet
from astrid.models.outputs import labels_of, tasks_of
from astrid.models.protocol import Answers, Batch, EncodedText, ModelFacts, TokenIds

LONGEST = 512
"""Tokens read of a text where neither the model nor its tokenizer names a limit."""

_TRIAL = "The quick brown fox, 1."
_SLICE = 8192
"""Rows of the vocabulary that are averaged at once."""


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
        InputError: no fast tokenizer, a vocabulary or labels that don't fit, or an architecture
            that doesn't run as a classifier of texts.
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
        self.module = private.private_copy(model, name).to(self.device)
        self.config = self.module.config
        self.labels = labels_of(self.config, name)
        self.tasks = tasks_of(self.config, self.labels)
        self.token_ids = TokenIds(
            tokenizer.pad_token_id, tokenizer.mask_token_id, tokenizer.unk_token_id
        )
        self.max_length = _max_length(self.module, tokenizer)
        self._tokenizer = _plain_tokenizer(tokenizer, self.max_length)
        self._decoder = _is_decoder(self.module.base_model.config)
        self._accepted = frozenset(inspect.signature(self.module.forward).parameters)
        self._has_segments = _has_segments(self.module, self._accepted)
        self._embedding = self.module.get_input_embeddings()
        with quiet():
            # transformers warns, once, of what the batches avoid.
            self._abilities = self._try()
        self._packed = any(map(quantised.is_packed, self.module.modules()))
        self.pads = self._abilities.pads and not self._packed
        self.facts = ModelFacts(
            quantised.parameters(self.module),
            quantised.parameters(_head(self.module)),
            _warnings(self, warnings),
            quantised.precision(self.module),
        )

    @property
    def answers(self) -> frozenset[Answers]:
        able: set[Answers] = {"values"}
        if self._abilities.embeds and quantised.has_gradients(self.module):
            able.add("gradients")
        if self._abilities.attentions:
            able.add("attentions")
        return frozenset(able)

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
        end = self._read_to(encoding.ids)
        return EncodedText(
            text=text,
            tokens=tuple(encoding.tokens[:end]),
            ids=np.asarray(encoding.ids[:end], dtype=np.int64),
            type_ids=np.asarray(encoding.type_ids[:end], dtype=np.int64),
            special=np.asarray(encoding.special_tokens_mask[:end], dtype=bool),
            offsets=np.asarray(encoding.offsets[:end], dtype=np.int64).reshape(-1, 2),
            truncated=bool(encoding.overflowing),
            reader=end - 1 if self._decoder else 0,
        )

    def _read_to(self, ids: list[int]) -> int:
        """How many tokens a decoder reads: it takes its answer from the last that is no padding.

        A tokenizer that ends texts with the token that also pads is common.
        """
        end = len(ids)
        if self._decoder:
            pad = getattr(self.config.get_text_config(), "pad_token_id", None)
            while end > 1 and ids[end - 1] == pad:
                end -= 1
        return end

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        return self._embedding(ids)

    def mean_embedding(self) -> torch.Tensor:
        # Through the module: some scale what they look up.
        count = self._embedding.num_embeddings
        slices = torch.arange(count, device=self.device).split(_SLICE)
        total = torch.stack([self._embedding(ids).sum(dim=0, dtype=torch.float32) for ids in slices])
        return (total.sum(dim=0) / count).to(self._embedding.weight.dtype)

    def values(self, batch: Batch) -> torch.Tensor:
        groups = self._apart(batch)
        if groups is None:
            return self._run(batch).logits.float()
        parts = [self._run(_rows(batch, rows)).logits.float() for rows in groups]
        return torch.cat(parts)[torch.cat(groups).argsort()]

    def _apart(self, batch: Batch) -> list[torch.Tensor] | None:
        """Rows of `batch` that may not share a forward pass; None where all may."""
        if len(batch.mask) == 1:
            return None
        if self._packed:
            # torch's dynamic int8 takes one scale a batch: rows would change each other's answers.
            return list(torch.arange(len(batch.mask)).split(1))
        if self.config.is_encoder_decoder and batch.ids is not None:
            # BART and T5 are read at the last end token, and want equally many in each row.
            ends = (batch.ids == self.config.eos_token_id).sum(dim=1)
            return [torch.nonzero(ends == count)[:, 0] for count in ends.unique()]
        return None

    def attentions(self, batch: Batch) -> torch.Tensor:
        groups = self._apart(batch)
        if groups is not None:
            return torch.cat([self.attentions(_rows(batch, rows)) for rows in groups], dim=1)
        with attention.recording() as weights:
            output = self._run(batch, output_attentions=True)
        layers = weights if self._records else list(output.attentions or ())
        if not layers:
            raise InputError(f"{self.name}: this architecture doesn't give its attention weights")
        return torch.stack(layers).float()

    @property
    def _records(self) -> bool:
        """Whether the layers call Astrid's attention function."""
        return bool(self.config._attn_implementation == attention.NAME)

    def _run(self, batch: Batch, output_attentions: bool = False) -> Any:
        embeds = batch.embeds
        # By embeddings where the model takes them: positions then count places, never depend on
        # which ids stand there (RoBERTa skips padding ids when it numbers positions).
        if embeds is None and self._abilities.embeds:
            assert batch.ids is not None, "a batch has ids or embeds"
            embeds = self.embed(batch.ids)
        return self._forward(batch.ids, embeds, batch.mask, output_attentions, batch.type_ids)

    def _forward(
        self,
        ids: torch.Tensor | None,
        embeds: torch.Tensor | None,
        mask: torch.Tensor,
        output_attentions: bool = False,
        type_ids: torch.Tensor | None = None,
    ) -> Any:
        arguments: dict[str, Any] = {}
        if embeds is None:
            arguments["input_ids"] = ids
        else:
            # CTRL writes on what it is given, which a leaf of the gradient doesn't allow.
            arguments["inputs_embeds"] = embeds.clone() if embeds.requires_grad else embeds
        if "attention_mask" in self._accepted:
            arguments["attention_mask"] = mask
        if self._has_segments:
            arguments["token_type_ids"] = torch.zeros_like(mask) if type_ids is None else type_ids
        if "global_attention_mask" in self._accepted:
            # Longformer: the token that is read sees all others, as when ids are given.
            arguments["global_attention_mask"] = _first(mask)
        if output_attentions and not self._records:
            arguments["output_attentions"] = True
        return self.module(**arguments)

    def _try(self) -> trial.Abilities:
        """Ask the model once, and settle how it is asked from now on."""
        ids_1T = torch.tensor([self._trial_ids()], device=self.device)
        expected = trial.plain_logits(self._forward, ids_1T, len(self.labels), self.name)
        trial.use_attention(self.module, self._forward, ids_1T, expected)
        settings = self.config.get_text_config()
        if getattr(settings, "pad_token_id", None) is None:
            # Decoders refuse batches without one, even of embeddings, which have no padding.
            settings.pad_token_id = self.token_ids.pad or 0
        return trial.abilities(self.module, self._forward, ids_1T, expected, self._decoder)

    def _trial_ids(self) -> list[int]:
        """A few words of the vocabulary between the tokens that the tokenizer adds."""
        encoding = self._tokenizer.encode(_TRIAL)
        middle = self._embedding.num_embeddings // 2
        words = [middle, middle + 1, middle - 1, middle - 2]
        added = list(zip(encoding.ids, encoding.special_tokens_mask, strict=True))
        first = next((place for place, (_, special) in enumerate(added) if not special), 0)
        before = [token for token, special in added[:first] if special]
        after = [token for token, special in added[first:] if special]
        ids = [*before, *words, *after]
        return ids[: self._read_to(ids)]


def _rows(batch: Batch, rows: torch.Tensor) -> Batch:
    ids, embeds = batch.ids, batch.embeds
    return Batch(
        mask=batch.mask[rows],
        type_ids=batch.type_ids[rows],
        ids=None if ids is None else ids[rows],
        embeds=None if embeds is None else embeds[rows],
    )


def _first(mask: torch.Tensor) -> torch.Tensor:
    """`[B, T]` 1 for the first token."""
    first = torch.zeros_like(mask)
    first[:, 0] = 1
    return first


def _check(model: Any, tokenizer: Any, name: str) -> None:
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


def _plain_tokenizer(tokenizer: Any, max_length: int) -> Tokenizer:
    """An own copy of the tokenizer without its padding, and with this model's truncation."""
    plain = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    plain.no_padding()
    plain.enable_truncation(max_length)
    return plain


def _max_length(module: Any, tokenizer: Any) -> int:
    """The smallest of what the settings, the position table and the tokenizer allow."""
    settings = module.config
    limits = [tokenizer.model_max_length, getattr(settings, "max_sequence_length", None)]
    limits.append(getattr(settings, "max_position_embeddings", None))
    for name, part in module.named_modules():
        if name.endswith("position_embeddings") and isinstance(part, torch.nn.Embedding):
            # RoBERTa's positions begin behind the padding index.
            taken = 0 if part.padding_idx is None else part.padding_idx + 1
            limits.append(part.num_embeddings - taken)
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


def _has_segments(module: Any, accepted: frozenset[str]) -> bool:
    """Whether segment ids mean segments; GPT-2 takes them for words of the vocabulary."""
    known = "token_type_ids" in accepted
    return known and getattr(module.base_model.config, "type_vocab_size", 0) > 0


def _head(module: Any) -> Any:
    """The part that comes after the encoder."""
    body = getattr(module, module.base_model_prefix, None)
    return torch.nn.ModuleList(part for part in module.children() if part is not body)


def _warnings(model: TransformerClassifier, known: tuple[str, ...]) -> tuple[str, ...]:
    if all(label == f"LABEL_{index}" for index, label in enumerate(model.labels)):
        return (*known, f"{model.name}: the classes have no names (LABEL_0, …) in config.json")
    return known
