"""A language model as a classifier of texts: probabilities of the labels, many texts at once.

N texts, B rows, T tokens, P tokens of a prefix, K labels.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from scipy.special import softmax

from astrid.errors import InputError
from astrid.models.causal.model import CausalModel
from astrid.models.memory import out_of_memory
from astrid.models.protocol import Batch, EncodedText, common_prefix
from astrid.models.trial import FAILURES
from astrid.progress import Advance, silent

TOKEN_BUDGET = 16_384
"""Tokens in one batch, padding included, where nothing else is said."""


def label_probabilities(
    model: CausalModel,
    texts: Sequence[str],
    *,
    token_budget: int = TOKEN_BUDGET,
    advance: Advance = silent,
) -> np.ndarray:
    """`[N, K]` probabilities of the model's labels for each text, in the order of the texts.

    Of a model that was opened with `constrained=True` each row sums to 1 over the labels, and is
    exp(z_k) / Σ_j exp(z_j) of the logits z of the labels' first tokens; otherwise the last column
    is the probability of every other token of the vocabulary.

    Args:
        model: a language model that was opened with labels.
        texts: without the prompt, which the model knows.
        token_budget: tokens in one batch; bounds the memory.
        advance: told of each finished text.

    Raises:
        InputError: no list of texts, a text that can't be read, or an answer that is not finite.
    """
    logits = label_logits(model, texts, token_budget=token_budget, advance=advance)
    return np.asarray(softmax(logits, axis=1))


def label_logits(
    model: CausalModel,
    texts: Sequence[str],
    *,
    token_budget: int = TOKEN_BUDGET,
    advance: Advance = silent,
) -> np.ndarray:
    """As `label_probabilities`, but the columns `[N, K]` before the softmax.

    Texts of like length share a batch, padded on the left, so that every row is read at its last
    token; what they have in common at the beginning is run once. A batch that doesn't fit into the
    memory is halved.
    """
    if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
        raise InputError("texts: give a list of strings")
    encoded = [model.encode(text) for text in texts]
    found = np.zeros((len(encoded), len(model.labels)))
    with torch.inference_mode():
        lengths = [len(text) for text in encoded]
        pads = _differ(lengths) and pads_left(model, min(encoded, key=len), max(lengths))
        for places in _batches(lengths, token_budget, pads):
            found[places] = _logits(model, [encoded[place] for place in places])
            advance(len(places))
    broken = np.flatnonzero(~np.isfinite(found).all(axis=1))
    if len(broken):
        raise InputError(
            f"{model.name}: text {broken[0]} gets answers that are not finite; the model's weights "
            "are damaged or overflow on it"
        )
    return found


def pads_left(model: CausalModel, text: EncodedText, length: int) -> bool:
    """Whether padding on the left, up to `length` tokens, changes nothing in the answer to `text`.

    A few tokens of padding would not tell: some layers look back only so many places, padding
    among them.
    """
    try:
        with torch.inference_mode():
            expected = model.values(left_padded([text], 0, model.device))
            found = model.padded_values(left_padded([text], length - len(text), model.device))
    except FAILURES:
        return False
    allowed = min(100 * torch.finfo(model.module.dtype).eps, 0.1)
    scale = max(1.0, expected.abs().max().item())
    return bool((found - expected).abs().max() <= allowed * scale)


def _differ(lengths: Sequence[int]) -> bool:
    return len(set(lengths)) > 1


def left_padded(
    texts: Sequence[EncodedText], room: int, device: torch.device | str = "cpu"
) -> Batch:
    """The texts as rows of one length: the tokens all share, padding, and each one's others.

    `room` is how much longer than the longest text the rows are.
    """
    # The last token of each row stands at its end, for there it is read.
    prefix = common_prefix(texts)[: min(len(text) for text in texts) - 1]
    length = max(len(text) for text in texts) + room
    ids_BT = np.zeros((len(texts), length), dtype=np.int64)
    mask_BT = np.zeros((len(texts), length), dtype=np.int64)
    for row, text in enumerate(texts):
        own = text.ids[len(prefix) :]
        ids_BT[row, : len(prefix)], ids_BT[row, length - len(own) :] = prefix, own
        mask_BT[row, : len(prefix)] = mask_BT[row, length - len(own) :] = 1
    return Batch(
        mask=torch.as_tensor(mask_BT, device=device),
        type_ids=torch.zeros(ids_BT.shape, dtype=torch.long, device=device),
        ids=torch.as_tensor(ids_BT, device=device),
        columns=torch.as_tensor([text.columns for text in texts], device=device),
        prefix=prefix,
    )


def _logits(model: CausalModel, texts: Sequence[EncodedText]) -> np.ndarray:
    try:
        logits = model.padded_values(left_padded(texts, 0, model.device))
    except (MemoryError, RuntimeError) as error:
        if len(texts) == 1 or not out_of_memory(error):
            raise
    else:
        return logits.double().cpu().numpy()
    # Outside of the handler, whose traceback holds what didn't fit.
    half = len(texts) // 2
    return np.concatenate([_logits(model, texts[:half]), _logits(model, texts[half:])])


def _batches(lengths: Sequence[int], budget: int, mixed: bool) -> Iterator[list[int]]:
    """Places of texts, the longest first; of one length only, unless lengths may be mixed."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        longest = lengths[batch[0]] if batch else 0
        full = (len(batch) + 1) * longest > budget
        if batch and (full or not (mixed or lengths[place] == longest)):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
