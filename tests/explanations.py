"""Explanations made by hand, for tests of whatever stands on them."""

from collections.abc import Sequence

import numpy as np

from astrid.analysis.family import ExaminedModel
from astrid.explain.records import Explanation, Explanations, Prediction, TargetValue
from astrid.text.words import find_words

LABELS = ("negative", "positive")


def explanation(
    text: str,
    scores: Sequence[float],
    predicted: int = 1,
    target: int = 1,
    method: str = "integrated_gradients",
    truncated: bool = False,
) -> Explanation:
    """An explanation whose words are the first `len(scores)` words of the text."""
    spans = find_words(text)
    assert len(scores) == len(spans) or truncated, f"{len(spans)} words"
    offsets = tuple(spans[: len(scores)])
    words = tuple(text[start:end] for start, end in offsets)
    values = np.array(scores, dtype=float)
    probabilities = (0.1, 0.9) if predicted else (0.9, 0.1)
    return Explanation(
        text=text,
        method=method,
        target=TargetValue(target, LABELS[target], 0.9, "probability"),
        prediction=Prediction(predicted, LABELS[predicted], 0.9, probabilities),
        tokens=words,
        token_scores=values,
        words=words,
        word_scores=values,
        offsets=offsets,
        completeness_gap=0.0,
        evaluations=1,
        truncated=truncated,
        special_share=0.0,
    )


def many(scores: Sequence[Sequence[float]], predicted: Sequence[int] | None = None) -> Explanations:
    """One explanation a row of scores, over texts `w0 w1 w2 …` of the row's length."""
    classes = predicted or [1] * len(scores)
    return Explanations(
        [
            explanation(" ".join(f"w{word}" for word in range(len(row))), row, label)
            for row, label in zip(scores, classes, strict=True)
        ]
    )


def random_scores(texts: int, words: int, seed: int) -> np.ndarray:
    """Normal scores `[texts, words]`."""
    return np.random.default_rng(seed).normal(size=(texts, words))


def examined(
    name: str, scores: np.ndarray | Explanations, parameters: int, accuracy: float = 0.9
) -> ExaminedModel:
    """A model that is right on the first `accuracy` of a hundred texts."""
    explanations = scores if isinstance(scores, Explanations) else many(scores.tolist())
    right = round(100 * accuracy)
    return ExaminedModel(
        name, explanations, [True] * right + [False] * (100 - right), parameters, 0.01
    )
