"""Any Hugging Face causal language model, as the engine sees it."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from transformers.cache_utils import Cache

from astrid.errors import InputError
from astrid.models import common, private, quantised, trial
from astrid.models.calls import in_order, rows_of
from astrid.models.causal import candidates
from astrid.models.causal.calls import NextTokenCalls
from astrid.models.causal.candidates import Labels
from astrid.models.causal.prefix import SHORTEST, Prefixes, has_plain_layers
from astrid.models.causal.prompt import LongPromptError, Prompt, pieces
from astrid.models.causal.weights import Watch
from astrid.models.loading import quiet
from astrid.models.outputs import Task
from astrid.models.protocol import Answers, Batch, EncodedText, ModelFacts

_TRIAL_TOKENS = 12


class CausalModel:
    """A language model and its tokenizer, ready for the engine; safe to share by threads.

    Its answer to a text is K numbers: the logits of a few candidate tokens to come after prompt
    and text, and in a last column log Σ exp of all other logits, so that the softmax over the
    columns is that over the whole vocabulary. The candidates are the first tokens of the labels;
    without labels, the token that the model itself prefers.

    Args:
        model: a transformers `…ForCausalLM`; it is not changed (see `TransformerClassifier`).
        tokenizer: its fast tokenizer.
        name: for tables and messages.
        device: where to run, for example `cpu` or `cuda`.
        prompt: what stands around every text, never perturbed.
        labels: texts that may follow, by name, or alone; each begins with another token.
        constrained: whether the labels share all probability, without a column for the rest.
        reuse_prefix: whether the prompt's beginning is run once for all rows.
        warnings: what is known to make its explanations doubtful.

    Raises:
        InputError: no fast tokenizer, a vocabulary that doesn't fit, an architecture that doesn't
            run as a language model, a prompt that fills the context, or labels that are empty or
            begin alike.
    """

    pads = False
    """Rows of a batch have one length: none is padded, and each is read at its last token."""

    @torch.inference_mode(False)  # what it makes is to take part in gradients
    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        name: str = "model",
        device: str | torch.device = "cpu",
        *,
        prompt: Prompt | None = None,
        labels: Labels | None = None,
        constrained: bool = False,
        reuse_prefix: bool = True,
        warnings: tuple[str, ...] = (),
    ) -> None:
        common.check_vocabulary(model, tokenizer, name)
        self.name = name
        self.device = torch.device(device)
        self.prompt = prompt or Prompt()
        self.module = private.private_copy(model, name).to(self.device)
        self.config = self.module.config
        self.token_ids = common.token_ids(tokenizer)
        self.max_length = common.max_length(self.module, tokenizer)
        self.tokenizer = common.plain_tokenizer(tokenizer)
        self._calls = NextTokenCalls(self.module)
        self._embedding = self.module.get_input_embeddings()
        with quiet():
            self._abilities = self._try()
        self._prefixes = Prefixes(self.advance, self.device, Watch(self.module).state)
        self._reuses = reuse_prefix and self._can_reuse()
        self._ask(labels, constrained)
        self.facts = ModelFacts(
            quantised.parameters(self.module),
            quantised.parameters(self.module) - quantised.parameters(self.module.base_model),
            (*warnings, *_warnings(name, self.prompt)),
            quantised.precision(self.module),
        )
        self.read("")

    def asking(self, labels: Labels | None = None, constrained: bool = False) -> "CausalModel":
        """The same model and prompt, asked for other labels, or for the next token."""
        other = copy.copy(self)
        other._ask(labels, constrained)
        return other

    def shifted(self, shifts: Sequence[float]) -> "CausalModel":
        """The same model, with a number more on the logit of each of its K columns.

        Raises:
            InputError: not one finite number a column.
        """
        if len(shifts) != len(self.labels) or not np.isfinite(shifts).all():
            raise InputError(
                f"shifts: give one finite number for each of {len(self.labels)} labels"
            )
        before = self._question.shifts or (0.0,) * len(shifts)
        total = tuple(float(old + new) for old, new in zip(before, shifts, strict=True))
        other = copy.copy(self)
        other._question = replace(self._question, shifts=total)
        return other

    def _ask(self, labels: Labels | None, constrained: bool) -> None:
        self._question = (
            candidates.next_token()
            if labels is None
            else candidates.among(
                labels, self.tokenizer, self.prompt.after, constrained, self._unknown
            )
        )

    @property
    def _unknown(self) -> int | None:
        """The id of words that the vocabulary lacks; GPT-2's is a token like any other."""
        model = self.tokenizer.model
        name = getattr(model, "unk_token", None)
        return None if name is None else self.tokenizer.token_to_id(name)

    @property
    def labels(self) -> tuple[str, ...]:
        return self._question.labels

    @property
    def constrained(self) -> bool:
        """Whether the labels share all probability."""
        return not self._question.has_rest

    @property
    def tasks(self) -> tuple[Task, ...]:
        return (self._question.task,)

    @property
    def answers(self) -> frozenset[Answers]:
        return self._abilities.answers(self.module)

    def fingerprint(self) -> str:
        """16 hex digits that change with any weight, setting, prompt or label."""
        shifts = self._question.shifts
        question = f"{self.prompt} {self._question}" + (f" {shifts}" if shifts else "")
        return common.fingerprint(self.module, self.tokenizer, question)

    def encode(self, text: str) -> EncodedText:
        """Tokens of prompt and text, and the candidates; only the text's tokens are perturbed.

        A text that is too long loses its end, never the prompt. Without labels the model runs
        once to see which token it prefers.

        Raises:
            InputError: the text holds lone surrogates, which no tokenizer can read, there is no
                token at all, or the prompt alone fills the context.
        """
        read = self.read(text)
        if not len(read):
            raise InputError(f"{self.name}: a text has no token that the model can read")
        if self._question.tokens is not None:
            return replace(read, columns=self._question.tokens)
        return self.with_candidate(read, self._preferred(read))

    def with_candidate(self, text: EncodedText, token: int) -> EncodedText:
        """`text`, asked for `token` against all others."""
        name = candidates.name_of(self.tokenizer, token)
        return replace(text, columns=(token,), labels=(name, candidates.OTHER))

    def encoded(
        self,
        text: str,
        tokens: tuple[str, ...],
        ids: np.ndarray,
        own: np.ndarray,
        offsets: np.ndarray,
        truncated: bool = False,
    ) -> EncodedText:
        """A text whose tokens are known; `own` `[T]` marks those that may be perturbed."""
        shared = int(np.argmax(own)) if own.any() else len(own)
        return EncodedText(
            text=text,
            tokens=tokens,
            ids=ids,
            type_ids=np.zeros_like(ids),
            special=~own,
            offsets=offsets,
            truncated=truncated,
            reader=len(ids) - 1,
            fixed=~own,
            shared=shared if self._reuses and shared >= SHORTEST else 0,
        )

    def read(self, text: str) -> EncodedText:
        """As `encode`, but without candidates."""
        encoding = common.encoding(self.tokenizer, self.prompt.around(text))
        try:
            found = pieces(encoding, self.prompt, text, self.max_length)
        except LongPromptError as error:
            raise LongPromptError(f"{self.name}: {error}") from None
        return self.encoded(
            text, found.tokens, found.ids, found.own, found.offsets, found.truncated
        )

    def _preferred(self, text: EncodedText) -> int:
        ids_1T = torch.as_tensor(text.ids, device=self.device)[None]
        prefix = tuple(text.ids[: text.shared].tolist())
        batch = Batch(torch.ones_like(ids_1T), torch.zeros_like(ids_1T), ids_1T, prefix=prefix)
        with torch.inference_mode():
            return int(self._next(batch).argmax())

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        return common.embed(self._embedding, ids)

    def mean_embedding(self) -> torch.Tensor:
        return common.mean_embedding(self._embedding)

    def values(self, batch: Batch) -> torch.Tensor:
        return self._columns(self._next(batch), batch)

    def attentions(self, batch: Batch) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        # Weights of the whole prompt are wanted: nothing is reused.
        logits, layers = self._calls.attentions(self.module, self._embedded(batch), self.name)
        return self._columns(common.at_least_single(logits), batch), layers

    def _columns(self, logits_BV: torch.Tensor, batch: Batch) -> torch.Tensor:
        assert batch.columns is not None, "texts of a language model name their candidates"
        found = candidates.columns_of(logits_BV, batch.columns, self._question.has_rest)
        shifts = self._question.shifts
        return found + found.new_tensor(shifts) if shifts else found

    def padded_values(self, batch: Batch) -> torch.Tensor:
        """As `values`, for rows padded on the left, or right behind the batch's prefix.

        Not every architecture leaves padding out: see `scoring.pads_left`.
        """
        return self._columns(self._next(batch, padded=True), batch)

    def _next(self, batch: Batch, padded: bool = False) -> torch.Tensor:
        """`[B, V]` logits of the token after each row."""
        # At least one token is left to run: its output is what is read.
        ids = batch.prefix[: batch.mask.shape[1] - 1] if self._reuses else ()
        past = self._prefixes.get(ids) if ids else None
        batch = self._embedded(_without_first(batch, len(ids)))
        groups = self._calls.apart(batch)
        parts: Sequence[torch.Tensor] = [
            self._calls.run(self.module, rows_of(batch, rows), past=past, padded=padded).logits
            for rows in groups
        ]
        return common.at_least_single(in_order(parts, groups))

    def advance(self, ids_1T: torch.Tensor, cache: Cache) -> torch.Tensor:
        """`[1, V]` logits after more tokens, whose keys and values `cache` takes in."""
        length = cache.get_seq_length() + ids_1T.shape[1]
        mask = torch.ones((1, length), dtype=torch.long, device=self.device)
        batch = self._embedded(Batch(mask, torch.zeros_like(ids_1T), ids_1T))
        logits: torch.Tensor = self._calls.run(self.module, batch, past=cache).logits
        return logits

    def _embedded(self, batch: Batch) -> Batch:
        if batch.embeds is not None or not self._abilities.embeds:
            return batch
        assert batch.ids is not None, "a batch has ids or embeds"
        return replace(batch, ids=None, embeds=self.embed(batch.ids))

    def _try(self) -> trial.Abilities:
        """Ask the model once, and settle how it is asked from now on."""
        asked = trial.Trial(self.module, self._calls, self._trial_ids())
        asked.check(None, self.name, "causal language model")
        asked.use_attention()
        return asked.abilities(decoder=True)

    def _trial_ids(self) -> torch.Tensor:
        rows = self._embedding.num_embeddings
        ids_T = torch.arange(rows // 2, rows // 2 + _TRIAL_TOKENS, device=self.device)
        return ids_T.remainder(rows)[None]

    def _can_reuse(self) -> bool:
        """Whether a kept prefix gives what a whole run gives, on a few tokens."""
        if self._calls.packed or not has_plain_layers(self.config):
            return False
        ids_1T = self._trial_ids()
        half = ids_1T[:, : _TRIAL_TOKENS // 2]
        whole = Batch(torch.ones_like(ids_1T), torch.zeros_like(ids_1T), ids_1T)
        try:
            with torch.inference_mode():
                past = self._prefixes.make(tuple(half[0].tolist()))
                expected = self._calls.run(self.module, self._embedded(whole)).logits
                rest = self._embedded(_without_first(whole, half.shape[1]))
                found = self._calls.run(self.module, rest, past=past).logits
        except trial.FAILURES:
            return False
        allowed = min(100 * torch.finfo(found.dtype).eps, 0.1)
        return bool((found - expected).abs().max() <= allowed * max(1.0, expected.abs().max()))


def _without_first(batch: Batch, count: int) -> Batch:
    """The batch without its rows' first tokens; the mask still covers them."""
    return replace(
        batch,
        ids=None if batch.ids is None else batch.ids[:, count:],
        embeds=None if batch.embeds is None else batch.embeds[:, count:],
    )


def _warnings(name: str, prompt: Prompt) -> tuple[str, ...]:
    if prompt.after.endswith(" "):
        return (
            f"{name}: the prompt ends with a space, which tokenizers make part of the next word; "
            "leave it out and begin the labels with it",
        )
    return ()
