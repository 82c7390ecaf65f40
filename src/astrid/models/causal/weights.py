"""Whether a model's weights are still what they were when something was worked out from them."""

from collections import defaultdict
from collections.abc import Hashable
from typing import Any

import torch

_SAMPLES = 16
"""Numbers that are compared of each tensor."""


class Watch:
    """Looks at the weights and buffers of a module, which others may change in place.

    PyTorch counts the changes of each tensor, but neither those through `.data` nor those of fused
    optimizers. So a few numbers of each are compared too: a training step changes them all. What
    it takes is far less than a row of a batch.
    """

    def __init__(self, module: Any) -> None:
        self._tensors: list[torch.Tensor] = [*module.parameters(), *module.buffers()]
        self._samples: dict[torch.dtype, list[torch.Tensor]] = defaultdict(list)
        for tensor in self._tensors:
            # Quantised weights are of their own classes, which can't be looked at so.
            if type(tensor) in (torch.Tensor, torch.nn.Parameter) and tensor.numel():
                self._samples[tensor.dtype].append(_some(tensor.detach()))

    def state(self) -> Hashable:
        """Equal as long as nothing changed."""
        with torch.no_grad():
            seen = [torch.cat(samples).tolist() for samples in self._samples.values()]
        versions = tuple(tensor._version for tensor in self._tensors)
        # Numbers that are not finite differ from themselves; their names don't.
        return versions, str(seen)


def _some(tensor: torch.Tensor) -> torch.Tensor:
    """A view of a few numbers of the tensor, from all its rows and columns in turn."""
    while tensor.ndim > 1:
        tensor = tensor.diagonal()
    tensor = tensor.reshape(-1)
    return tensor[:: -(-len(tensor) // _SAMPLES)]
