"""Explanations of a model before and after fine-tuning, compared text by text.

How large, how concentrated and how alike the scores are, word by word, with paired tests and
intervals over the texts: what `interpretability_metrics.json` holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from astrid.analysis._agreement import check_same_output
from astrid.errors import InputError
from astrid.explain.align import AlignedScores, align
from astrid.explain.records import Explanation, Explanations
from astrid.llm.chance import overlap_by_chance, shuffled_cosine
from astrid.llm.differences import Difference, differences
from astrid.llm.examples import Example, ModelExample
from astrid.measures import load_measure
from astrid.measures.statistics.bootstrap import (
    CONFIDENCE,
    RESAMPLES,
    SEED,
    Estimate,
    mean_with_interval,
)
from astrid.spec import Spec

VERSION = 1
"""Of the layout of the file."""

SIZES = {"mean_absolute_importance": "mean_absolute", "gini": "gini", "entropy": "entropy"}
"""Measures of one model's scores, by their name in the file."""

AGREEMENTS = {
    "top_5_overlap": "top_k",
    "top_10_overlap": "top_10",
    "cosine": "cosine",
    "spearman": "spearman",
}
"""Measures of both models' scores, by their name in the file."""

NOTES = (
    "Scores are those of words; a word that one model did not see counts as 0.",
    "Differences are fine-tuned − zero-shot; chance is the mean over all orders of the words.",
    "Top-k overlap is undefined for texts of k words or fewer: see n and undefined.",
    "Intervals over fewer than 50 texts are narrower than they say.",
)


class InterpretabilitySettings(Spec):
    """How intervals and tests are made.

    Attributes:
        seed: of the resampling; the same seed gives the same numbers.
        confidence: of the intervals.
        resamples: of the bootstrap and of the permutation tests.
    """

    seed: int = Field(default=SEED, ge=0)
    confidence: float = Field(default=CONFIDENCE, gt=0, lt=1)
    resamples: int = Field(default=RESAMPLES, ge=100)


@dataclass(frozen=True)
class AgreementEstimate:
    """A measure's mean over the texts, and what the same scores in random order reach."""

    value: Estimate
    chance: Estimate

    def to_dict(self) -> dict[str, object]:
        return {**self.value.to_dict(), "chance": self.chance.to_dict()}


@dataclass(frozen=True)
class Interpretability:
    """Two models' explanations of the same texts and the same outputs.

    Attributes:
        method: of the explanations.
        target_kind: the kind of output explained, which is the unit of the scores.
        zero_shot: mean of each of `SIZES` over the texts.
        fine_tuned: the same of the other model.
        differences: fine-tuned − zero-shot of each, paired.
        agreement: mean of each of `AGREEMENTS` over the texts.
        examples: one entry a text.
        settings: of the intervals.
    """

    method: str
    target_kind: str
    zero_shot: Mapping[str, Estimate]
    fine_tuned: Mapping[str, Estimate]
    differences: Mapping[str, Difference]
    agreement: Mapping[str, AgreementEstimate]
    examples: tuple[Example, ...]
    settings: InterpretabilitySettings

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON, no texts; NaN becomes None."""
        return {
            "version": VERSION,
            "method": self.method,
            "target_kind": self.target_kind,
            "texts": len(self.examples),
            "confidence": self.settings.confidence,
            "zero_shot": {name: mean.to_dict() for name, mean in self.zero_shot.items()},
            "fine_tuned": {name: mean.to_dict() for name, mean in self.fine_tuned.items()},
            "differences": {name: found.to_dict() for name, found in self.differences.items()},
            "agreement": {name: found.to_dict() for name, found in self.agreement.items()},
            "examples": [example.to_dict() for example in self.examples],
            "notes": list(NOTES),
        }


def interpretability(
    zero_shot: Explanations,
    fine_tuned: Explanations,
    settings: InterpretabilitySettings | None = None,
) -> Interpretability:
    """Compare two models' explanations by one method of the same texts and the same outputs.

    Args:
        zero_shot: one a text, of the model before fine-tuning.
        fine_tuned: one a text, in the same order, of the model after it.
        settings: defaults as in `InterpretabilitySettings`.

    Raises:
        InputError: no texts, other texts, other methods, or other classes or kinds of output.
    """
    settings = settings or InterpretabilitySettings()
    pairs = _aligned(zero_shot, fine_tuned)
    examples = tuple(
        _example(number, *models, scores)
        for number, (models, scores) in enumerate(
            zip(zip(zero_shot, fine_tuned, strict=True), pairs, strict=True)
        )
    )
    before = {name: [each.zero_shot.sizes[name] for each in examples] for name in SIZES}
    after = {name: [each.fine_tuned.sizes[name] for each in examples] for name in SIZES}
    return Interpretability(
        method=zero_shot[0].method,
        target_kind=zero_shot[0].target.kind,
        zero_shot={name: _mean(values, settings) for name, values in before.items()},
        fine_tuned={name: _mean(values, settings) for name, values in after.items()},
        differences=differences(
            before, after, settings.seed, settings.confidence, settings.resamples
        ),
        agreement={name: _agreement(name, examples, pairs, settings) for name in AGREEMENTS},
        examples=examples,
        settings=settings,
    )


def _aligned(zero_shot: Explanations, fine_tuned: Explanations) -> list[AlignedScores]:
    if not len(zero_shot) or len(zero_shot) != len(fine_tuned):
        raise InputError(
            f"interpretability: {len(zero_shot)} explanations against {len(fine_tuned)}; explain "
            "the same texts, at least one, with both models"
        )
    methods = sorted({item.method for item in (*zero_shot, *fine_tuned)})
    if len(methods) > 1:
        raise InputError(
            f"interpretability: explanations by {' and '.join(methods)}; explain all by one method"
        )
    found = []
    for number, (one, other) in enumerate(zip(zero_shot, fine_tuned, strict=True)):
        check_same_output(number, one, other)
        found.append(align(one, other))
    return found


def _example(
    number: int, before: Explanation, after: Explanation, scores: AlignedScores
) -> Example:
    return Example(
        number=number,
        words=len(scores.words),
        target=before.target.label,
        zero_shot=_of_model(before, scores.first),
        fine_tuned=_of_model(after, scores.second),
        agreement={
            name: float(load_measure(measure).measure(scores.first, scores.second))
            for name, measure in AGREEMENTS.items()
        },
    )


def _of_model(item: Explanation, scores: np.ndarray) -> ModelExample:
    return ModelExample(
        answer=item.prediction.label,
        target_value=item.target.value,
        truncated=item.truncated,
        completeness_gap=item.completeness_gap,
        sizes={name: float(load_measure(own).measure(scores)) for name, own in SIZES.items()},
    )


def _agreement(
    name: str,
    examples: Sequence[Example],
    pairs: Sequence[AlignedScores],
    settings: InterpretabilitySettings,
) -> AgreementEstimate:
    values = [example.agreement[name] for example in examples]
    chance = [
        _chance(name, pair) if np.isfinite(value) else value
        for pair, value in zip(pairs, values, strict=True)
    ]
    return AgreementEstimate(_mean(values, settings), _mean(chance, settings))


def _chance(name: str, scores: AlignedScores) -> float:
    """The mean over all orders of one model's scores; a rank correlation's is 0."""
    if name == "spearman":
        return 0.0
    if name == "cosine":
        return shuffled_cosine(scores.first, scores.second)
    k: int = load_measure(AGREEMENTS[name]).K  # type: ignore[attr-defined]
    return overlap_by_chance(scores.first, scores.second, k)


def _mean(values: Sequence[float], settings: InterpretabilitySettings) -> Estimate:
    return mean_with_interval(values, settings.seed, settings.confidence, settings.resamples)
