"""How a language model is called: the logits of the token after the last one."""

from typing import Any

import torch
from transformers.cache_utils import Cache

from astrid.models.calls import Calls
from astrid.models.protocol import Batch


class NextTokenCalls(Calls):
    """As `Calls`, but `logits` are `[B, V]`: those of the token that follows each row."""

    def run(
        self, module: Any, batch: Batch, weights: bool = False, past: Cache | None = None
    ) -> Any:
        """The output of `module`; the batch's tokens come after those of `past`.

        The mask `[B, P + T]` covers the tokens of `past` too.
        """
        inputs = self.inputs(batch, weights)
        start = 0 if past is None else past.get_seq_length()
        if "position_ids" in self.accepted:
            # Places are counted whatever the mask hides.
            inputs["position_ids"] = torch.arange(
                start, batch.mask.shape[1], device=batch.mask.device
            )[None]
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
