"""How sure a model is of its answers: summaries of label probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import entropy

from astrid.measures._predictions import answers
from astrid.measures.statistics.bootstrap import CONFIDENCE, SEED, Estimate, mean_with_interval


@dataclass(frozen=True)
class ProbabilitySummary:
    """Of the probabilities of K labels on N texts; confidence is a text's highest one.

    Attributes:
        mean_confidence: in [1 / K, 1].
        mean_confidence_right: over the texts answered right; undefined where there are none.
        mean_confidence_wrong: over the texts answered wrong.
        mean_right_label_probability: what the right label is given, in [0, 1].
        mean_entropy: −Σ p ln p in nats, from 0 to ln K.
        confidence_quantiles: least, lower quarter, median, upper quarter and highest confidence.
        mean_by_label: mean probability of each label.
        share_by_label: share of the texts answered with each label.
    """

    mean_confidence: Estimate
    mean_confidence_right: Estimate
    mean_confidence_wrong: Estimate
    mean_right_label_probability: Estimate
    mean_entropy: Estimate
    confidence_quantiles: tuple[float, float, float, float, float]
    mean_by_label: Mapping[str, float]
    share_by_label: Mapping[str, float]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        names = ("min", "q25", "median", "q75", "max")
        return {
            "mean_confidence": self.mean_confidence.to_dict(),
            "mean_confidence_right": self.mean_confidence_right.to_dict(),
            "mean_confidence_wrong": self.mean_confidence_wrong.to_dict(),
            "mean_right_label_probability": self.mean_right_label_probability.to_dict(),
            "mean_entropy": self.mean_entropy.to_dict(),
            "confidence_quantiles": dict(zip(names, self.confidence_quantiles, strict=True)),
            "mean_by_label": dict(self.mean_by_label),
            "share_by_label": dict(self.share_by_label),
        }


def summarise(
    labels: np.ndarray,
    probabilities: np.ndarray,
    names: Sequence[str],
    seed: int = SEED,
    confidence: float = CONFIDENCE,
) -> ProbabilitySummary:
    """Summarise checked probabilities.

    Args:
        labels: right classes `[N]`, N ≥ 1.
        probabilities: `[N, K]`.
        names: of the K labels.
        seed: of the bootstrap intervals.
        confidence: of the intervals, in (0, 1).

    >>> sure = summarise(np.array([0, 1]), np.array([[0.9, 0.1], [0.7, 0.3]]), ["no", "yes"])
    >>> round(sure.mean_confidence.value, 3), sure.mean_confidence_right.value
    (0.8, 0.9)
    """
    highest, answered = probabilities.max(axis=1), answers(probabilities)
    right = answered == labels

    def mean(values: np.ndarray) -> Estimate:
        return mean_with_interval(values, seed, confidence)

    quantiles = np.quantile(highest, (0, 0.25, 0.5, 0.75, 1)).tolist()
    shares = np.bincount(answered, minlength=len(names)) / len(labels)
    return ProbabilitySummary(
        mean_confidence=mean(highest),
        mean_confidence_right=mean(highest[right]),
        mean_confidence_wrong=mean(highest[~right]),
        mean_right_label_probability=mean(probabilities[np.arange(len(labels)), labels]),
        mean_entropy=mean(entropy(probabilities, axis=1)),
        confidence_quantiles=tuple(quantiles),
        mean_by_label=dict(zip(names, probabilities.mean(axis=0).tolist(), strict=True)),
        share_by_label=dict(zip(names, shares.tolist(), strict=True)),
    )
