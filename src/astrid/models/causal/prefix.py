"""The beginning that all rows of a prompt share: run once, its keys and values kept.

P tokens of the prefix, B rows, T tokens of a row without the prefix, G key heads, E head size.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

KEPT = 4
"""Prefixes whose keys and values are kept."""

SHORTEST = 8
"""Tokens from which on a prefix is worth the trouble of putting its keys before each row's."""


class _SharedLayer(DynamicLayer):
    """One layer's keys and values of a prefix, put before each row's own.

    Calling it changes nothing: any number of batches and threads use one at once, and no copy
    outlives the layer's attention.
    """

    def __init__(self, keys_1GPE: torch.Tensor, values_1GPE: torch.Tensor) -> None:
        super().__init__()
        self.keys, self.values = keys_1GPE, values_1GPE
        self.dtype, self.device = keys_1GPE.dtype, keys_1GPE.device
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """`[B, G, P + T, E]` keys and values from each row's own `[B, G, T, E]`."""
        rows = len(key_states)
        return (
            torch.cat([self.keys.expand(rows, -1, -1, -1), key_states], dim=-2),
            torch.cat([self.values.expand(rows, -1, -1, -1), value_states], dim=-2),
        )


class Prefixes:
    """The last few prefixes; safe to share by threads.

    Args:
        run: fills a cache with the keys and values of the ids `[1, P]`.
        state: of the weights that `run` works with; whatever another state gave is dropped.
    """

    def __init__(
        self,
        run: Callable[[torch.Tensor, Cache], object],
        device: torch.device,
        state: Callable[[], Hashable],
    ) -> None:
        self._run = run
        self._device = device
        self._state = state
        self._known: Hashable = None
        self._kept: OrderedDict[tuple[int, ...], Cache] = OrderedDict()
        self._lock = Lock()

    def get(self, ids: tuple[int, ...]) -> Cache:
        """Keys and values of the prefix `ids`."""
        state = self._state()
        with self._lock:
            if state != self._known:
                self._known = state
                self._kept.clear()
            if ids in self._kept:
                self._kept.move_to_end(ids)
                return self._kept[ids]
        made = self.make(ids)
        with self._lock:
            if state != self._known:
                # Another thread has seen newer weights meanwhile.
                return made
            self._kept[ids] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made

    def make(self, ids: tuple[int, ...]) -> Cache:
        """As `get`, but always run, and not kept."""
        cache = DynamicCache()
        # Tensors of inference mode could not take part in a gradient later.
        with torch.inference_mode(False), torch.no_grad():
            self._run(torch.tensor([ids], device=self._device), cache)
        return Cache(layers=[_SharedLayer(layer.keys, layer.values) for layer in cache.layers])


def has_plain_layers(config: Any) -> bool:
    """Whether every layer attends to all that came before, so that keys and values say it all."""
    return all(type(layer) is DynamicLayer for layer in DynamicCache(config=config).layers)
