"""Is a model better than one that always gives the most frequent label?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from astrid.measures.statistics.bootstrap import CONFIDENCE, Estimate, plain_number
from astrid.measures.statistics.mcnemar import difference_of_shares, mcnemar


@dataclass(frozen=True)
class Baseline:
    """What needs no model, and how far the model is from it on the same texts.

    Attributes:
        chance: accuracy of guessing among K labels, 1 / K.
        majority_label: the most frequent label of these texts, the first of several.
        majority_accuracy: accuracy of always answering it.
        difference: accuracy of the model − `majority_accuracy`, in [−1, 1].
        low: lower end of its paired interval (Bonett & Price).
        high: upper end.
        p_value: of McNemar's exact test, two-sided.
    """

    chance: float
    majority_label: str
    majority_accuracy: float
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def sentence(self) -> str:
        """What the interval decides, in words."""
        than = f"always answering {self.majority_label!r} ({self.majority_accuracy:.3f})"
        by = f"the difference is {self.difference:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"
        if self.low > 0:
            return f"More accurate than {than}: {by}."
        if self.high < 0:
            return f"Less accurate than {than}: {by}."
        return f"Not told apart from {than}: {by}."

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        numbers = {
            name: plain_number(value) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }
        return {**numbers, "sentence": self.sentence}


def against_chance(accuracy: Estimate, labels: int) -> str:
    """Whether the accuracy's interval holds 1 / `labels`, in words.

    >>> against_chance(Estimate(0.3, 0.25, 0.36, 300, 0), 3)
    'Not told apart from guessing among 3 labels (0.333): accuracy is 0.300 [0.250, 0.360].'
    """
    than = f"guessing among {labels} labels ({1 / labels:.3f})"
    found = f"accuracy is {accuracy.value:.3f} [{accuracy.low:.3f}, {accuracy.high:.3f}]"
    if accuracy.low > 1 / labels:
        return f"More accurate than {than}: {found}."
    if accuracy.high < 1 / labels:
        return f"Less accurate than {than}: {found}."
    return f"Not told apart from {than}: {found}."


def against_majority(
    labels: np.ndarray,
    answers: np.ndarray,
    names: Sequence[str],
    confidence: float = CONFIDENCE,
) -> Baseline:
    """Compare answers with the most frequent label's.

    Args:
        labels: right classes `[N]`, N ≥ 1.
        answers: of the model `[N]`.
        names: of the K labels.
        confidence: of the interval, in (0, 1).

    >>> labels = np.array([0, 0, 0, 1])
    >>> against_majority(labels, labels, ["no", "yes"]).difference
    0.25
    """
    majority = int(np.bincount(labels, minlength=len(names)).argmax())
    right, by_majority = answers == labels, labels == majority
    low, high = difference_of_shares(right, by_majority, confidence)
    return Baseline(
        chance=1 / len(names),
        majority_label=names[majority],
        majority_accuracy=float(by_majority.mean()),
        difference=float(right.mean() - by_majority.mean()),
        low=low,
        high=high,
        p_value=mcnemar(right, by_majority).p_value,
    )
