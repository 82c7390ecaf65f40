"""Taking attention heads out of an encoder, so that its matrices really become smaller."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from astrid.errors import InputError

Layout = tuple[str, str, str, str]

_BERT: Layout = ("self.query", "self.key", "self.value", "output.dense")
_DISTILBERT: Layout = ("q_lin", "k_lin", "v_lin", "out_lin")


@dataclass(frozen=True)
class Attention:
    """The attention of one layer: H heads of E dimensions each.

    Attributes:
        module: holds the four matrices.
        names: of query, key, value and output inside `module`.
        size: E.
    """

    module: nn.Module
    names: Layout
    size: int

    @property
    def heads(self) -> int:
        """H."""
        return int(self.matrix(0).out_features) // self.size

    def matrix(self, place: int) -> Any:
        """Query, key, value or output."""
        return self.module.get_submodule(self.names[place])

    def keep(self, heads: Sequence[int]) -> None:
        """Leave only `heads`, in that order, in place."""
        rows = torch.cat([torch.arange(self.size) + head * self.size for head in heads])
        for place in (0, 1, 2):
            self._put(place, _rows(self.matrix(place), rows))
        self._put(3, _columns(self.matrix(3), rows))
        part = self.module.get_submodule("self") if self.names == _BERT else self.module
        for name in ("num_attention_heads", "n_heads"):
            if hasattr(part, name):
                setattr(part, name, len(heads))
        if hasattr(part, "all_head_size"):
            part.all_head_size = len(rows)  # type: ignore[assignment]

    def _put(self, place: int, layer: nn.Linear) -> None:
        parent, _, name = self.names[place].rpartition(".")
        setattr(self.module.get_submodule(parent), name, layer)


def attentions(encoder: Any) -> list[Attention]:
    """The attention of every layer of a BERT, a RoBERTa, their like, or a DistilBERT.

    Raises:
        InputError: another architecture.
    """
    found = [
        Attention(part, names, part.get_submodule(holder).attention_head_size)
        for part in encoder.modules()
        for names, holder in ((_BERT, "self"), (_DISTILBERT, ""))
        if _has(part, names)
    ]
    layers = getattr(encoder.config, "num_hidden_layers", None)
    if not found or len(found) != layers:
        raise InputError(
            f"prune_heads: the heads of {encoder.config.model_type} can't be taken out one by one; "
            "those of BERT, RoBERTa, ELECTRA and DistilBERT can"
        )
    return found


def keep_heads(encoder: Any, count: int) -> None:
    """Make room for the weights of a model with `count` heads in each layer.

    Raises:
        InputError: a layer has fewer.
    """
    for attention in attentions(encoder):
        if not 0 < count <= attention.heads:
            raise InputError(f"heads_left {count}: a layer has {attention.heads} attention heads")
        attention.keep(range(count))


def _has(part: nn.Module, names: Layout) -> bool:
    known = {name for name, _ in part.named_modules()}
    return set(names) <= known


def _rows(layer: Any, rows: torch.Tensor) -> nn.Linear:
    bias = None if layer.bias is None else layer.bias[rows.to(layer.bias.device)]
    return _linear(layer.weight[rows.to(layer.weight.device)], bias)


def _columns(layer: Any, columns: torch.Tensor) -> nn.Linear:
    return _linear(layer.weight[:, columns.to(layer.weight.device)], layer.bias)


def _linear(weight: torch.Tensor, bias: torch.Tensor | None) -> nn.Linear:
    made = nn.Linear(weight.shape[1], weight.shape[0], bias is not None, device="meta")
    made.weight = nn.Parameter(weight.detach().clone())
    if bias is not None:
        made.bias = nn.Parameter(bias.detach().clone())
    return made
