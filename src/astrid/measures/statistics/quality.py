"""How good predictions are, with intervals over texts, and which of two models' are better."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from pydantic import Field

from astrid.errors import InputError
from astrid.measures import Measure, load_measure, measure_names
from astrid.measures._predictions import answers, checked_predictions
from astrid.measures.statistics import resample
from astrid.measures.statistics.bootstrap import CONFIDENCE, SEED, Estimate, share_with_interval
from astrid.measures.statistics.mcnemar import McNemar, difference_of_shares, mcnemar
from astrid.spec import Spec

ACCURACY = "accuracy"
"""The one measure that is a share of texts: its intervals need no resampling."""


class QualitySettings(Spec):
    """How the intervals are made.

    Attributes:
        seed: of the resampling; the same seed gives the same intervals.
        resamples: how many times the texts are drawn again.
        confidence: of the intervals.
        interval: `bca` (bias-corrected and accelerated) or `percentile`.
    """

    seed: int = Field(default=SEED, ge=0)
    resamples: int = Field(default=1000, ge=100)
    confidence: float = Field(default=CONFIDENCE, gt=0, lt=1)
    interval: Literal["bca", "percentile"] = "bca"


@dataclass(frozen=True)
class QualityEstimate(Estimate):
    """A measure of all texts together, with its interval.

    Attributes:
        undefined_resamples: resamples left out of the interval, because the measure is undefined
            for them, for example where all of their texts are of one class.
    """

    undefined_resamples: int = 0

    def to_dict(self) -> dict[str, float | int | None]:
        return {**super().to_dict(), "undefined_resamples": self.undefined_resamples}


@dataclass(frozen=True)
class QualityComparison:
    """The predictions of two models on the same texts.

    Attributes:
        differences: first − second by measure, with paired intervals.
        mcnemar: whether one is right more often than the other.
    """

    differences: Mapping[str, QualityEstimate]
    mcnemar: McNemar

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "differences": {name: found.to_dict() for name, found in self.differences.items()},
            "mcnemar": self.mcnemar.to_dict(),
        }


@dataclass(frozen=True)
class _Asked:
    """A value with the statistic behind it; `biased` and `range` as in a measure's file."""

    value: float
    statistic: resample.Statistic
    biased: bool
    range: tuple[float, float]


def quality_with_intervals(
    labels: np.ndarray,
    probabilities: np.ndarray,
    names: Sequence[str] | None = None,
    settings: QualitySettings | None = None,
) -> dict[str, QualityEstimate]:
    """Each measure of the predictions, with a bootstrap interval over texts.

    All measures are taken on the same resamples; accuracy has Wilson's interval
    instead. An interval of no width says that all resamples of these texts agree, not that all
    texts would; fewer than two texts give none.

    `calibration_error` is biased upwards, and its resamples once more: its interval is the
    percentile interval reflected at the value, cut off at 0. In simulations of 100 to 1,000 texts
    95 % intervals held the true error in 86 to 94 % of cases, but in only 59 to 68 % where the
    model was perfectly calibrated (the percentile interval: 0 to 86 %, and 0 %).

    Args:
        labels: right classes `[N]`.
        probabilities: `[N, K]`, in [0, 1], each row with the sum 1.
        names: measures of kind "quality"; all of them by default.
        settings: defaults as in `QualitySettings`.

    Raises:
        InputError: an unknown name, or predictions that are none.

    >>> right = np.eye(2)[[0, 1, 1, 0]]
    >>> print(quality_with_intervals(np.array([0, 1, 1, 0]), right, ["accuracy"])["accuracy"])
    1.000 [0.510, 1.000]
    """
    settings = settings or QualitySettings()
    labels, probabilities = checked_predictions(labels, probabilities)
    measures = _measures(names)
    asked = {
        name: _Asked(
            one.measure(labels, probabilities),
            partial(_on_resamples, one, labels, probabilities),
            getattr(one, "BIASED", False),
            one.RANGE,
        )
        for name, one in measures.items()
    }
    found = _with_intervals(asked, len(labels), settings)
    if ACCURACY in found:
        right = [bool(flag) for flag in answers(probabilities) == labels]
        found[ACCURACY] = QualityEstimate(**vars(share_with_interval(right, settings.confidence)))
    return found


def compare_quality(
    labels: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    names: Sequence[str] | None = None,
    settings: QualitySettings | None = None,
) -> QualityComparison:
    """First − second of each measure on the same texts, with paired bootstrap intervals.

    A resample draws a text with both models' answers to it. The accuracies have Bonett and Price's
    interval instead, and whether they differ is tested exactly, by McNemar's test: of several pairs
    of models that needs a correction. Intervals
    of `calibration_error` are narrow: 95 % ones held the true difference in 77 to 94 % of simulated
    cases with 100 and 400 texts.

    Args:
        labels: right classes `[N]`.
        first: probabilities `[N, K]` of one model.
        second: of another one.
        names: measures of kind "quality"; all of them by default.
        settings: defaults as in `QualitySettings`.

    Raises:
        InputError: an unknown name, predictions that are none, or other texts or classes.
    """
    settings = settings or QualitySettings()
    labels, first = checked_predictions(labels, first)
    _, second = checked_predictions(labels, second)
    if first.shape != second.shape:
        raise InputError(
            f"compare: {first.shape[1]} classes against {second.shape[1]}; both models must choose "
            "between the same classes"
        )
    measures = _measures(names)
    asked = {
        name: _Asked(
            one.measure(labels, first) - one.measure(labels, second),
            partial(_difference, one, labels, first, second),
            getattr(one, "BIASED", False),
            (one.RANGE[0] - one.RANGE[1], one.RANGE[1] - one.RANGE[0]),
        )
        for name, one in measures.items()
    }
    differences = _with_intervals(asked, len(labels), settings)
    right = [answers(probabilities) == labels for probabilities in (first, second)]
    if ACCURACY in differences:
        low, high = difference_of_shares(right[0], right[1], settings.confidence)
        differences[ACCURACY] = replace(
            differences[ACCURACY], low=low, high=high, undefined_resamples=0
        )
    return QualityComparison(differences, mcnemar(*right))


def _measures(names: Sequence[str] | None) -> dict[str, Measure]:
    known = measure_names("quality")
    for name in names or ():
        if load_measure(name).KIND != "quality":
            raise InputError(
                f'quality: "{name}" is no measure of predictions; these are: {", ".join(known)}'
            )
    return {name: load_measure(name) for name in (known if names is None else names)}


def _on_resamples(
    measure: Measure, labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """The measure on each resample `[R]`: at once where its file can, else one after the other."""
    at_once = getattr(measure, "weighted", None)
    if at_once is not None:
        return np.asarray(at_once(labels, probabilities, weights))
    counts = weights.astype(int)
    places = (np.repeat(np.arange(len(labels)), row) for row in counts)
    return np.array([measure.measure(labels[chosen], probabilities[chosen]) for chosen in places])


def _difference(
    measure: Measure,
    labels: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    values = [_on_resamples(measure, labels, model, weights) for model in (first, second)]
    return values[0] - values[1]


def _with_intervals(
    asked: Mapping[str, _Asked], texts: int, settings: QualitySettings
) -> dict[str, QualityEstimate]:
    """An estimate of each value; without an interval where it is undefined, or of one text."""
    statistics = {
        name: one.statistic
        for name, one in asked.items()
        if texts > 1 and not math.isnan(one.value)
    }
    many = resample.resampled(statistics, texts, settings.resamples, settings.seed)
    # Left-out groups are only needed for the acceleration.
    fewer = resample.left_out(statistics, texts) if settings.interval == "bca" else {}
    return {
        name: _estimate(one, texts, many.get(name), fewer.get(name), settings.confidence)
        for name, one in asked.items()
    }


def _estimate(
    asked: _Asked,
    texts: int,
    many: np.ndarray | None,
    fewer: np.ndarray | None,
    confidence: float,
) -> QualityEstimate:
    value = asked.value
    known = 0 if math.isnan(value) else texts
    if many is None:
        return QualityEstimate(value, math.nan, math.nan, known, texts - known)
    if asked.biased:
        ends = resample.reflected_interval(value, many, confidence)
    elif fewer is not None:
        ends = resample.bca_interval(value, many, fewer, confidence)
    else:
        ends = resample.percentile_interval(many, confidence)
    low, high = np.clip(ends, *asked.range)
    lost = int(np.isnan(many).sum())
    # An interval that leaves its own value out would only puzzle.
    return QualityEstimate(
        value, float(np.minimum(low, value)), float(np.maximum(high, value)), known, 0, lost
    )
