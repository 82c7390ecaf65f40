"""How a language model is called: the logits of the token after the last one."""

from typing import Any

import torch
from transformers.cache_utils import Cache

from astrid.models.calls import Calls
from astrid.models.protocol import Batch


class NextTokenCalls(Calls):
    """As `Calls`, but `logits` are `[B, V]`: those of the token that follows each row."""

    def run(
        self,
        module: Any,
        batch: Batch,
        weights: bool = False,
        past: Cache | None = None,
        padded: bool = False,
    ) -> Any:
        """The output of `module`; the batch's tokens come after those of `past`.

        The mask `[B, P + T]` covers the tokens of `past` too. With `padded` its zeros before a
        row's own tokens are padding, which has no place in the count.
        """
        inputs = self.inputs(batch, weights)
        start = 0 if past is None else past.get_seq_length()
        if "position_ids" in self.accepted:
            inputs["position_ids"] = _places(batch.mask, padded)[:, start:]
        if "logits_to_keep" in self.accepted:
            inputs["logits_to_keep"] = 1
        if "use_cache" in self.accepted:
            inputs["use_cache"] = past is not None
        if past is not None:
            inputs["past_key_values"] = past
        with torch.autocast(batch.mask.device.type, enabled=False):
            output = module(**inputs)
        output.logits = output.logits[:, -1]
        return output


def _places(mask: torch.Tensor, padded: bool) -> torch.Tensor:
    """`[B or 1, P + T]` places of the tokens, whatever the mask hides, or of those it shows."""
    if padded:
        return (mask.cumsum(dim=1) - 1).clamp(min=0)
    return torch.arange(mask.shape[1], device=mask.device)[None]
