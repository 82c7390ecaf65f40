"""Is what came back an answer? N texts, K classes."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch

from astrid.errors import CallError
from astrid.spec import nearest

Outputs = Literal["probabilities", "logits"]
"""What a black box gives: probabilities that sum to 1, or any finite numbers before the softmax."""

TOLERANCE = 1e-3
"""How far a row of probabilities may be from the sum 1."""

SMALLEST = 1e-12
"""Smaller probabilities count as this where logarithms are taken."""


def checked(
    answer: object, count: int, labels: Sequence[str], outputs: Outputs, name: str
) -> np.ndarray:
    """The answer for `count` texts as numbers `[N, K]`.

    Rows of `{"label": …, "score": …}` objects, as text-classification pipelines give them, are put
    in the order of `labels`.

    Raises:
        CallError: another shape or kind, numbers that are not finite, or no probabilities. The
            message says what came back, never the texts.

    >>> checked([[{"label": "b", "score": 0.25}, {"label": "a", "score": 0.75}]], 1, "ab",
    ...         "probabilities", "model")
    array([[0.75, 0.25]])
    """
    wanted = f"{count} rows of {len(labels)} {outputs} are needed"
    if _is_labelled(answer):
        answer = [_by_label(row, labels, name) for row in answer]  # type: ignore[attr-defined]
    if _is_masked(answer):
        raise CallError(f"{name}: gave a masked array with numbers left out; {wanted}")
    rows = _numbers(answer)
    if rows is None:
        raise CallError(f"{name}: gave {_kind(answer)}; {wanted}")
    if rows.shape != (count, len(labels)):
        raise CallError(f"{name}: gave numbers of shape {list(rows.shape)}; {wanted}")
    if not np.isfinite(rows).all():
        raise CallError(f"{name}: gave numbers that are not finite (NaN or infinite); {wanted}")
    if outputs == "probabilities":
        _check_probabilities(rows, name)
    return rows


def logits(rows: np.ndarray, outputs: Outputs) -> np.ndarray:
    """Logits `[N, K]` whose softmax gives the probabilities, each row scaled to the sum 1."""
    return rows if outputs == "logits" else np.log(np.maximum(rows, SMALLEST))


def _check_probabilities(rows: np.ndarray, name: str) -> None:
    low, high = rows.min(initial=0.0), rows.max(initial=0.0)
    off = np.abs(rows.sum(axis=1) - 1).max(initial=0.0)
    hint = 'probabilities are needed (outputs="logits" takes any numbers)'
    if low < 0 or high > 1 + TOLERANCE:
        raise CallError(f"{name}: gave numbers from {low:.4g} to {high:.4g}; {hint}")
    if off > TOLERANCE:
        raise CallError(f"{name}: gave rows whose sum is {off:.4g} away from 1; {hint}")


def _numbers(answer: object) -> np.ndarray | None:
    if isinstance(answer, torch.Tensor):
        answer = answer.detach().double().cpu().numpy()
    try:
        rows = np.asarray(answer)
    except (TypeError, ValueError, RuntimeError):
        return None
    return rows.astype(np.float64) if rows.dtype.kind in "fiu" else None


def _is_masked(answer: object) -> bool:
    """Whether numpy would take what stands behind a mask for an answer."""
    rows = answer if isinstance(answer, list | tuple) else [answer]
    return any(isinstance(row, np.ma.MaskedArray) and np.ma.is_masked(row) for row in rows)


def _is_labelled(answer: object) -> bool:
    return (
        isinstance(answer, list)
        and bool(answer)
        and all(isinstance(row, list) and row and isinstance(row[0], dict) for row in answer)
    )


def _by_label(row: list[Any], labels: Sequence[str], name: str) -> list[float]:
    try:
        scores = {str(item["label"]): item["score"] for item in row}
    except (KeyError, TypeError):
        raise CallError(f"{name}: gave objects without a label and a score") from None
    if len(scores) < len(row):
        raise CallError(f"{name}: gave a class twice in one row; each class has one score")
    unknown = sorted(scores.keys() - set(labels))
    missing = [label for label in labels if label not in scores]
    if unknown:
        raise CallError(f'{name}: gave a class "{unknown[0][:40]}"; {nearest(unknown[0], labels)}')
    if missing:
        raise CallError(
            f'{name}: gave no score for the class "{missing[0]}"; let it answer with all classes'
        )
    return [scores[label] for label in labels]


def _kind(answer: object) -> str:
    """What an answer is, without what stands in it."""
    if isinstance(answer, list | tuple) and answer:
        return f"a {type(answer).__name__} of {len(answer)} ({type(answer[0]).__name__}, …)"
    return f"an object of type {type(answer).__name__}"
