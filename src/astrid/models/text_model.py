"""Any Hugging Face sequence classifier, as the engine sees it."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from astrid.errors import InputError
from astrid.models import common, last_layer, private, quantised, trial
from astrid.models.calls import Calls, Logits, in_order, rows_of
from astrid.models.loading import quiet
from astrid.models.lrp import Propagation
from astrid.models.outputs import labels_of, tasks_of
from astrid.models.protocol import Answers, Batch, EncodedText, ModelFacts

_TRIAL = "The quick brown fox, 1."


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

    @torch.inference_mode(False)  # what it makes is to take part in gradients
    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        name: str = "model",
        device: str | torch.device = "cpu",
        warnings: tuple[str, ...] = (),
    ) -> None:
        common.check_vocabulary(model, tokenizer, name)
        self.name = name
        self.device = torch.device(device)
        self.module = private.private_copy(model, name).to(self.device)
        self.config = self.module.config
        self.labels = labels_of(self.config, name)
        self.tasks = tasks_of(self.config, self.labels)
        self.token_ids = common.token_ids(tokenizer)
        self.max_length = common.max_length(self.module, tokenizer)
        self._tokenizer = common.plain_tokenizer(tokenizer)
        self._tokenizer.enable_truncation(self.max_length)
        self.decoder = common.is_decoder(self.module.base_model.config)
        self._calls = Calls(self.module)
        self._embedding = self.module.get_input_embeddings()
        with quiet():
            # transformers warns, once, of what the batches avoid.
            self._abilities = self._try()
        self.pads = self._abilities.pads and not self._calls.packed
        self._reading = self._first_token_alone()
        self._relevance = Propagation(self.module)
        self.facts = ModelFacts(
            quantised.parameters(self.module),
            quantised.parameters(_head(self.module)),
            _warnings(self, warnings),
            quantised.precision(self.module),
        )

    @property
    def answers(self) -> frozenset[Answers]:
        able = self._abilities.answers(self.module)
        relevance = self._relevance.covers and "gradients" in able
        return able | {"relevance"} if relevance else able

    def fingerprint(self) -> str:
        """16 hex digits that change with any weight, setting or rule of the tokenizer."""
        return common.fingerprint(self.module, self._tokenizer)

    def whole_tokenizer(self) -> Tokenizer:
        """A copy of its tokenizer that cuts nothing off."""
        whole = Tokenizer.from_str(self._tokenizer.to_str())
        whole.no_truncation()
        return whole

    def encode(self, text: str) -> EncodedText:
        """Tokens of `text`, cut to the model's length; special tokens included.

        Raises:
            InputError: the text holds lone surrogates, which no tokenizer can read, or leaves no
                token at all.
        """
        encoding = common.encoding(self._tokenizer, text)
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
            reader=end - 1 if self.decoder else 0,
        )

    def _read_to(self, ids: list[int]) -> int:
        """How many tokens a decoder reads: it takes its answer from the last that is no padding.

        A tokenizer that ends texts with the token that also pads is common.
        """
        end = len(ids)
        if self.decoder:
            pad = getattr(self.config.get_text_config(), "pad_token_id", None)
            while end > 1 and ids[end - 1] == pad:
                end -= 1
        return end

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        return common.embed(self._embedding, ids)

    def mean_embedding(self) -> torch.Tensor:
        return common.mean_embedding(self._embedding)

    def values(self, batch: Batch) -> torch.Tensor:
        groups = self._calls.apart(batch)
        parts = [self._run(self._reading, rows_of(batch, rows)).logits for rows in groups]
        return common.at_least_single(in_order(parts, groups))

    def tokenizer(self) -> Tokenizer:
        """A copy of the rules by which `encode` cuts texts, to the model's length."""
        return Tokenizer.from_str(self._tokenizer.to_str())

    def as_module(self) -> Logits:
        """What `values` runs, as one module of tensors; it shares this model's weights.

        A decoder is given ids: it finds its last token by them, whatever padding follows.
        """
        return Logits(self._reading, self._calls, self._abilities.embeds and not self.decoder)

    def relevance_values(self, batch: Batch) -> torch.Tensor:
        return common.at_least_single(self._run(self._relevance.module(), batch).logits)

    def attentions(self, batch: Batch) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        logits, layers = self._calls.attentions(self.module, self._embedded(batch), self.name)
        return common.at_least_single(logits), layers

    def _run(self, module: Any, batch: Batch) -> Any:
        return self._calls.run(module, self._embedded(batch))

    def _embedded(self, batch: Batch) -> Batch:
        # By embeddings where the model takes them: positions then count places, never depend on
        # which ids stand there (RoBERTa skips padding ids when it numbers positions).
        if batch.embeds is not None or not self._abilities.embeds:
            return batch
        assert batch.ids is not None, "a batch has ids or embeds"
        return replace(batch, ids=None, embeds=self.embed(batch.ids))

    def _first_token_alone(self) -> Any:
        if not (self.pads and self._abilities.embeds):
            return self.module

        def run(module: Any, embeds: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            batch = Batch(mask=mask, type_ids=torch.zeros_like(mask), embeds=embeds)
            logits: torch.Tensor = self._calls.run(module, batch).logits
            return logits

        return last_layer.read_first(self.module, run)

    def _try(self) -> trial.Abilities:
        """Ask the model once, and settle how it is asked from now on."""
        ids_1T = torch.tensor([self._trial_ids()], device=self.device)
        asked = trial.Trial(self.module, self._calls, ids_1T)
        asked.check(len(self.labels), self.name)
        asked.use_attention()
        settings = self.config.get_text_config()
        if getattr(settings, "pad_token_id", None) is None:
            # Decoders refuse batches without one, even of embeddings, which have no padding.
            settings.pad_token_id = self.token_ids.pad or 0
        return asked.abilities(self.decoder)

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


def _head(module: Any) -> Any:
    """The part that comes after the encoder."""
    body = getattr(module, module.base_model_prefix, None)
    return torch.nn.ModuleList(part for part in module.children() if part is not body)


def _warnings(model: TransformerClassifier, known: tuple[str, ...]) -> tuple[str, ...]:
    if all(label == f"LABEL_{index}" for index, label in enumerate(model.labels)):
        return (*known, f"{model.name}: the classes have no names (LABEL_0, …) in config.json")
    return known
