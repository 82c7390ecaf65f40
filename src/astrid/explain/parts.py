"""One explanation of a text that the model read in several parts."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from astrid.explain.records import Explanation, Prediction, TargetValue
from astrid.models.outputs import Task
from astrid.text.document import Span


def whole(parts: Sequence[Explanation], between: str, task: Task) -> Explanation:
    """The explanation of the mean of the parts' outputs, over all their words.

    The output of the whole is f = (1/n) Σ f_k of n parts, each with words of its own: a word's
    score for f is its score for f_k divided by n, and where each part's scores add up to its own
    change of the output, those of the whole do too.

    Args:
        parts: at least one, of one method and one column of the output.
        between: what stood between the parts in the text.
        task: the one that was explained, of two classes; its answer to the whole text follows
            from the mean probability.
    """
    if len(parts) == 1:
        return parts[0]
    first, count = parts[0], len(parts)
    sizes = np.array([np.abs(part.token_scores).sum() for part in parts])
    shares = np.array([part.special_share for part in parts])
    gaps = [part.completeness_gap for part in parts if part.completeness_gap is not None]
    errors = [part.standard_errors for part in parts if part.standard_errors is not None]
    flags = [part.converged for part in parts if part.converged is not None]
    return replace(
        first,
        text=between.join(part.text for part in parts),
        target=_mean_target(parts),
        prediction=_mean_prediction(parts, task),
        tokens=tuple(token for part in parts for token in part.tokens),
        token_scores=np.concatenate([part.token_scores for part in parts]) / count,
        words=tuple(word for part in parts for word in part.words),
        word_scores=np.concatenate([part.word_scores for part in parts]) / count,
        offsets=_offsets(parts, between),
        completeness_gap=sum(gaps) / count if len(gaps) == count else None,
        evaluations=sum(part.evaluations for part in parts),
        truncated=any(part.truncated for part in parts),
        special_share=float((sizes * shares).sum() / sizes.sum()) if sizes.sum() else 0.0,
        converged=all(flags) if flags else None,
        standard_errors=np.concatenate(errors) / count if len(errors) == count else None,
    )


def _mean_target(parts: Sequence[Explanation]) -> TargetValue:
    target = parts[0].target
    value = float(np.mean([part.target.value for part in parts]))
    return TargetValue(target.index, target.label, value, target.kind)


def _mean_prediction(parts: Sequence[Explanation], task: Task) -> Prediction:
    means = np.mean([part.prediction.probabilities for part in parts], axis=0)
    index = task.columns[0]
    yes = means[index] > task.threshold
    probability = means[index] if yes else 1 - means[index]
    name = task.answers[int(yes)]
    return Prediction(index, name, float(probability), tuple(map(float, means)))


def _offsets(parts: Sequence[Explanation], between: str) -> tuple[Span, ...]:
    found: list[Span] = []
    start = 0
    for part in parts:
        found += [(first + start, last + start) for first, last in part.offsets]
        start += len(part.text) + len(between)
    return tuple(found)
