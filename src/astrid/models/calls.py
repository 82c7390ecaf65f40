"""How a model of transformers is called: which inputs it takes, and how many rows."""

import inspect
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from astrid.errors import InputError
from astrid.models import attention
from astrid.models.protocol import Batch
from astrid.models.quantised import is_packed


class Calls:
    """The way to call one classifier, or copies of it.

    Attributes:
        accepted: names of the inputs that it takes.
        segments: whether segment ids mean segments; GPT-2 takes them for words of the vocabulary.
        dtype: of its embeddings.
        packed: whether it has int8 layers of torch.
    """

    def __init__(self, module: Any) -> None:
        self._config = module.config
        self.accepted = frozenset(inspect.signature(module.forward).parameters)
        self.segments = (
            "token_type_ids" in self.accepted
            and getattr(module.base_model.config, "type_vocab_size", 0) > 0
        )
        self.dtype: torch.dtype = module.get_input_embeddings().weight.dtype
        self.packed = any(map(is_packed, module.modules()))

    @property
    def records(self) -> bool:
        """Whether the layers call Astrid's attention function."""
        return bool(self._config._attn_implementation == attention.NAME)

    def run(self, module: Any, batch: Batch, weights: bool = False) -> Any:
        """The output of `module`: by embeddings where the batch has them, by ids otherwise.

        It is run in its own precision, whatever `torch.autocast` stands around.
        """
        with torch.autocast(batch.mask.device.type, enabled=False):
            return module(**self.inputs(batch, weights))

    def attentions(
        self, module: Any, batch: Batch, name: str
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """The logits of `module`, and each layer's weights `[B, H, T, T]`.

        Raises:
            InputError: it gives none; `name` says of which model.
        """
        groups = self.apart(batch)
        found = [self._attentions(module, rows_of(batch, rows), name) for rows in groups]
        layers = zip(*(weights for _, weights in found), strict=True)
        return (
            in_order([logits for logits, _ in found], groups),
            tuple(in_order(parts, groups) for parts in layers),
        )

    def _attentions(
        self, module: Any, batch: Batch, name: str
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        with attention.recording() as weights:
            output = self.run(module, batch, weights=True)
        layers = tuple(weights) if self.records else tuple(output.attentions or ())
        if not layers:
            raise InputError(f"{name}: this architecture doesn't give its attention weights")
        return output.logits, layers

    def inputs(self, batch: Batch, weights: bool) -> dict[str, Any]:
        """What the module is called with."""
        arguments: dict[str, Any] = {}
        if batch.embeds is None:
            arguments["input_ids"] = batch.ids
        else:
            embeds = batch.embeds.to(self.dtype)
            # CTRL writes on what it is given, which a leaf of the gradient doesn't allow.
            arguments["inputs_embeds"] = embeds.clone() if embeds.requires_grad else embeds
        if "attention_mask" in self.accepted:
            arguments["attention_mask"] = batch.mask
        if self.segments:
            arguments["token_type_ids"] = batch.type_ids
        if "global_attention_mask" in self.accepted:
            # Longformer: the token that is read sees all others, as when ids are given.
            arguments["global_attention_mask"] = _first(batch.mask)
        if weights and not self.records:
            arguments["output_attentions"] = True
        return arguments

    def apart(self, batch: Batch) -> list[torch.Tensor]:
        """Places of the rows of `batch` that may share a forward pass: one group, or several."""
        count = len(batch.mask)
        everything = torch.arange(count, device=batch.mask.device)
        if self.packed and count > 1:
            # torch's dynamic int8 takes one scale a batch: rows would change each other's answers.
            return list(everything.split(1))
        if self._config.is_encoder_decoder and batch.ids is not None:
            # BART and T5 are read at the last end token, and want equally many in each row.
            ends = (batch.ids == self._config.eos_token_id).sum(dim=1)
            return [everything[ends == number] for number in ends.unique()]
        return [everything]


class Logits(torch.nn.Module):
    """One forward pass as a module of tensors alone, for exporters.

    Args:
        module: a classifier of transformers in evaluation mode.
        calls: how it is called.
        by_embeddings: whether it is given the ids' embeddings, and not the ids.
    """

    def __init__(self, module: Any, calls: Calls, by_embeddings: bool) -> None:
        super().__init__()
        self.module = module
        self._calls = calls
        self._by_embeddings = by_embeddings

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of its inputs, in order."""
        names = ("input_ids", "attention_mask", "token_type_ids")
        return names if self._calls.segments else names[:2]

    def forward(
        self,
        ids_BT: torch.Tensor,
        mask_BT: torch.Tensor,
        type_ids_BT: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Logits `[B, K]`; segments are given where the model takes them."""
        type_ids_BT = torch.zeros_like(ids_BT) if type_ids_BT is None else type_ids_BT
        batch = Batch(mask=mask_BT, type_ids=type_ids_BT, ids=ids_BT)
        if self._by_embeddings:
            batch = replace(batch, ids=None, embeds=self.module.get_input_embeddings()(ids_BT))
        logits: torch.Tensor = self.module(**self._calls.inputs(batch, weights=False)).logits
        return logits


def rows_of(batch: Batch, rows: torch.Tensor) -> Batch:
    """Some rows of a batch."""
    if len(rows) == len(batch.mask):
        return batch
    return replace(
        batch,
        mask=batch.mask[rows],
        type_ids=batch.type_ids[rows],
        ids=None if batch.ids is None else batch.ids[rows],
        embeds=None if batch.embeds is None else batch.embeds[rows],
        columns=None if batch.columns is None else batch.columns[rows],
    )


def in_order(parts: Sequence[torch.Tensor], groups: list[torch.Tensor]) -> torch.Tensor:
    """Rows of all groups, back in their places."""
    if len(groups) == 1:
        return parts[0]
    return torch.cat(tuple(parts))[torch.cat(groups).argsort()]


def _first(mask: torch.Tensor) -> torch.Tensor:
    """`[B, T]` 1 for the first token."""
    first = torch.zeros_like(mask)
    first[:, 0] = 1
    return first
