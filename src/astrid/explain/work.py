"""Requests in progress: their rows, cut into chunks of one length, and their answers.

B rows of a batch, T tokens of a text, L tokens of a row, D embedding size, K classes.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from astrid.explain import paths
from astrid.explain.requests import (
    Answer,
    Capture,
    MaskedRows,
    PathRows,
    Replace,
    Request,
)
from astrid.explain.targets import Resolved
from astrid.models.protocol import EncodedText, ReadsStrings, TextModel
from astrid.text.words import without

Kind = Literal["masked", "path", "relevance", "path_values", "capture", "capture_gradients"]
RowCache = MutableMapping[bytes, np.ndarray]
"""Logits of a text's rows that were already run."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Rows of one request that have the same length and can be run in any batch of their kind."""

    work: "Work"
    kind: Kind
    rows: np.ndarray
    length: int
    cost: int
    """Tokens that one row takes from the batch's budget."""


class MaskedWork:
    """Rows with tokens left out; equal rows run once."""

    def __init__(
        self, model: TextModel, text: EncodedText, request: MaskedRows, cache: RowCache
    ) -> None:
        self.text = text
        self._model = model
        self._cache = cache
        self._replace = _replacement(model, request.replace)
        keep = request.keep | text.special
        packed = np.packbits(keep, axis=1)
        _, first, inverse = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        self._keep = keep[first]
        self._inverse = inverse.reshape(-1)
        self._keys = [self._replace.encode() + row.tobytes() for row in packed[first]]
        self._logits: list[np.ndarray | None] = [cache.get(key) for key in self._keys]
        self.remaining = sum(logits is None for logits in self._logits)

    def chunks(self) -> list[Chunk]:
        missing = np.flatnonzero([logits is None for logits in self._logits])
        lengths = np.full(len(self._keep), len(self.text))
        if self._replace == "delete":
            lengths = np.maximum(self._keep.sum(axis=1), 1)
        return [
            Chunk(
                self,
                "masked",
                missing[lengths[missing] == length],
                int(length),
                _cost(self.text, int(length)),
            )
            for length in np.unique(lengths[missing])
        ]

    def row_ids(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ids, attention mask and segments, each `[len(rows), L]`."""
        keep = self._keep[rows]
        ids = np.broadcast_to(self.text.ids, keep.shape)
        type_ids = np.broadcast_to(self.text.type_ids, keep.shape)
        if self._replace == "attention":
            return ids, keep.astype(np.int64), type_ids
        if self._replace != "delete":
            ids = np.where(keep, ids, paths.token(self._model, self._replace))
            return ids, np.ones_like(ids), type_ids
        empty = ~keep.any(axis=1)
        if empty.any():
            # A tokenizer without special tokens, and nothing kept: one filler is a valid input.
            # Its place is marked as kept, so that every row has the chunk's length.
            ids = np.where(empty[:, None], _filler(self._model), ids)
            keep = keep | (empty[:, None] & (np.arange(keep.shape[1]) == 0))
        ids, type_ids = ids[keep].reshape(len(rows), -1), type_ids[keep].reshape(len(rows), -1)
        return ids, np.ones_like(ids), type_ids

    def receive(self, rows: np.ndarray, logits: np.ndarray) -> None:
        for row, values in zip(rows, logits, strict=True):
            self._logits[row] = self._cache[self._keys[row]] = values
        self.remaining -= len(rows)

    def logits(self) -> np.ndarray:
        """`[R, K]` in the order of the request."""
        return np.stack([row for row in self._logits if row is not None])[self._inverse]

    def answer(self, target: Resolved) -> Answer:
        values = target.of(torch.as_tensor(self.logits()))
        return Answer(values=values.double().numpy())


class StringWork(MaskedWork):
    """Rows with words left out, for a model that reads strings; each costs one of a batch."""

    def __init__(
        self, model: TextModel, text: EncodedText, request: MaskedRows, cache: RowCache
    ) -> None:
        assert isinstance(model, ReadsStrings)
        self._filler = model.replaces(request.replace)
        super().__init__(model, text, request, cache)

    def chunks(self) -> list[Chunk]:
        missing = np.flatnonzero([logits is None for logits in self._logits])
        return [Chunk(self, "masked", missing, 1, 1)] if len(missing) else []

    def row_texts(self, rows: np.ndarray) -> list[str]:
        """The rows as strings."""
        text, spans = self.text.text, [(int(a), int(b)) for a, b in self.text.offsets]
        return [without(text, spans, keep, self._filler) for keep in self._keep[rows]]


class PathWork:
    """Rows on the line from a baseline to the input; the stack `[R, T, D]` is never held."""

    def __init__(
        self, model: TextModel, text: EncodedText, request: PathRows, plain: float
    ) -> None:
        self.text = text
        self.request = request
        with torch.no_grad():
            self.input_TD = _full(model.embed(torch.as_tensor(text.ids, device=model.device)))
        self._baseline = paths.baseline(model, text, self.input_TD, request.baseline)
        self._known = (request.alphas == 1) & (request.weights == 0) & (request.noise is None)
        self.values = np.where(self._known, plain, 0.0)
        self.products_RT = np.zeros((len(request.alphas), len(text)))
        self.gradient_TD = np.zeros(self.input_TD.shape)
        self.remaining = int((~self._known).sum())

    def chunks(self) -> list[Chunk]:
        length = len(self.text)
        cost = _cost(self.text, length)
        backward = self.request.weights != 0
        kind: Kind = "relevance" if self.request.rules == "relevance" else "path"
        chunks = [
            Chunk(self, kind, np.flatnonzero(backward), length, cost),
            Chunk(self, "path_values", np.flatnonzero(~backward & ~self._known), length, cost),
        ]
        return [chunk for chunk in chunks if len(chunk.rows)]

    def row_embeds(self, rows: np.ndarray) -> torch.Tensor:
        """`[len(rows), T, D]` embeddings at the rows' points."""
        alphas = torch.as_tensor(self.request.alphas[rows], dtype=self.input_TD.dtype)
        alphas_B11 = alphas.to(self.input_TD.device)[:, None, None]
        baseline = self._baseline(rows)
        embeds_BTD = baseline + alphas_B11 * (self.input_TD - baseline)
        if self.request.noise is not None:
            embeds_BTD += paths.noise(self.request.noise, rows, self.text, self.input_TD)
        return embeds_BTD

    def receive_values(self, rows: np.ndarray, values: np.ndarray) -> None:
        self.values[rows] = values
        self.remaining -= len(rows)

    def reduced(
        self, rows: np.ndarray, gradients_BTD: torch.Tensor
    ) -> tuple[np.ndarray, np.ndarray]:
        """What is kept of gradients: products `[B, T]` and their weighted sum `[T, D]`."""
        delta = self.input_TD - self._baseline(rows)
        products_BT = (gradients_BTD * delta).sum(-1).cpu().numpy()
        weights_B = torch.as_tensor(self.request.weights[rows], dtype=gradients_BTD.dtype)
        summed_TD = torch.einsum("b,btd->td", weights_B.to(gradients_BTD.device), gradients_BTD)
        return products_BT, summed_TD.cpu().numpy()

    def receive_gradients(
        self, rows: np.ndarray, values: np.ndarray, products_BT: np.ndarray, summed_TD: np.ndarray
    ) -> None:
        self.products_RT[rows] = products_BT
        self.gradient_TD += summed_TD
        self.receive_values(rows, values)

    def answer(self, target: Resolved) -> Answer:
        gradient_TD = self.gradient_TD
        if self.text.fixed is not None:
            # Nothing moves these tokens, and a model that runs them once has no gradient there.
            gradient_TD = np.where(self.text.fixed[:, None], 0.0, gradient_TD)
        return Answer(values=self.values, products=self.products_RT, gradient=gradient_TD)


class CaptureWork:
    """Attention weights of one forward pass, and their gradients if wanted."""

    def __init__(self, text: EncodedText, request: Capture) -> None:
        self.text = text
        self.request = request
        self.captured = Answer()
        self.remaining = 1

    def chunks(self) -> list[Chunk]:
        kind: Kind = "capture_gradients" if self.request.gradients else "capture"
        # Every layer's and head's weights `[T, T]` are held, where other rows hold `[T, D]`.
        cost = len(self.text) * (1 + len(self.text) // 64)
        return [Chunk(self, kind, np.zeros(1, dtype=int), len(self.text), cost)]

    def receive(self, captured: Answer) -> None:
        self.captured = captured
        self.remaining = 0

    def answer(self, target: Resolved) -> Answer:
        return self.captured


Work = MaskedWork | PathWork | CaptureWork


def start(
    model: TextModel,
    text: EncodedText,
    request: Request,
    cache: RowCache,
    plain: float = 0.0,
) -> Work:
    """The work that answers `request`; `plain` is the target's value on the plain text."""
    match request:
        case MaskedRows():
            kind = StringWork if isinstance(model, ReadsStrings) else MaskedWork
            return kind(model, text, request, cache)
        case PathRows():
            return PathWork(model, text, request, plain)
        case Capture():
            return CaptureWork(text, request)


def _cost(text: EncodedText, length: int) -> int:
    """Tokens of the budget that one row takes.

    Of the leading tokens that all rows share only keys and values are held for a row: about an
    eighth of what is held for a token that is run.
    """
    shared = min(text.shared, length - 1)
    return length - shared + shared // 8


def _replacement(model: TextModel, replace: Replace) -> Replace:
    if replace == "auto":
        return "delete" if model.token_ids.mask is None else "mask"
    return replace


def _filler(model: TextModel) -> int:
    """The token that stands for a text of which nothing is kept."""
    ids = model.token_ids
    known = [token for token in (ids.pad, ids.unknown, ids.mask) if token is not None]
    return known[0] if known else 0


def _full(embeds: torch.Tensor) -> torch.Tensor:
    """Half-precision embeddings as float32, so that points of a line don't fall together."""
    return embeds.float() if embeds.dtype in (torch.float16, torch.bfloat16) else embeds
