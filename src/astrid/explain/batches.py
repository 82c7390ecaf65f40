"""Batches: rows of many texts and methods, nearly of one length, within a token budget.

B rows, T tokens of the longest row, D embedding size, K classes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch

from astrid.explain.requests import Answer
from astrid.explain.targets import Resolved
from astrid.explain.work import CaptureWork, Chunk, MaskedWork, PathWork, StringWork, Work
from astrid.models.protocol import (
    Batch,
    EncodedText,
    PropagatesRelevance,
    ReadsStrings,
    TextModel,
    common_prefix,
)

WorkT = TypeVar("WorkT", MaskedWork, StringWork, PathWork, CaptureWork)

LONGER = 1.125
"""A row joins a batch whose longest row is at most this many times its own length."""

ENOUGH = 768
"""A batch of so many tokens is left without padding; larger ones are hardly faster a token."""

SMALL = 128
"""A batch of fewer tokens takes as long as this one: until then it takes rows of any length."""


def take(pool: list[Chunk], budget: int, pads: bool = True) -> list[Chunk]:
    """Remove from `pool` the chunks of the next batch, cutting the last one where it overflows.

    The oldest chunk sets the kind and about the length, so that every text is finished in turn.
    Without `pads` all rows of a batch have the same length.
    """
    oldest = pool[0]
    alike = [chunk for chunk in pool if chunk.kind == oldest.kind]
    # The oldest goes first, so that it is always in; then those that need least padding.
    alike.sort(key=lambda chunk: (chunk is not oldest, abs(chunk.length - oldest.length)))
    places = {id(chunk): place for place, chunk in enumerate(pool)}
    taken: list[Chunk] = []
    rows, longest = 0, 0
    for chunk in alike:
        cost = max(longest, chunk.cost)
        room = _most(chunk, oldest, rows * longest, budget, pads) // cost - rows
        free = max(room, 0 if taken else 1)
        if free <= 0:
            break
        place, rest = places[id(chunk)], chunk.rows[free:]
        if len(rest):
            pool[place] = replace(chunk, rows=rest)
            taken.append(replace(chunk, rows=chunk.rows[:free]))
            break
        taken.append(chunk)
        rows, longest = rows + len(chunk.rows), cost
    gone = {id(chunk) for chunk in taken}
    pool[:] = [chunk for chunk in pool if id(chunk) not in gone]
    return taken


def _most(chunk: Chunk, oldest: Chunk, tokens: int, budget: int, pads: bool) -> int:
    """Tokens that a batch, now of `tokens`, may have with rows of this chunk in it."""
    shorter, longer = sorted((chunk.length, oldest.length))
    if shorter == longer:
        return budget
    if not pads or tokens >= ENOUGH:
        return 0
    return budget if longer <= shorter * LONGER else min(SMALL, budget)


def evaluate(model: TextModel, chunks: Sequence[Chunk], targets: Sequence[Resolved]) -> None:
    """Run one batch and hand each chunk's work its part of the outcome.

    Nothing is handed on before everything is computed: where memory runs out half-way, no work
    has had a part of an outcome that will come again.
    """
    match chunks[0].kind:
        case "masked":
            _masked(model, chunks)
        case "path":
            _gradients(model, chunks, targets, model.values)
        case "relevance":
            assert isinstance(model, PropagatesRelevance), "asked of models that offer it only"
            _gradients(model, chunks, targets, model.relevance_values)
        case "path_values":
            _path_values(model, chunks, targets)
        case "capture":
            _capture(model, chunks)
        case "capture_gradients":
            _capture_gradients(model, chunks, targets)


def _masked(model: TextModel, chunks: Sequence[Chunk]) -> None:
    with torch.inference_mode():
        logits_BK = model.values(_masked_batch(model, chunks)).cpu().numpy()
    for chunk, part in zip(chunks, _parts(chunks, logits_BK), strict=True):
        _as(chunk.work, MaskedWork).receive(chunk.rows, part)


def _path_values(model: TextModel, chunks: Sequence[Chunk], targets: Sequence[Resolved]) -> None:
    with torch.inference_mode():
        logits_BK = model.values(_embed_batch(model, chunks))
        parts = _parts(chunks, logits_BK)
        values = [
            target.of(part).double().cpu().numpy()
            for target, part in zip(targets, parts, strict=True)
        ]
    for chunk, found in zip(chunks, values, strict=True):
        _as(chunk.work, PathWork).receive_values(chunk.rows, found)


def _gradients(
    model: TextModel,
    chunks: Sequence[Chunk],
    targets: Sequence[Resolved],
    run: Callable[[Batch], torch.Tensor],
) -> None:
    batch = _embed_batch(model, chunks)
    assert batch.embeds is not None
    batch.embeds.requires_grad_(True)
    with torch.enable_grad():
        parts = _parts(chunks, run(batch))
        values = [target.of(part) for target, part in zip(targets, parts, strict=True)]
        (gradients_BTD,) = torch.autograd.grad(torch.cat(values).sum(), batch.embeds)
    found = [
        (
            value.detach().double().cpu().numpy(),
            *_as(chunk.work, PathWork).reduced(chunk.rows, part[:, : chunk.length]),
        )
        for chunk, value, part in zip(chunks, values, _parts(chunks, gradients_BTD), strict=True)
    ]
    for chunk, outcome in zip(chunks, found, strict=True):
        _as(chunk.work, PathWork).receive_gradients(chunk.rows, *outcome)


def _capture(model: TextModel, chunks: Sequence[Chunk]) -> None:
    works, batch = _captured(model, chunks)
    with torch.inference_mode():
        _, layers = model.attentions(batch)
    answers = [
        Answer(attentions=_own_weights(layers, row, len(work.text)))
        for row, work in enumerate(works)
    ]
    for work, answer in zip(works, answers, strict=True):
        work.receive(answer)


def _capture_gradients(
    model: TextModel, chunks: Sequence[Chunk], targets: Sequence[Resolved]
) -> None:
    works, batch = _captured(model, chunks)
    assert batch.ids is not None
    with torch.no_grad():
        embeds = model.embed(batch.ids)
    # The weights depend on the embeddings, which makes them part of a graph.
    with torch.enable_grad():
        logits_BK, layers = model.attentions(
            replace(batch, ids=None, embeds=embeds.requires_grad_(True))
        )
        values = [target.of(logits) for target, logits in zip(targets, logits_BK, strict=True)]
        gradients = torch.autograd.grad(torch.stack(values).sum(), layers)
    answers = [
        Answer(
            attentions=_own_weights(layers, row, len(work.text)),
            attention_gradients=_own_weights(gradients, row, len(work.text)),
        )
        for row, work in enumerate(works)
    ]
    for work, answer in zip(works, answers, strict=True):
        work.receive(answer)


def _captured(model: TextModel, chunks: Sequence[Chunk]) -> tuple[list[CaptureWork], Batch]:
    works = [_as(chunk.work, CaptureWork) for chunk in chunks]
    return works, plain_batch(model, [work.text for work in works])


def _own_weights(layers: Sequence[torch.Tensor], row: int, length: int) -> np.ndarray:
    """`[L, H, T, T]` of one text, without its padding."""
    own = [layer[row, :, :length, :length].detach().float().cpu().numpy() for layer in layers]
    return np.stack(own)


def plain_batch(model: TextModel, texts: Sequence[EncodedText]) -> Batch:
    """The texts as they are, one a row, padded on the right."""
    if isinstance(model, ReadsStrings):
        return _string_batch([text.text for text in texts])
    rows = [(text.ids, np.ones_like(text.ids), text.type_ids) for text in texts]
    batch = _tensors(model, [tuple(part[None] for part in row) for row in rows])
    return _as_texts_say(batch, texts, [1] * len(texts))


def _masked_batch(model: TextModel, chunks: Sequence[Chunk]) -> Batch:
    if isinstance(model, ReadsStrings):
        return _string_batch(
            [row for chunk in chunks for row in _as(chunk.work, StringWork).row_texts(chunk.rows)]
        )
    batch = _tensors(model, [_as(chunk.work, MaskedWork).row_ids(chunk.rows) for chunk in chunks])
    return _of_chunks(batch, chunks)


def _of_chunks(batch: Batch, chunks: Sequence[Chunk]) -> Batch:
    texts = [chunk.work.text for chunk in chunks]
    return _as_texts_say(batch, texts, [len(chunk.rows) for chunk in chunks])


def _as_texts_say(batch: Batch, texts: Sequence[EncodedText], counts: Sequence[int]) -> Batch:
    """The batch with its rows' candidate tokens and the prefix that all its texts share."""
    columns = [text.columns for text in texts if text.columns is not None]
    if columns:
        rows = np.repeat(np.asarray(columns), counts, axis=0)
        batch = replace(batch, columns=torch.as_tensor(rows, device=batch.mask.device))
    return replace(batch, prefix=common_prefix(texts))


def _string_batch(texts: Sequence[str]) -> Batch:
    no_tokens = torch.empty(len(texts), 0)
    return Batch(mask=no_tokens, type_ids=no_tokens, texts=tuple(texts))


def _tensors(model: TextModel, parts: Sequence[tuple[np.ndarray, ...]]) -> Batch:
    """Ids, masks and segments of the chunks, padded on the right to the longest row."""
    longest = max(part[0].shape[1] for part in parts)
    fillers = (model.token_ids.pad or 0, 0, 0)
    ids, mask, type_ids = (
        torch.as_tensor(
            np.concatenate([_padded(part[place], longest, fillers[place]) for part in parts]),
            device=model.device,
        )
        for place in range(3)
    )
    return Batch(mask=mask, type_ids=type_ids, ids=ids)


def _padded(rows: np.ndarray, length: int, filler: int) -> np.ndarray:
    return np.pad(rows, ((0, 0), (0, length - rows.shape[1])), constant_values=filler)


def _embed_batch(model: TextModel, chunks: Sequence[Chunk]) -> Batch:
    works = [_as(chunk.work, PathWork) for chunk in chunks]
    rows = [work.row_embeds(chunk.rows) for work, chunk in zip(works, chunks, strict=True)]
    longest = max(part.shape[1] for part in rows)
    embeds_BTD = torch.cat(
        [torch.nn.functional.pad(part, (0, 0, 0, longest - part.shape[1])) for part in rows]
    )
    mask, type_ids = (
        torch.as_tensor(
            np.concatenate(
                [
                    _padded(np.tile(line(work), (len(chunk.rows), 1)), longest, 0)
                    for work, chunk in zip(works, chunks, strict=True)
                ]
            ),
            device=model.device,
        )
        for line in (lambda work: np.ones_like(work.text.ids), lambda work: work.text.type_ids)
    )
    return _of_chunks(Batch(mask=mask, type_ids=type_ids, embeds=embeds_BTD), chunks)


def _parts(chunks: Sequence[Chunk], rows: torch.Tensor | np.ndarray) -> list:
    """The chunks' shares of a batch's rows, in order."""
    ends = np.cumsum([len(chunk.rows) for chunk in chunks])
    return [rows[end - len(chunk.rows) : end] for chunk, end in zip(chunks, ends, strict=True)]


def _as(work: Work, kind: type[WorkT]) -> WorkT:
    assert isinstance(work, kind)
    return work
