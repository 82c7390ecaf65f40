"""Modes of PyTorch that a caller may have switched on, and that no explanation depends on."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def plain_modes(device: torch.device) -> Iterator[None]:
    """Within the block neither inference mode, which knows no gradients, nor mixed precision.

    >>> with torch.inference_mode(), plain_modes(torch.device("cpu")):
    ...     torch.is_inference_mode_enabled()
    False
    """
    with torch.inference_mode(False), torch.autocast(device.type, enabled=False):
        yield
