"""A model whose word embeddings are moved a little: neighbouring inputs, for sensitivity."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from astrid.errors import InputError
from astrid.models.protocol import Batch, TextModel

SHARE = 0.02
"""Standard deviation of the noise, as a share of the range of each embedding's numbers."""


class Moved:
    """`model` with normal noise on the embedding of every piece of its vocabulary.

    A piece has the same noise wherever it stands, so that every method works unchanged and rows
    that were equal stay equal. The model itself is not touched.

    Args:
        model: one that can be run by embeddings.
        seed: of the noise; another seed is another neighbour.
        share: standard deviation of the noise as a share of the range (largest − smallest number)
            of the piece's embedding.

    Raises:
        InputError: the model has no embeddings that could be moved.
    """

    def __init__(self, model: TextModel, seed: int, share: float = SHARE) -> None:
        if "gradients" not in model.answers:
            raise InputError(f"{model.name}: its embeddings can't be moved; it only gives answers")
        self._model = model
        self._seed = seed
        self._share = share
        self._noise: dict[int, torch.Tensor] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Word embeddings `[..., D]` of `ids`, moved."""
        plain = self._model.embed(ids)
        pieces, places = torch.unique(ids, return_inverse=True)
        noise = torch.stack([self._of(int(piece)) for piece in pieces.tolist()])
        return plain + noise[places].to(plain)

    def values(self, batch: Batch) -> torch.Tensor:
        return self._model.values(self._by_embeddings(batch))

    def attentions(self, batch: Batch) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        return self._model.attentions(self._by_embeddings(batch))

    def _by_embeddings(self, batch: Batch) -> Batch:
        if batch.ids is None:
            return batch
        # Keys and values of a prefix are of the embeddings as they were.
        return replace(batch, ids=None, embeds=self.embed(batch.ids), prefix=())

    def _of(self, piece: int) -> torch.Tensor:
        if piece not in self._noise:
            vector = self._model.embed(torch.tensor([piece], device=self._model.device))[0]
            size = self._share * float(vector.max() - vector.min())
            drawn = np.random.default_rng([self._seed, piece]).normal(0, size, len(vector))
            self._noise[piece] = torch.as_tensor(drawn, dtype=vector.dtype, device=vector.device)
        return self._noise[piece]
