"""One text of the comparison, as a row for one's own tests; it holds no words."""

from collections.abc import Mapping
from dataclasses import dataclass

from astrid.measures.statistics.bootstrap import plain_number

_SIZE = "mean_absolute_importance"


@dataclass(frozen=True)
class ModelExample:
    """What one model's explanation of a text is like.

    Attributes:
        answer: the label that the model gives the text.
        target_value: the explained output.
        truncated: whether the model saw only the text's beginning.
        completeness_gap: how far the scores miss what they must add up to; None: no such promise.
        sizes: value of each measure of the scores; NaN where undefined.
    """

    answer: str
    target_value: float
    truncated: bool
    completeness_gap: float | None
    sizes: Mapping[str, float]

    def to_dict(self) -> dict[str, object]:
        return {
            "answer": self.answer,
            "target_value": plain_number(self.target_value),
            "truncated": self.truncated,
            "completeness_gap": plain_number(self.completeness_gap),
            **{name: plain_number(value) for name, value in self.sizes.items()},
        }


@dataclass(frozen=True)
class Example:
    """One text, before and after.

    Attributes:
        number: of the text, from 0.
        words: that at least one model saw.
        target: the label whose output was explained of both.
        zero_shot: before fine-tuning.
        fine_tuned: after it.
        agreement: value of each measure of agreement; NaN where undefined.
    """

    number: int
    words: int
    target: str
    zero_shot: ModelExample
    fine_tuned: ModelExample
    agreement: Mapping[str, float]

    @property
    def difference(self) -> float:
        """Mean absolute importance, fine-tuned − zero-shot."""
        return self.fine_tuned.sizes[_SIZE] - self.zero_shot.sizes[_SIZE]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "number": self.number,
            "words": self.words,
            "target": self.target,
            "zero_shot": self.zero_shot.to_dict(),
            "fine_tuned": self.fine_tuned.to_dict(),
            "mean_absolute_importance_difference": plain_number(self.difference),
            **{name: plain_number(value) for name, value in self.agreement.items()},
        }
