"""Layers whose weights are int8: how a file holds them, and how torch runs them.

torch's own int8 layers keep their weights packed for the processor, outside tensors, where
safetensors can't reach. A file therefore holds `StoredLinear`: the same integers, a scale and a
zero point a row (or one for all rows), as plain tensors. Whoever opens the file packs them again.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_args

import torch
from torch import nn

from astrid.errors import InputError
from astrid.models.configuration import Int8
from astrid.models.private import sharing_copy
from astrid.models.quantised import is_packed
from astrid.spec import nearest

Replace = Callable[[Any], nn.Module]


class StoredLinear(nn.Module):
    """An int8 linear layer as a file holds it; D inputs, E outputs.

    `forward` packs the weights at each call: right, and slow. `pack` does it once for all.

    Attributes:
        integers: `[E, D]` int8; not `weight`, so that no float layer takes them for its own.
        scale: `[E]` float32, or `[1]` where all rows share it.
        zero_point: as `scale`, int32.
        bias: `[E]` float32, or None.
    """

    integers: torch.Tensor
    scale: torch.Tensor
    zero_point: torch.Tensor
    bias: torch.Tensor | None

    def __init__(self, size_in: int, size_out: int, bias: bool, by_row: bool) -> None:
        super().__init__()
        scales = size_out if by_row else 1
        self.register_buffer("integers", torch.zeros(size_out, size_in, dtype=torch.int8))
        self.register_buffer("scale", torch.ones(scales))
        self.register_buffer("zero_point", torch.zeros(scales, dtype=torch.int32))
        self.register_buffer("bias", torch.zeros(size_out) if bias else None)

    def packed(self) -> nn.Module:
        """The same layer as torch runs it."""
        size_out, size_in = self.integers.shape
        layer = torch.ao.nn.quantized.dynamic.Linear(size_in, size_out, self.bias is not None)
        layer.set_weight_bias(self._quantised(), self.bias)
        return layer.eval()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """`[..., E]` of `[..., D]`."""
        outputs: torch.Tensor = self.packed()(inputs)
        return outputs

    def _quantised(self) -> torch.Tensor:
        if len(self.scale) == 1:
            return torch._make_per_tensor_quantized_tensor(
                self.integers, float(self.scale), int(self.zero_point)
            )
        # The scales were worked out in float32: doubles of them are exact.
        return torch._make_per_channel_quantized_tensor(
            self.integers, self.scale.double(), self.zero_point.long(), 0
        )


class Int8Embedding(nn.Module):
    """A table of embeddings of N rows in int8, one scale a row: looked up, then made float32.

    Attributes:
        integers: `[N, D]` int8.
        scale: `[N]` float32.
    """

    integers: torch.Tensor
    scale: torch.Tensor

    def __init__(self, rows: int, size: int, padding_idx: int | None = None) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim, self.padding_idx = rows, size, padding_idx
        self.register_buffer("integers", torch.zeros(rows, size, dtype=torch.int8))
        self.register_buffer("scale", torch.ones(rows))

    @classmethod
    def of(cls, table: nn.Embedding) -> "Int8Embedding":
        """`table` rounded: the largest number of each row becomes ±127."""
        own = cls(table.num_embeddings, table.embedding_dim, table.padding_idx)
        weight = table.weight.detach().float()
        scale = weight.abs().amax(dim=1).clamp(min=torch.finfo(torch.float32).tiny) / 127
        own.scale = scale
        own.integers = (weight / scale[:, None]).round().clamp(-127, 127).to(torch.int8)
        return own

    @property
    def weight(self) -> torch.Tensor:
        """`[N, D]` the whole table in float32, made at each call."""
        return self.integers.float() * self.scale[:, None]

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """`[..., D]` of `[...]` row numbers."""
        return self.integers[ids].float() * self.scale[ids][..., None]


def make_stored(model: nn.Module, which: Int8, by_row: bool) -> None:
    """Replace the layers of a freshly built model by empty int8 ones, for a file's weights.

    Raises:
        InputError: `which` is not known.
    """
    if which not in get_args(Int8):
        raise InputError(f'int8 in config.json is "{which}"; {nearest(which, get_args(Int8))}')

    def stored(layer: Any) -> nn.Module:
        return StoredLinear(layer.in_features, layer.out_features, layer.bias is not None, by_row)

    _replace(model, lambda part: type(part) is nn.Linear, stored)
    if which == "linear+embeddings":
        table: Any = model.get_input_embeddings()  # type: ignore[operator]
        empty = Int8Embedding(table.num_embeddings, table.embedding_dim, table.padding_idx)
        model.set_input_embeddings(empty)  # type: ignore[operator]


def pack(model: nn.Module) -> None:
    """Replace the stored layers of `model` by torch's own."""
    with quiet_torch():
        _replace(model, lambda part: isinstance(part, StoredLinear), lambda part: part.packed())


def stored_copy(model: Any) -> Any:
    """A copy of `model`, over the same weights, whose int8 layers are as a file holds them."""
    own = sharing_copy(model)
    _replace(own, _is_int8_linear, _stored)
    return own


@contextmanager
def quiet_torch() -> Iterator[None]:
    """Without torch's notes that this way of quantising will move to another package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _is_int8_linear(part: nn.Module) -> bool:
    return is_packed(part) and hasattr(part, "in_features")


def _stored(layer: Any) -> nn.Module:
    weight, bias = layer.weight(), layer.bias()
    by_row = weight.qscheme() == torch.per_channel_affine
    own = StoredLinear(layer.in_features, layer.out_features, bias is not None, by_row)
    own.integers = weight.int_repr()
    if by_row:
        own.scale = weight.q_per_channel_scales().float()
        own.zero_point = weight.q_per_channel_zero_points().int()
    else:
        own.scale = torch.tensor([weight.q_scale()])
        own.zero_point = torch.tensor([weight.q_zero_point()], dtype=torch.int32)
    own.bias = None if bias is None else bias.detach()
    return own


def _replace(model: nn.Module, wanted: Callable[[nn.Module], bool], made: Replace) -> None:
    places = [
        (parent, name, part)
        for parent in model.modules()
        for name, part in parent._modules.items()
        if part is not None and wanted(part)
    ]
    for parent, name, part in places:
        setattr(parent, name, made(part))
