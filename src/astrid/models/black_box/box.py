"""A classifier of which nothing is known but its answers, as the engine sees it."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
import torch

from astrid.errors import InputError
from astrid.models.black_box import answers as answers_
from astrid.models.black_box.answers import Outputs
from astrid.models.black_box.limits import Limits, Meter, Price
from astrid.models.outputs import Task, classes
from astrid.models.protocol import Answers, Batch, EncodedText, ModelFacts, TokenIds
from astrid.text.words import find_words


class BlackBox(ABC):
    """A text classifier that takes strings and gives K numbers for each.

    Its tokens are the words of the text; a row that leaves words out is a string without them.
    Every string is asked for once in the life of the object: a run that failed and is started
    again with the same object makes only the calls that are missing.

    Args:
        labels: names of the K classes, in the order of the numbers.
        name: for tables and messages.
        replacement: what stands for a word that is left out, such as `[MASK]`; None leaves nothing
            in its place.
        outputs: what the numbers are.
        batch_size: most texts in one call.
        limits: of the calls.
        price: of the calls, for estimates.
    """

    pads = True
    device = torch.device("cpu")
    token_ids = TokenIds()

    def __init__(
        self,
        labels: Sequence[str],
        *,
        name: str,
        replacement: str | None,
        outputs: Outputs,
        batch_size: int,
        limits: Limits,
        price: Price,
    ) -> None:
        self.labels = _labels(labels, name)
        self.name = name
        self.replacement = replacement
        self.outputs: Outputs = _outputs(outputs, name)
        self.batch_size = _batch_size(batch_size, name)
        self.limits = limits
        self.price = price
        self.tasks: tuple[Task, ...] = (classes(len(self.labels)),)
        self.facts = ModelFacts(parameters=0, head_parameters=0)
        self.meter = Meter(name, limits.rate_limit, limits.budget)
        self._known: dict[bytes, np.ndarray] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, labels={list(self.labels)})"

    @abstractmethod
    def _ask(self, texts: list[str]) -> object:
        """One call for at most `batch_size` texts: whatever came back.

        Raises:
            CallError: nothing did.
        """

    @property
    def answers(self) -> frozenset[Answers]:
        return frozenset(("values",))

    def encode(self, text: str) -> EncodedText:
        """The words of `text` as its tokens; no special tokens, nothing cut off."""
        spans = find_words(text)
        count = len(spans)
        return EncodedText(
            text=text,
            tokens=tuple(text[start:end] for start, end in spans),
            ids=np.arange(count),
            type_ids=np.zeros(count, dtype=np.int64),
            special=np.zeros(count, dtype=bool),
            offsets=np.asarray(spans, dtype=np.int64).reshape(-1, 2),
            truncated=False,
        )

    def replaces(self, replace: str) -> str:
        """What is put in the place of a word that is left out; `replace` as in `MaskedRows`.

        Raises:
            InputError: a way that strings can't be changed in.
        """
        if replace == "delete" or (replace == "auto" and self.replacement is None):
            return ""
        if replace in ("pad", "attention"):
            raise InputError(
                f'{self.name}: reads strings, where replace="{replace}" means nothing; use '
                '"delete", or "mask" with a replacement'
            )
        if self.replacement is None:
            raise InputError(
                f'{self.name}: replace="mask" needs a replacement, such as replacement="[MASK]"; '
                'or use "delete"'
            )
        return self.replacement

    def values(self, batch: Batch) -> torch.Tensor:
        """Logits `[B, K]` of `batch.texts`; strings that were answered before cost no call.

        Raises:
            CallError: a call failed, or its answer is none. Answers until then are remembered.
        """
        assert batch.texts is not None, "a black box reads strings"
        keys = [_key(text) for text in batch.texts]
        missing = {
            key: text for key, text in zip(keys, batch.texts, strict=True) if key not in self._known
        }
        texts = list(missing.values())
        for start in range(0, len(texts), self.batch_size):
            self._learn(texts[start : start + self.batch_size])
        rows = np.stack([self._known[key] for key in keys])
        return torch.as_tensor(answers_.logits(rows, self.outputs))

    def _learn(self, texts: list[str]) -> None:
        rows = answers_.checked(self._ask(texts), len(texts), self.labels, self.outputs, self.name)
        self._known.update(zip(map(_key, texts), rows, strict=True))

    def forget(self) -> None:
        """Drop all remembered answers, for example when the model behind them has changed."""
        self._known.clear()

    def remember_as(self, other: "BlackBox") -> None:
        """Take over the answers that `other` remembers."""
        self._known.update(other._known)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        raise self._answers_only("embeddings")

    def mean_embedding(self) -> torch.Tensor:
        raise self._answers_only("embeddings")

    def attentions(self, batch: Batch) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        raise self._answers_only("attention weights")

    def _answers_only(self, what: str) -> InputError:
        return InputError(f"{self.name}: a black box has no {what}, only answers")


Function = Callable[[list[str]], object]
"""Texts in, K numbers a text out: an array, tensor or list `[N, K]`, or labelled scores."""


def _key(text: str) -> bytes:
    # Texts may be private and long: their digests are kept, not they themselves.
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _labels(labels: Sequence[str], name: str) -> tuple[str, ...]:
    if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
        raise InputError(f'{name}: labels must be a list of names, such as ["neg", "pos"]')
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise InputError(f"{name}: two or more classes with different names are needed")
    return tuple(labels)


def _outputs(outputs: Outputs, name: str) -> Outputs:
    if outputs not in ("probabilities", "logits"):
        raise InputError(f'{name}: outputs="{outputs}"; use "probabilities" or "logits"')
    return outputs


def _batch_size(size: int, name: str) -> int:
    if size < 1:
        raise InputError(f"{name}: batch_size={size}; 1 is the least")
    return size
