"""Prompts with their answers as batches: the loss is on the answer's token alone.

N texts; B of them in a batch, padded to T tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from astrid.errors import InputError
from astrid.models import common
from astrid.models.causal.prompt import Prompt, pieces

IGNORED = -100
"""The label of a token that no loss is asked of, as in transformers and torch."""


@dataclass(frozen=True, eq=False)
class PromptBatch:
    """B prompts, each with the first token of its answer behind it.

    Attributes:
        ids: `[B, T]` vocabulary indices.
        mask: `[B, T]` 1 for real tokens.
        positions: `[B, T]` place of each token in its own text, from 0, whatever the padding.
        labels: `[B, T]` the token where the answer stands, −100 everywhere else.
        classes: `[B]` class indices.
        rows: `[B]` places of the texts in the corpus.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    positions: torch.Tensor
    labels: torch.Tensor
    classes: torch.Tensor
    rows: torch.Tensor

    def to(self, device: torch.device, non_blocking: bool = False) -> "PromptBatch":
        """The same batch on another device."""
        parts = (self.ids, self.mask, self.positions, self.labels, self.classes, self.rows)
        return PromptBatch(*(part.to(device, non_blocking=non_blocking) for part in parts))


class PromptTexts(Dataset[PromptBatch]):
    """Tokenised prompts with their answers; indexing with a list of rows gives a batch.

    Batches are padded on the side that the tokenizer names. A text that is too long loses its
    end; neither the prompt nor the answer does.

    Args:
        texts: what stands in the prompt's place.
        classes: of each text its class index.
        answers: of each class the token that says it.
        tokenizer: the model's fast tokenizer; it may have no pad token.
        prompt: what stands around every text.
        longest: tokens that the model reads, as when it is asked: the answer comes after them.

    Raises:
        InputError: a text holds lone surrogates, or the prompt alone fills the context.
    """

    def __init__(
        self,
        texts: Sequence[str],
        classes: Sequence[int],
        answers: Sequence[int],
        tokenizer: Any,
        prompt: Prompt,
        longest: int,
    ) -> None:
        plain = common.plain_tokenizer(tokenizer)
        self.ids: list[np.ndarray] = []
        self.truncated = 0
        for row, (text, chosen) in enumerate(zip(texts, classes, strict=True)):
            try:
                encoding = common.encoding(plain, prompt.around(text))
                found = pieces(encoding, prompt, text, longest)
            except InputError as error:
                raise InputError(f"text {row}: {error}", text=row) from None
            self.ids.append(np.append(found.ids, answers[chosen]))
            self.truncated += found.truncated
        self.classes = np.asarray(classes)
        self.lengths = np.asarray([len(ids) for ids in self.ids])
        # What is padded is masked: without a pad token any id will do.
        self.pad_id = 0 if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        self.left = tokenizer.padding_side == "left"

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: Sequence[int]) -> PromptBatch:
        width = int(self.lengths[rows].max())
        ids = np.full((len(rows), width), self.pad_id)
        mask, labels = np.zeros_like(ids), np.full_like(ids, IGNORED)
        for place, row in enumerate(rows):
            length = self.lengths[row]
            start = width - length if self.left else 0
            ids[place, start : start + length] = self.ids[row]
            mask[place, start : start + length] = 1
            labels[place, start + length - 1] = self.ids[row][-1]
        positions = np.maximum(mask.cumsum(1) - 1, 0)
        arrays = (ids, mask, positions, labels, self.classes[rows], np.asarray(rows))
        return PromptBatch(*(torch.from_numpy(array) for array in arrays))


def loader(texts: PromptTexts, batches: Sampler[list[int]]) -> DataLoader[PromptBatch]:
    """A loader in this process: batches are cheap to make and workers cost more than they save."""
    return DataLoader(texts, batch_size=None, sampler=batches)
