"""Texts as batches: tokenised once, grouped by length, padded no further than needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler
from transformers import PreTrainedTokenizerBase

_POOL = 50
"""Batches whose texts are sorted together: enough to pad little, few enough to mix well."""


@dataclass(frozen=True, eq=False)
class TextBatch:
    """B labelled texts padded on the right to the T tokens of the longest.

    Attributes:
        ids: `[B, T]` vocabulary indices.
        mask: `[B, T]` 1 for real tokens.
        type_ids: `[B, T]` segments.
        labels: `[B]` class indices.
        rows: `[B]` positions of the texts in the corpus.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    type_ids: torch.Tensor
    labels: torch.Tensor
    rows: torch.Tensor

    def to(self, device: torch.device, non_blocking: bool = False) -> "TextBatch":
        """The same batch on another device."""
        return TextBatch(
            *(
                tensor.to(device, non_blocking=non_blocking)
                for tensor in (self.ids, self.mask, self.type_ids, self.labels, self.rows)
            )
        )


class TokenisedTexts(Dataset[TextBatch]):
    """Tokenised texts with their labels; indexing with a list of rows gives a batch."""

    def __init__(
        self,
        texts: Sequence[str],
        labels: Sequence[int] | np.ndarray,
        tokenizer: PreTrainedTokenizerBase,
        max_length: int,
    ) -> None:
        encoded = tokenizer(
            list(texts), truncation=True, max_length=max_length, return_token_type_ids=True
        )
        self.ids = [np.asarray(ids) for ids in encoded["input_ids"]]
        self.type_ids = [np.asarray(ids) for ids in encoded["token_type_ids"]]
        self.labels = np.asarray(labels)
        self.lengths = np.asarray([len(ids) for ids in self.ids])
        self.pad_id = tokenizer.pad_token_id or 0

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: Sequence[int]) -> TextBatch:
        width = int(self.lengths[rows].max())
        ids = np.full((len(rows), width), self.pad_id)
        mask, type_ids = np.zeros_like(ids), np.zeros_like(ids)
        for place, row in enumerate(rows):
            length = self.lengths[row]
            ids[place, :length] = self.ids[row]
            type_ids[place, :length] = self.type_ids[row]
            mask[place, :length] = 1
        arrays = (ids, mask, type_ids, self.labels[rows], np.asarray(rows))
        return TextBatch(*(torch.from_numpy(array) for array in arrays))


class ShuffledBatches(Sampler[list[int]]):
    """Batches of texts of like length, in an order that `(seed, epoch)` alone decides.

    An interrupted run that goes on with epoch n therefore sees what an undisturbed one sees.
    """

    def __init__(self, lengths: np.ndarray, batch_size: int, seed: int) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        random = np.random.default_rng([self.seed, self.epoch])
        order = random.permutation(len(self.lengths))
        pool = _POOL * self.batch_size
        batches = [
            batch
            for start in range(0, len(order), pool)
            for batch in _by_length(order[start : start + pool], self.lengths, self.batch_size)
        ]
        for place in random.permutation(len(batches)):
            yield batches[place]


class OrderedBatches(Sampler[list[int]]):
    """Batches in order of length, always the same: for validation."""

    def __init__(self, lengths: np.ndarray, batch_size: int) -> None:
        self.batches = _by_length(np.arange(len(lengths)), lengths, batch_size)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.batches)


def _by_length(rows: np.ndarray, lengths: np.ndarray, batch_size: int) -> list[list[int]]:
    ordered = rows[np.argsort(lengths[rows], kind="stable")]
    return [
        ordered[start : start + batch_size].tolist() for start in range(0, len(rows), batch_size)
    ]


def loader(texts: TokenisedTexts, batches: Sampler[list[int]]) -> DataLoader[TextBatch]:
    """A loader in this process: batches are cheap to make and workers cost more than they save."""
    return DataLoader(texts, batch_size=None, sampler=batches)
