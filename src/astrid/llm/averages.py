"""Averages over the classes weighted by their texts, and each class's F1, with intervals.

    weighted average = Σₖ nₖ · valueₖ / Σₖ nₖ,   nₖ the texts of class k

Source: `sklearn.metrics.precision_recall_fscore_support` with `average="weighted"`,
`zero_division=0`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Literal

import numpy as np

from astrid.measures._predictions import confusions, ratio
from astrid.measures.statistics import resample
from astrid.measures.statistics.quality import QualityEstimate, QualitySettings

Part = Literal["precision", "f1"]


def weighted_averages(
    labels: np.ndarray, probabilities: np.ndarray, settings: QualitySettings
) -> dict[str, QualityEstimate]:
    """`precision_weighted` and `f1_weighted`, with bootstrap intervals over texts.

    The weighted average of recall is the accuracy, and so is left out.

    Args:
        labels: right classes `[N]`, N ≥ 1.
        probabilities: `[N, K]`.
        settings: of the intervals.

    >>> right = np.eye(2)[[0, 1, 1, 0]]
    >>> found = weighted_averages(np.array([0, 1, 1, 0]), right, QualitySettings())
    >>> found["f1_weighted"].value
    1.0
    """
    parts: tuple[Part, ...] = ("precision", "f1")
    statistics = {
        f"{part}_weighted": partial(_weighted, part, labels, probabilities) for part in parts
    }
    return _with_intervals(statistics, len(labels), settings)


def f1_of_classes(
    labels: np.ndarray, probabilities: np.ndarray, settings: QualitySettings
) -> list[QualityEstimate]:
    """F1 of each of K classes with its bootstrap interval; 0 where it has no right answer.

    Args:
        labels: right classes `[N]`, N ≥ 1.
        probabilities: `[N, K]`.
        settings: of the intervals.

    >>> always_no = np.array([[1.0, 0.0]] * 3)
    >>> found = f1_of_classes(np.array([0, 0, 1]), always_no, QualitySettings())
    >>> [round(f1.value, 3) for f1 in found]
    [0.8, 0.0]
    """
    statistics = {
        str(number): partial(_of_class, number, labels, probabilities)
        for number in range(probabilities.shape[1])
    }
    return list(_with_intervals(statistics, len(labels), settings).values())


def _by_class(
    part: Part, labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Value and texts `[R, K]` of each class in R resamples."""
    confusion = confusions(labels, probabilities, weights)
    right = confusion.diagonal(axis1=1, axis2=2)
    answered, support = confusion.sum(axis=1), confusion.sum(axis=2)
    if part == "precision":
        return ratio(right, answered, 0.0), support
    return ratio(2 * right, answered + support, 0.0), support


def _weighted(
    part: Part, labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    values, support = _by_class(part, labels, probabilities, weights)
    return (values * support).sum(axis=1) / support.sum(axis=1)


def _of_class(
    number: int, labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    return _by_class("f1", labels, probabilities, weights)[0][:, number]


def _with_intervals(
    statistics: Mapping[str, resample.Statistic], texts: int, settings: QualitySettings
) -> dict[str, QualityEstimate]:
    values = {name: float(found(np.ones((1, texts)))[0]) for name, found in statistics.items()}
    if texts < 2:
        return {
            name: QualityEstimate(value, float("nan"), float("nan"), texts, 0)
            for name, value in values.items()
        }
    many = resample.resampled(statistics, texts, settings.resamples, settings.seed)
    # Left-out groups are only needed for the acceleration.
    fewer = resample.left_out(statistics, texts) if settings.interval == "bca" else {}
    return {
        name: _estimate(value, many[name], fewer.get(name), texts, settings.confidence)
        for name, value in values.items()
    }


def _estimate(
    value: float, many: np.ndarray, fewer: np.ndarray | None, texts: int, confidence: float
) -> QualityEstimate:
    if fewer is None:
        low, high = resample.percentile_interval(many, confidence)
    else:
        low, high = resample.bca_interval(value, many, fewer, confidence)
    # An interval that leaves its own value out would only puzzle.
    return QualityEstimate(value, min(low, value), max(high, value), texts, 0)
