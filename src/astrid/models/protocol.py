"""What a model must be able to do so that the engine can explain it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch

from astrid.models.outputs import Task

Answers = Literal["values", "gradients", "attentions", "relevance"]
"""What a model can be asked for: outputs of changed texts, input gradients, attention weights,
relevance handed down to the input."""


@dataclass(frozen=True, eq=False)
class EncodedText:
    """One text as one model reads it; T tokens, unpadded.

    Attributes:
        text: as it was given.
        tokens: the pieces' names, special tokens included.
        ids: `[T]` vocabulary indices.
        type_ids: `[T]` segment indices.
        special: `[T]` True for tokens that the tokenizer added; they are never perturbed.
        offsets: `[T, 2]` character span of each piece in `text`; (0, 0) for special tokens.
        truncated: whether the end of the text was cut off.
        reader: place of the token that the classifier reads: the first of an encoder, the last of
            a decoder.
        fixed: `[T]` True for tokens that no path from a baseline moves, such as a prompt around
            the text; None where there are none.
        shared: how many leading tokens no row of the text ever changes and the model can run once
            for all rows; 0 where it can't.
        columns: vocabulary indices of the tokens that the answer is about, where the model's
            output is the vocabulary.
        labels: names of the K columns for this text; None where they are the model's own.
    """

    text: str
    tokens: tuple[str, ...]
    ids: np.ndarray
    type_ids: np.ndarray
    special: np.ndarray
    offsets: np.ndarray
    truncated: bool
    reader: int = 0
    fixed: np.ndarray | None = None
    shared: int = 0
    columns: tuple[int, ...] | None = None
    labels: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows for one forward pass: B rows padded to T tokens on the right.

    Exactly one of `ids`, `embeds` and `texts` is given.

    Attributes:
        mask: `[B, T]` 1 for tokens that may be attended to, 0 for padding and hidden tokens.
        type_ids: `[B, T]` segment indices.
        ids: `[B, T]` vocabulary indices.
        embeds: `[B, T, D]` word embeddings; positions and segments are added by the model.
        texts: B strings for a model that reads strings (`ReadsStrings`); T is then 0.
        columns: `[B, C]` vocabulary indices that each row's answer is about, where the texts
            name them.
        prefix: ids of the leading tokens that all rows have in common and none changes.
    """

    mask: torch.Tensor
    type_ids: torch.Tensor
    ids: torch.Tensor | None = None
    embeds: torch.Tensor | None = None
    texts: tuple[str, ...] | None = None
    columns: torch.Tensor | None = None
    prefix: tuple[int, ...] = ()


@dataclass(frozen=True)
class TokenIds:
    """Ids of the tokens that perturbations need; None where the tokenizer has none.

    `vocabulary` is the number of its pieces.
    """

    pad: int | None = None
    mask: int | None = None
    unknown: int | None = None
    vocabulary: int = 0


def common_prefix(texts: Sequence[EncodedText]) -> tuple[int, ...]:
    """Ids of the leading tokens that no row of the `texts` changes and all have in common."""
    shared = min(text.shared for text in texts)
    first = texts[0].ids[:shared]
    for text in texts[1:]:
        differs = np.flatnonzero(text.ids[: len(first)] != first)
        first = first[: differs[0]] if len(differs) else first
    return tuple(first.tolist())


class TextModel(Protocol):
    """A text model as the engine sees it: B rows, T tokens, D embedding size, K classes."""

    @property
    def name(self) -> str:
        """A short name for tables and messages."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the K columns of its output."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The questions that its K columns answer."""

    @property
    def answers(self) -> frozenset[Answers]:
        """What the model can be asked for."""

    @property
    def token_ids(self) -> TokenIds:
        """Ids of the padding, mask and unknown tokens."""

    @property
    def pads(self) -> bool:
        """Whether rows of different lengths may share a batch, padded on the right."""

    @property
    def facts(self) -> "ModelFacts":
        """Sizes, and what makes explanations of it doubtful."""

    @property
    def device(self) -> torch.device:
        """Where tensors of a batch must be."""

    def encode(self, text: str) -> EncodedText:
        """The exact ids that the model predicts on."""

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Word embeddings `[..., D]` of `ids`, without positions and segments."""

    def mean_embedding(self) -> torch.Tensor:
        """`[D]` mean over the vocabulary."""

    def values(self, batch: Batch) -> torch.Tensor:
        """Logits `[B, K]`; differentiable in `batch.embeds` where those are given."""

    def attentions(self, batch: Batch) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """Logits `[B, K]`, and of each layer the attention weights `[B, H, T, T]` of H heads.

        Where gradients are enabled, the logits are differentiable in the weights.
        """


@runtime_checkable
class PropagatesRelevance(Protocol):
    """What a model with the answer `relevance` can do besides."""

    def relevance_values(self, batch: Batch) -> torch.Tensor:
        """As `TextModel.values` for `batch.embeds`, but embeds times gradient is relevance."""


@runtime_checkable
class ReadsStrings(Protocol):
    """What a text model has beside, whose rows are strings and not tokens."""

    @property
    def batch_size(self) -> int:
        """Most texts in one batch."""

    def replaces(self, replace: str) -> str:
        """What is put in the place of a token that a row doesn't keep; `replace` is a `Replace`.

        Raises:
            InputError: a way that strings can't be changed in.
        """


@dataclass(frozen=True)
class ModelFacts:
    """What tables say about a model beside its answers.

    Attributes:
        parameters: of the whole model; 0 where nothing is known of it.
        head_parameters: of the classifier head alone.
        warnings: a line for whatever makes its explanations doubtful (untrained head, …).
        precision: what its weights are held in, such as `float32`, `bfloat16` or `int8`.
    """

    parameters: int
    head_parameters: int
    warnings: tuple[str, ...] = field(default=())
    precision: str = "float32"
