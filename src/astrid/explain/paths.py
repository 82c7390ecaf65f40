"""Where paths of gradients begin, and the noise on them.

B rows of a chunk, T tokens, D embedding size.
"""

from collections.abc import Callable

import numpy as np
import torch

from astrid.errors import InputError
from astrid.explain.requests import Background, Baseline, Noise
from astrid.models.protocol import EncodedText, TextModel


def baseline(
    model: TextModel, text: EncodedText, input_TD: torch.Tensor, wanted: Baseline | Background
) -> Callable[[np.ndarray], torch.Tensor]:
    """The embeddings, `[T, D]` or `[B, T, D]`, at which the given rows' lines begin."""
    if isinstance(wanted, Background):
        return _Drawn(model, text, input_TD, wanted)
    with torch.no_grad():
        fixed_TD = _one_for_all(model, text, input_TD, wanted)
    return lambda rows: fixed_TD


class _Drawn:
    """A baseline of its own for each row, the same however the rows are batched."""

    def __init__(
        self, model: TextModel, text: EncodedText, input_TD: torch.Tensor, wanted: Background
    ) -> None:
        self._model = model
        self._input_TD = input_TD
        self._seed = wanted.seed
        self._moved = np.flatnonzero(~_unmoved(text))
        self._size = model.token_ids.vocabulary
        self._pieces = [piece for piece in map(self._own_pieces, wanted.texts) if len(piece)]

    def __call__(self, rows: np.ndarray) -> torch.Tensor:
        ids_BM = np.stack([self._row(int(row)) for row in rows])
        with torch.no_grad():
            drawn = self._model.embed(torch.as_tensor(ids_BM, device=self._input_TD.device))
        baseline_BTD = self._input_TD.repeat(len(rows), 1, 1)
        baseline_BTD[:, self._moved] = drawn.to(self._input_TD.dtype)
        return baseline_BTD

    def _row(self, row: int) -> np.ndarray:
        random = np.random.default_rng((self._seed, row))
        if not self._pieces:
            return random.integers(0, self._size, len(self._moved))
        return np.resize(self._pieces[random.integers(len(self._pieces))], len(self._moved))

    def _own_pieces(self, text: str) -> np.ndarray:
        encoded = self._model.encode(text)
        return encoded.ids[~encoded.special]


def noise(
    wanted: Noise, rows: np.ndarray, text: EncodedText, input_TD: torch.Tensor
) -> torch.Tensor:
    """`[B, T, D]`, the same for a row however the rows are batched."""
    drawn_BTD = np.stack(
        [
            np.random.default_rng((wanted.seed, int(row))).standard_normal(tuple(input_TD.shape))
            for row in rows
        ]
    )
    if text.fixed is not None:
        drawn_BTD[:, text.fixed] = 0.0
    scale = wanted.scale * float(input_TD.max() - input_TD.min())
    return torch.as_tensor(drawn_BTD * scale, dtype=input_TD.dtype, device=input_TD.device)


def token(model: TextModel, name: str) -> int:
    """The id of the model's mask or padding token.

    Raises:
        InputError: its tokenizer has none.
    """
    ids = {"mask": model.token_ids.mask, "pad": model.token_ids.pad}
    found = ids[name]
    if found is None:
        raise InputError(f'{model.name}: its tokenizer has no {name} token; use "delete" instead')
    return found


def _one_for_all(
    model: TextModel, text: EncodedText, input_TD: torch.Tensor, wanted: Baseline
) -> torch.Tensor:
    if wanted == "zeros":
        kept = np.zeros(len(text), dtype=bool) if text.fixed is None else text.fixed
        return torch.where(_column(kept, input_TD), input_TD, torch.zeros_like(input_TD))
    if wanted in ("pad", "mask"):
        vector_D = model.embed(torch.tensor(token(model, str(wanted)), device=model.device))
    elif wanted == "mean":
        vector_D = model.mean_embedding()
    else:
        vector_D = torch.tensor(wanted, dtype=input_TD.dtype, device=model.device)
        if not bool(torch.isfinite(vector_D).all()):
            raise InputError("baseline: every number must be finite")
    if vector_D.shape != input_TD.shape[1:]:
        raise InputError(
            f"baseline: {len(vector_D)} numbers given; {model.name} has embeddings of "
            f"{input_TD.shape[1]}"
        )
    return torch.where(_column(_unmoved(text), input_TD), input_TD, vector_D.to(input_TD.dtype))


def _unmoved(text: EncodedText) -> np.ndarray:
    """Tokens that keep their own embedding in every baseline but zeros."""
    return text.special if text.fixed is None else text.special | text.fixed


def _column(flags_T: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    return torch.as_tensor(flags_T, device=like.device)[:, None]
