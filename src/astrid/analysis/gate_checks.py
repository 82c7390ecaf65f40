"""What a gate asks of a candidate, decided on the end of each interval and not on its middle."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from astrid.analysis.comparison import ComparisonSettings
from astrid.errors import InputError
from astrid.explain.records import TargetKind
from astrid.measures.statistics.bootstrap import CONFIDENCE, EQUAL, SEED, Estimate
from astrid.measures.statistics.mcnemar import difference_of_shares
from astrid.measures.statistics.power import (
    texts_for_difference,
    texts_for_share,
    texts_for_width,
)
from astrid.spec import Spec

Direction = Literal["at least", "at most"]


class GateSettings(Spec):
    """What is asked of a candidate, and how it is found out.

    Attributes:
        min_accuracy: share of right answers that must be shown; None asks for none.
        min_similarity: mean cosine to the teacher's explanations that must be shown.
        max_drop: most that the accuracy may lie below the teacher's on the same documents.
        method: that explains both models; a name from `astrid methods`.
        params: the method's settings.
        kind: of output: probability, logit or logit_difference, of the class that the teacher
            predicts.
        texts: how many documents are explained; all documents count for accuracy and drop.
        seed: of the draw of documents, of shuffles and of the bootstrap.
        confidence: of the intervals; each has (1 − confidence) / 2 beyond either end.
    """

    min_accuracy: float | None = Field(default=None, ge=0, lt=1)
    min_similarity: float | None = Field(default=None, ge=-1, le=1)
    max_drop: float | None = Field(default=None, ge=0, le=1)
    method: str = "integrated_gradients"
    params: dict[str, Any] = Field(default_factory=dict)
    kind: TargetKind = "probability"
    texts: int = Field(default=50, ge=1)
    seed: int = Field(default=SEED, ge=0)
    confidence: float = Field(default=CONFIDENCE, gt=0, lt=1)

    @model_validator(mode="after")
    def _asks_for_something(self) -> "GateSettings":
        if self.min_accuracy is None and self.min_similarity is None and self.max_drop is None:
            raise InputError(
                "gate: nothing is asked; give at least one of min_accuracy, min_similarity and "
                "max_drop"
            )
        return self

    @property
    def needs_labels(self) -> bool:
        """Whether accuracy or drop is asked for."""
        return self.min_accuracy is not None or self.max_drop is not None

    @property
    def comparing(self) -> ComparisonSettings:
        """How explanations are compared, and what makes the intervals."""
        return ComparisonSettings(seed=self.seed, confidence=self.confidence)


@dataclass(frozen=True, eq=False)
class Measured:
    """All that the decision rests on; N documents, M explained texts.

    Attributes:
        teacher_right: flags `[N]`; empty where nothing was asked that needs labels.
        candidate_right: flags `[N]` of the same documents.
        cosines: `[M]` of both models' explanations of each text; NaN where undefined.
    """

    teacher_right: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))
    candidate_right: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))
    cosines: np.ndarray = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Check:
    """One requirement and whether it is met.

    Attributes:
        name: `accuracy`, `similarity` or `drop`.
        estimate: the figure with its two-sided interval.
        threshold: what was asked.
        direction: `at least`: the lower end decides; `at most`: the upper end does.
        passed: whether that end reaches the threshold.
        reason: why, in one sentence.
    """

    name: str
    estimate: Estimate
    threshold: float
    direction: Direction
    passed: bool
    reason: str

    @property
    def asked(self) -> str:
        """What was asked, for example `accuracy at least 0.85`."""
        return f"{self.name} {self.direction} {self.threshold:g}"

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "name": self.name,
            "estimate": self.estimate.to_dict(),
            "threshold": self.threshold,
            "direction": self.direction,
            "passed": self.passed,
            "reason": self.reason,
        }


def decide_checks(measured: Measured, settings: GateSettings) -> tuple[Check, ...]:
    """One check for each requirement of `settings`, in the order accuracy, similarity, drop.

    Accuracy has Wilson's interval, similarity a BCa bootstrap over texts, and the drop (the
    teacher's accuracy less the candidate's on the same documents) that of Bonett and Price. With
    fewer than two texts, or a similarity that is undefined for most of them, a check fails.

    >>> right = np.arange(400) < 360
    >>> (check,) = decide_checks(
    ...     Measured(right, right), GateSettings(min_accuracy=0.85)
    ... )
    >>> check.passed, check.reason
    (True, 'the lower end, 0.867, reaches 0.85 (400 texts)')
    """
    checks = []
    if settings.min_accuracy is not None:
        checks.append(_accuracy(measured, settings.min_accuracy, settings))
    if settings.min_similarity is not None:
        checks.append(_similarity(measured, settings.min_similarity, settings))
    if settings.max_drop is not None:
        checks.append(_drop(measured, settings.max_drop, settings))
    return tuple(checks)


def _accuracy(measured: Measured, threshold: float, settings: GateSettings) -> Check:
    estimate = settings.comparing.share(measured.candidate_right.tolist())
    return _check(
        ("accuracy", "at least", threshold),
        estimate,
        lambda: texts_for_share(estimate.value, threshold, settings.confidence),
    )


def _similarity(measured: Measured, threshold: float, settings: GateSettings) -> Check:
    estimate = settings.comparing.mean(measured.cosines)

    def needed() -> int:
        width = 2 * (estimate.value - threshold)
        return texts_for_width(measured.cosines, width, settings.confidence)

    return _check(("similarity", "at least", threshold), estimate, needed)


def _drop(measured: Measured, threshold: float, settings: GateSettings) -> Check:
    teacher, candidate = measured.teacher_right, measured.candidate_right
    estimate = paired_drop(teacher, candidate, settings.confidence)

    def needed() -> int:
        ahead, behind = (teacher & ~candidate).mean(), (candidate & ~teacher).mean()
        return texts_for_difference(ahead, behind, threshold, settings.confidence)

    return _check(("drop", "at most", threshold), estimate, needed)


def paired_drop(teacher: np.ndarray, candidate: np.ndarray, confidence: float) -> Estimate:
    """The teacher's accuracy less the candidate's, with the interval of Bonett and Price.

    Args:
        teacher: flags `[N]`, whether the teacher has each document right.
        candidate: flags `[N]` of the candidate, on the same documents.
        confidence: of the interval, in (0, 1).
    """
    low, high = difference_of_shares(teacher, candidate, confidence)
    texts = len(teacher)
    value = float(teacher.mean() - candidate.mean()) if texts else float("nan")
    return Estimate(value, low, high, texts, 0)


def _check(
    asked: tuple[str, Direction, float], estimate: Estimate, needed: Callable[[], int]
) -> Check:
    """`needed` says how many texts would decide it, where the middle passes and the end not."""
    name, direction, threshold = asked
    end = estimate.low if direction == "at least" else estimate.high
    reason = _no_interval(estimate)
    passed = not reason and _reaches(end, threshold, direction)
    reason = reason or f"{_reason(estimate, threshold, direction, needed)} ({estimate.n} texts)"
    return Check(name, estimate, threshold, direction, passed, reason)


def _reason(
    estimate: Estimate, threshold: float, direction: Direction, needed: Callable[[], int]
) -> str:
    """What the interval says about the threshold."""
    if direction == "at least":
        end, far, which, reaches, beyond = estimate.low, estimate.high, "lower", "reaches", "below"
    else:
        end, far, which, reaches, beyond = estimate.high, estimate.low, "upper", "keeps to", "above"
    end_is = f"the {which} end, {_apart(end, threshold)},"
    if _reaches(end, threshold, direction):
        return f"{end_is} {reaches} {threshold:g}"
    if _reaches(estimate.value, threshold, direction):
        return (
            f"the middle, {_apart(estimate.value, threshold)}, {reaches} {threshold:g}, but "
            f"{end_is} does not; {_hint(needed)}"
        )
    if _reaches(far, threshold, direction):
        return f"neither the middle nor {end_is} {reaches} {threshold:g}"
    return f"the whole interval lies {beyond} {threshold:g}"


def _reaches(number: float, threshold: float, direction: Direction) -> bool:
    """Whether it is on the right side of the threshold; rounding alone never decides."""
    ahead = number - threshold if direction == "at least" else threshold - number
    return ahead >= -EQUAL


def _no_interval(estimate: Estimate) -> str:
    """Why the figure can't decide anything; empty where it can."""
    if not estimate.defined:
        return "the figure is undefined: there is no text that has one"
    if estimate.n < 2 or not estimate.has_interval:
        return f"{estimate.n} text gives no interval; give more"
    if estimate.undefined > estimate.n:
        texts = estimate.n + estimate.undefined
        return (
            f"the figure is undefined for {estimate.undefined} of {texts} texts; the others "
            "can't speak for them"
        )
    return ""


def _hint(needed: Callable[[], int]) -> str:
    try:
        texts = needed()
    except InputError:
        return "more texts would hardly change that"
    return f"it takes about {texts:,} texts if the middle stays where it is"


def _apart(number: float, threshold: float) -> str:
    """With three decimals, or as many as tell it from the threshold.

    >>> _apart(0.8612, 0.85), _apart(0.84999, 0.85)
    ('0.861', '0.84999')
    """
    digits = 3
    apart = abs(number - threshold) > EQUAL
    while apart and digits < 12 and round(number, digits) == round(threshold, digits):
        digits += 1
    return f"{number:.{digits}f}"
