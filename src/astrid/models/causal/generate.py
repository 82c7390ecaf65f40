"""What a language model writes after a text, and what it had read before each token.

T tokens of the text with its prompt.
"""

from itertools import pairwise

import numpy as np
import torch
from transformers.cache_utils import DynamicCache

from astrid.errors import InputError
from astrid.models.causal.candidates import added_text
from astrid.models.causal.model import CausalModel
from astrid.models.protocol import EncodedText


def continuation(model: CausalModel, text: str, max_new_tokens: int) -> list[EncodedText]:
    """For each token of the greedy continuation all that stands before it, asked for that token.

    The generated tokens are perturbed as the text's own are; their ids are those that the model
    chose, never read again from a string. The last may be the model's end token.

    Raises:
        InputError: no token is wanted, or the text leaves no room for one.
    """
    if max_new_tokens < 1:
        raise InputError("max_new_tokens: at least 1 token must be generated")
    start = model.read(text)
    room = model.max_length - len(start)
    if start.truncated or not len(start):
        raise InputError(
            f"{model.name}: reads 1 to {model.max_length} tokens, prompt included; "
            "give a text that it can go on from"
        )
    # The token after a full context can still be chosen, though not be read.
    chosen = greedy(model, start.ids, min(max_new_tokens, room + 1))
    tokens = start.ids.tolist()
    written = [added_text(model.tokenizer, tokens, chosen[:place]) for place in range(len(chosen))]
    spans = _spans(written)
    return [
        model.with_candidate(_with(model, start, chosen[:place], written[place], spans), token)
        for place, token in enumerate(chosen)
    ]


def greedy(model: CausalModel, ids: np.ndarray, count: int) -> list[int]:
    """At most `count` tokens after `ids`, each the likeliest; the model's end token is the last."""
    ends = _ends(model)
    cache = DynamicCache(config=model.config)
    latest = torch.as_tensor(ids, device=model.device)[None]
    chosen: list[int] = []
    with torch.inference_mode():
        while len(chosen) < count and not (chosen and chosen[-1] in ends):
            latest = model.advance(latest, cache).argmax(dim=-1, keepdim=True)
            chosen.append(int(latest))
    return chosen


def _ends(model: CausalModel) -> set[int]:
    settings = getattr(model.module, "generation_config", None) or model.config
    found = getattr(settings, "eos_token_id", None)
    if found is None:
        return set()
    return set(found) if isinstance(found, list | tuple) else {int(found)}


def _spans(written: list[str]) -> np.ndarray:
    """`[N, 2]` where each of N tokens stands in the text of all, from the texts of the first n."""
    # A sign of several pieces is complete with the last: both reach over it.
    spans = [(_alike(one, other), len(other)) for one, other in pairwise(written)]
    return np.asarray(spans, dtype=np.int64).reshape(-1, 2)


def _with(
    model: CausalModel, start: EncodedText, ids: list[int], text: str, spans: np.ndarray
) -> EncodedText:
    """`start` with the generated `ids`, whose text is `text`, behind it."""
    before = start.text + model.prompt.after
    offsets = np.minimum(spans[: len(ids)], len(text)) + len(before)
    return model.encoded(
        before + text,
        (*start.tokens, *(str(model.tokenizer.id_to_token(token)) for token in ids)),
        np.concatenate([start.ids, np.asarray(ids, dtype=np.int64)]),
        np.concatenate([~start.special, np.ones(len(ids), dtype=bool)]),
        np.concatenate([start.offsets, offsets]),
    )


def _alike(one: str, other: str) -> int:
    """How many signs both begin with."""
    pairs = zip(one, other, strict=False)
    differs = (place for place, (sign, its) in enumerate(pairs) if sign != its)
    return next(differs, min(len(one), len(other)))
