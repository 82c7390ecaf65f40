"""How sure a model is of its answers, and how often it is right when it is that sure."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from astrid.measures._predictions import answers, checked_predictions
from astrid.measures.calibration_error import BINS, bins, edges
from astrid.measures.statistics.bootstrap import (
    CONFIDENCE,
    Estimate,
    plain_number,
    share_with_interval,
)


@dataclass(frozen=True)
class ConfidenceCounts:
    """Texts by the confidence of their answers, the right and the wrong ones apart.

    Attributes:
        edges: ends of the bins, 16 from 0 to 1; a bin holds its upper end.
        right: right answers in each of the 15 bins.
        wrong: wrong answers in each.
    """

    edges: tuple[float, ...]
    right: tuple[int, ...]
    wrong: tuple[int, ...]

    def to_dict(self) -> dict[str, list[float] | list[int]]:
        return {name: list(values) for name, values in asdict(self).items()}


@dataclass(frozen=True)
class ReliabilityBin:
    """The answers whose confidence lies in (low, high].

    Attributes:
        low: lower end of the bin.
        high: upper end of the bin.
        n: answers in it.
        confidence: their mean confidence; NaN where there are none.
        accuracy: share of right ones among them, with Wilson's interval.
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: Estimate

    def to_dict(self) -> dict[str, object]:
        return {
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "confidence": plain_number(self.confidence),
            "accuracy": self.accuracy.to_dict(),
        }


def confidence_counts(labels: np.ndarray, probabilities: np.ndarray) -> ConfidenceCounts:
    """Right and wrong answers by confidence, the highest probability.

    Args:
        labels: right classes `[N]`.
        probabilities: `[N, K]`, in [0, 1], each row with the sum 1.

    >>> counts = confidence_counts(np.array([0, 0]), np.array([[0.9, 0.1], [0.4, 0.6]]))
    >>> counts.right.index(1), counts.wrong.index(1)
    (13, 8)
    """
    labels, probabilities = checked_predictions(labels, probabilities)
    right = answers(probabilities) == labels
    places = bins(probabilities.max(axis=1))
    return ConfidenceCounts(
        edges=tuple(edges().tolist()),
        right=tuple(np.bincount(places[right], minlength=BINS).tolist()),
        wrong=tuple(np.bincount(places[~right], minlength=BINS).tolist()),
    )


def reliability_table(
    labels: np.ndarray, probabilities: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[ReliabilityBin, ...]:
    """Accuracy against confidence in the 15 bins of the calibration error, empty ones too.

    The mean of |accuracy − confidence| over the bins, weighted by n, is the measure
    `calibration_error`.

    Args:
        labels: right classes `[N]`.
        probabilities: `[N, K]`, in [0, 1], each row with the sum 1.
        confidence: of the intervals, in (0, 1).
    """
    labels, probabilities = checked_predictions(labels, probabilities)
    right, sure = answers(probabilities) == labels, probabilities.max(axis=1)
    places, ends = bins(sure), edges()
    table = []
    for number in range(BINS):
        inside = places == number
        table.append(
            ReliabilityBin(
                low=float(ends[number]),
                high=float(ends[number + 1]),
                n=int(inside.sum()),
                confidence=float(sure[inside].mean()) if inside.any() else float("nan"),
                accuracy=share_with_interval([bool(flag) for flag in right[inside]], confidence),
            )
        )
    return tuple(table)


def reliability_frame(table: tuple[ReliabilityBin, ...], counts: ConfidenceCounts) -> pd.DataFrame:
    """One row a bin, as the plot `reliability` reads it."""
    return pd.DataFrame(
        {
            "low": [row.low for row in table],
            "high": [row.high for row in table],
            "n": [row.n for row in table],
            "confidence": [row.confidence for row in table],
            "accuracy": [row.accuracy.value for row in table],
            "accuracy_low": [row.accuracy.low for row in table],
            "accuracy_high": [row.accuracy.high for row in table],
            "right": counts.right,
            "wrong": counts.wrong,
        }
    )
