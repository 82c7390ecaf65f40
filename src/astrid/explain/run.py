"""Explaining texts: from a model, texts and a method's name to finished explanations."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from astrid.errors import CallError, InputError, UnfinishedError
from astrid.explain import methods
from astrid.explain.batches import plain_batch
from astrid.explain.engine import TOKEN_BUDGET, Engine, Job, Outcome
from astrid.explain.estimate import Estimate, estimate, require_within_budget
from astrid.explain.records import Explanation, Explanations
from astrid.explain.requests import TokenScores
from astrid.explain.targets import Target, predicted, value_of
from astrid.models.black_box.box import BlackBox
from astrid.models.outputs import answers
from astrid.models.protocol import Batch, EncodedText, ReadsStrings, TextModel
from astrid.progress import Advance, silent
from astrid.text.words import find_words, token_shares


def explain(
    model: TextModel,
    texts: str | Sequence[str],
    method: str = "integrated_gradients",
    *,
    target: Target | Sequence[Target] | None = None,
    params: dict[str, Any] | None = None,
    token_budget: int = TOKEN_BUDGET,
    advance: Advance = silent,
    estimated: Estimate | None = None,
) -> Explanations:
    """Explain the model's output on each text; the result keeps the order of the texts.

    `torch.inference_mode`, `torch.no_grad` and `torch.autocast` around the call change nothing.

    Args:
        model: what `astrid.load_model` returns.
        texts: one text or many.
        method: a name from `astrid methods`.
        target: the output to explain, one for all texts or one each; by default the probability
            of the class that the model predicts.
        params: the method's settings, for example `{"steps": 32}`.
        token_budget: tokens in one batch; bounds the memory.
        advance: told of each finished text.
        estimated: what `astrid.explain.estimate` says of this very call, where it was asked before;
            otherwise a black box with a budget is asked for it.

    Raises:
        InputError: an unknown method or setting, a method that this model can't be given to, or
            outputs that are not finite.
        UnfinishedError: a call to a black box failed; the error holds the finished explanations.
    """
    texts = [texts] if isinstance(texts, str) else list(texts)
    found: dict[int, Explanation] = {}
    try:
        for number, explanation in stream(
            model,
            texts,
            method,
            target=target,
            params=params,
            token_budget=token_budget,
            estimated=estimated,
        ):
            found[number] = explanation
            advance()
    except CallError as error:
        raise UnfinishedError(
            f"{error}; {len(found)} of {len(texts)} texts are explained",
            Explanations([found[number] for number in sorted(found)]),
            tuple(sorted(found)),
        ) from error
    return Explanations([found[number] for number in sorted(found)])


def stream(
    model: TextModel,
    texts: Sequence[str],
    method: str,
    *,
    target: Target | Sequence[Target] | None = None,
    params: dict[str, Any] | None = None,
    token_budget: int = TOKEN_BUDGET,
    estimated: Estimate | None = None,
) -> Iterator[tuple[int, Explanation]]:
    """As `explain`, but yields (number of the text, explanation) as each is finished.

    Raises:
        InputError: as `explain`.
        CallError: a call to a black box failed; what was finished by then is yielded before.
    """
    run = bound_method(model, method, params or {})
    targets = _targets(target, len(texts))
    if isinstance(model, BlackBox) and model.meter.left is not None:
        require_within_budget(model, estimated or estimate(model, texts, method, params))
    encoded: dict[int, EncodedText] = {}

    def jobs() -> Iterator[Job[TokenScores]]:
        for number, (text, wanted) in enumerate(zip(texts, targets, strict=True)):
            encoded[number] = model.encode(_text(text, number))
            yield Job(encoded[number], method, run, wanted)

    for number, outcome in Engine(model, token_budget).run(jobs()):
        yield number, finished(encoded.pop(number), method, outcome, model)


def bound_method(
    model: TextModel, method: str, params: dict[str, Any]
) -> Callable[[EncodedText], Any]:
    """The method with its settings, checked against what the model can answer."""
    settings = methods.params(method, params)
    missing = methods.needs(method) - model.answers
    if missing:
        able = ", ".join(name for name in methods.names() if methods.runs_on(name, model))
        raise InputError(
            f"{method} needs {' and '.join(sorted(missing))}, which {model.name} can't give; "
            f"use {able}"
        )
    return methods.bound(method, settings)


def finished(
    text: EncodedText, method: str, outcome: Outcome[TokenScores], model: TextModel
) -> Explanation:
    """The record of an outcome: word scores sum the scores of each word's pieces."""
    scores = outcome.result.scores.astype(float)
    spans = find_words(text.text)
    shares = token_shares(spans, text.offsets, text.special)
    seen = np.flatnonzero(shares.any(axis=1)) if text.truncated else np.arange(len(spans))
    words = [spans[word] for word in seen]
    total = np.abs(scores).sum()
    outside = np.abs(scores[~shares.any(axis=0)]).sum() if len(scores) else 0.0
    labels = text.labels or model.labels
    return Explanation(
        text=text.text,
        method=method,
        target=value_of(outcome.target, outcome.logits, labels),
        prediction=predicted(outcome.logits, labels, model.tasks, outcome.target),
        tokens=text.tokens,
        token_scores=scores,
        words=tuple(text.text[start:end] for start, end in words),
        word_scores=shares[seen] @ scores,
        offsets=tuple(words),
        completeness_gap=outcome.result.completeness_gap,
        evaluations=outcome.evaluations,
        truncated=text.truncated,
        special_share=float(outside / total) if total > 0 else 0.0,
        converged=outcome.result.converged,
        precision=model.facts.precision,
        standard_errors=outcome.result.standard_errors,
    )


def predict(
    model: TextModel,
    texts: str | Sequence[str],
    *,
    batch_tokens: int = TOKEN_BUDGET,
    advance: Advance = silent,
) -> np.ndarray:
    """Probabilities, or a regression's numbers, `[N, K]` of `texts` in their order."""
    logits = plain_logits(model, texts, batch_tokens=batch_tokens, advance=advance)
    return _probabilities(model, logits)


def plain_logits(
    model: TextModel,
    texts: str | Sequence[str],
    *,
    batch_tokens: int = TOKEN_BUDGET,
    advance: Advance = silent,
) -> np.ndarray:
    """Outputs `[N, K]` of the model on `texts`, before any softmax, as float64, in their order."""
    if batch_tokens < 1:
        raise InputError(f"batch_tokens: {batch_tokens} tokens hold no text; give at least 1")
    texts = [texts] if isinstance(texts, str) else list(texts)
    logits = np.zeros((len(texts), len(model.labels)))
    encoded = [model.encode(_text(text, number)) for number, text in enumerate(texts)]
    lengths, budget = [len(text) for text in encoded], batch_tokens
    if isinstance(model, ReadsStrings):
        lengths, budget = [1] * len(encoded), model.batch_size
    order = sorted(range(len(texts)), key=lambda number: lengths[number])
    for rows in _by_budget(order, lengths, budget, model.pads):
        logits[rows] = _logits(model, plain_batch(model, [encoded[row] for row in rows]))
        finite = np.isfinite(_probabilities(model, logits[rows])).all(axis=1)
        for row, is_finite in zip(rows, finite, strict=True):
            if not is_finite:
                raise InputError(
                    f"{model.name}: text {row} gets an output that is not finite; the model's "
                    "weights are damaged or overflow on it"
                )
        advance(len(rows))
    return logits


def _logits(model: TextModel, batch: Batch) -> np.ndarray:
    import torch

    with torch.inference_mode():
        return np.asarray(model.values(batch).double().cpu().numpy())


def _probabilities(model: TextModel, logits: np.ndarray) -> np.ndarray:
    import torch

    return np.asarray(answers(torch.as_tensor(logits), model.tasks).numpy())


def _by_budget(
    order: list[int], lengths: list[int], budget: int, pads: bool
) -> Iterator[list[int]]:
    """Runs of `order`, lengths ascending, whose padded size stays within the budget."""
    batch: list[int] = []
    for row in order:
        mixed = not pads and bool(batch) and lengths[row] != lengths[batch[0]]
        if mixed or (batch and (len(batch) + 1) * lengths[row] > budget):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _targets(target: Target | Sequence[Target] | None, count: int) -> list[Target]:
    if target is None or isinstance(target, Target):
        return [target or Target()] * count
    if len(target) != count:
        raise InputError(f"target: {len(target)} targets given for {count} texts")
    return list(target)


def _text(text: object, number: int) -> str:
    if not isinstance(text, str):
        raise InputError(f"text {number}: a text must be a string, not {type(text).__name__}")
    return text
