"""Whether memory ran out, in all the ways in which that is said."""

import torch


def out_of_memory(error: Exception) -> bool:
    """Whether a smaller batch could help; PyTorch's CPU allocator raises a plain RuntimeError."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return "not enough memory" in str(error) or "out of memory" in str(error)
