"""One model's explanations against another's, text by text."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from astrid.errors import InputError
from astrid.explain.align import AlignedScores, align
from astrid.explain.records import Explanation, Explanations
from astrid.measures import load_measure, measure_names
from astrid.measures.statistics.bootstrap import (
    CONFIDENCE,
    RESAMPLES,
    SEED,
    Estimate,
    mean_with_interval,
    plain_number,
    share_with_interval,
)
from astrid.spec import Spec

TargetRule = Literal["teacher", "own", "gold"]
"""Whose class both models were asked about: the teacher's prediction, each its own, the label."""

MEASURES = ("cosine", "spearman", "top_k")
"""Measures of every comparison; the first one is called the similarity."""


class ComparisonSettings(Spec):
    """How explanations are compared.

    Attributes:
        target: whose class was explained.
        more_measures: of agreement, beside cosine, Spearman and top-5 overlap.
        alike_from: reasons differ on a text where the cosine is below this.
        shuffles: of each text's scores, for the line that chance gives.
        seed: of shuffles and of intervals.
        resamples: of the bootstrap.
        confidence: of the intervals.
    """

    target: TargetRule = "teacher"
    more_measures: tuple[str, ...] = ()
    alike_from: float = Field(default=0.80, ge=-1, le=1)
    shuffles: int = Field(default=20, ge=1)
    seed: int = Field(default=SEED, ge=0)
    resamples: int = Field(default=RESAMPLES, ge=100)
    confidence: float = Field(default=CONFIDENCE, gt=0, lt=1)

    @field_validator("more_measures")
    @classmethod
    def _are_of_agreement(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if load_measure(name).KIND != "agreement":
                known = ", ".join(measure_names("agreement"))
                raise InputError(f"{name} compares no two explanations; use {known}")
        return names

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of all measures."""
        return tuple(dict.fromkeys((*MEASURES, *self.more_measures)))

    def mean(self, values: Sequence[float] | np.ndarray) -> Estimate:
        """Mean of one value a text, with the interval that these settings ask for."""
        return mean_with_interval(values, self.seed, self.confidence, self.resamples)

    def share(self, flags: Sequence[bool | None]) -> Estimate:
        """Share of texts for which the flag is true, with its interval."""
        return share_with_interval(flags, self.confidence)


@dataclass(frozen=True)
class TextRow:
    """One text under both models.

    Attributes:
        number: of the text, from 0.
        agreement: value of each measure by name; NaN where undefined.
        chance: the same with the student's scores shuffled, mean over the shuffles.
        teacher_label: the teacher's prediction.
        student_label: the student's prediction.
        prediction_agrees: whether both predict the same class.
        reasons_differ: whether the predictions agree but the cosine is below the settings'
            `alike_from`; None where the cosine is undefined.
    """

    number: int
    agreement: Mapping[str, float]
    chance: Mapping[str, float]
    teacher_label: str
    student_label: str
    prediction_agrees: bool
    reasons_differ: bool | None

    def to_dict(self) -> dict[str, object]:
        return {
            "text": self.number,
            **{name: plain_number(value) for name, value in self.agreement.items()},
            **{f"{name}_chance": plain_number(value) for name, value in self.chance.items()},
            "teacher_label": self.teacher_label,
            "student_label": self.student_label,
            "prediction_agrees": self.prediction_agrees,
            "reasons_differ": self.reasons_differ,
        }


@dataclass(frozen=True)
class Comparison:
    """A student's explanations against a teacher's over the same texts.

    Attributes:
        rows: one a text, in the order of the texts.
        agreement: mean of each measure over the texts.
        chance: what the same scores in shuffled order would reach.
        prediction_agreement: share of texts with the same prediction.
        reasons_differ: share of texts with the same prediction for different reasons, among the
            texts where that can be said.
        settings: how it was made.
    """

    rows: tuple[TextRow, ...]
    agreement: Mapping[str, Estimate]
    chance: Mapping[str, Estimate]
    prediction_agreement: Estimate
    reasons_differ: Estimate
    settings: ComparisonSettings

    @property
    def similarity(self) -> Estimate:
        """The mean cosine."""
        return self.agreement["cosine"]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "agreement": {name: mean.to_dict() for name, mean in self.agreement.items()},
            "chance": {name: mean.to_dict() for name, mean in self.chance.items()},
            "prediction_agreement": self.prediction_agreement.to_dict(),
            "reasons_differ": self.reasons_differ.to_dict(),
            "settings": self.settings.model_dump(mode="json"),
            "texts": [row.to_dict() for row in self.rows],
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a text."""
        return pd.DataFrame([row.to_dict() for row in self.rows])


def compare_explanations(
    teacher: Sequence[Explanation],
    student: Sequence[Explanation],
    settings: ComparisonSettings | None = None,
) -> Comparison:
    """Compare two models' explanations of the same texts, word by word.

    Args:
        teacher: one explanation a text.
        student: the same texts in the same order, by the same method.
        settings: defaults as in `ComparisonSettings`.

    Raises:
        InputError: no texts, other texts, other methods, or other target classes than the
            settings' `target` allows.
    """
    settings = settings or ComparisonSettings()
    _check_comparable(teacher, student, settings.target)
    pairs = zip(teacher, student, strict=True)
    rows = tuple(_text_row(number, *pair, settings) for number, pair in enumerate(pairs))
    return Comparison(
        rows=rows,
        agreement={
            name: settings.mean([row.agreement[name] for row in rows]) for name in settings.measures
        },
        chance={
            name: settings.mean([row.chance[name] for row in rows]) for name in settings.measures
        },
        prediction_agreement=settings.share([row.prediction_agrees for row in rows]),
        reasons_differ=settings.share([row.reasons_differ for row in rows]),
        settings=settings,
    )


def _check_comparable(
    teacher: Sequence[Explanation], student: Sequence[Explanation], target: TargetRule
) -> None:
    if not teacher or len(teacher) != len(student):
        raise InputError(
            f"compare: {len(teacher)} texts explained by the teacher and {len(student)} by the "
            "student; explain the same texts, at least one, with both"
        )
    for number, (one, other) in enumerate(zip(teacher, student, strict=True)):
        if one.text != other.text:
            raise InputError(f"compare: text {number} differs; explain the same texts with both")
        if one.method != other.method:
            raise InputError(
                f"compare: text {number} was explained by {one.method} and by {other.method}; "
                "use one method for both models"
            )
        if one.target.kind != other.target.kind:
            raise InputError(
                f"compare: text {number} explains a {one.target.kind} and a {other.target.kind}; "
                "explain the same kind of output with both models"
            )
        if target != "own" and one.target.index != other.target.index:
            raise InputError(
                f"compare: text {number} explains class {one.target.index} of the teacher and "
                f"class {other.target.index} of the student; explain the same class, or compare "
                "with target=own"
            )


def _text_row(
    number: int, teacher: Explanation, student: Explanation, settings: ComparisonSettings
) -> TextRow:
    aligned = align(teacher, student)
    agreement = _agreement(aligned.first, aligned.second, settings.measures)
    agrees = teacher.prediction.index == student.prediction.index
    cosine = agreement["cosine"]
    return TextRow(
        number=number,
        agreement=agreement,
        chance=_chance(aligned, settings, np.random.default_rng([settings.seed, number])),
        teacher_label=teacher.prediction.label,
        student_label=student.prediction.label,
        prediction_agrees=agrees,
        reasons_differ=None if math.isnan(cosine) else agrees and cosine < settings.alike_from,
    )


def _agreement(first: np.ndarray, second: np.ndarray, measures: Sequence[str]) -> dict[str, float]:
    return {name: load_measure(name).measure(first, second) for name in measures}


def _chance(
    aligned: AlignedScores, settings: ComparisonSettings, generator: np.random.Generator
) -> dict[str, float]:
    """Agreement of the first scores with the second in random order, mean over the shuffles."""
    trials = [
        _agreement(aligned.first, generator.permutation(aligned.second), settings.measures)
        for _ in range(settings.shuffles)
    ]
    # A measure is undefined for one order exactly if it is for all: the mean needs no exceptions.
    return {name: float(np.mean([trial[name] for trial in trials])) for name in trials[0]}


def explained_alike(explanations: Explanations) -> tuple[str, str]:
    """Method and kind of target that all of one model's explanations share.

    Raises:
        InputError: they don't share them.
    """
    kinds = {(item.method, item.target.kind) for item in explanations}
    if len(kinds) != 1:
        raise InputError(
            f"compare: explanations of {len(kinds)} different methods or outputs are mixed; "
            "compare one method at a time"
        )
    return kinds.pop()
