"""What an answer to one of a study's questions is: a sentence, and the numbers that decide it."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from astrid.measures.statistics.bootstrap import Estimate, plain_number

Verdict = Literal["yes", "no", "not shown"]
"""`not shown`: the numbers don't decide."""

LEVEL = 0.05
"""A test with a lower p-value (after Holm's correction) decides."""


@dataclass(frozen=True)
class Finding:
    """One tested statement.

    Attributes:
        name: what is compared, `tinybert + mlp minus bert-base + linear: accuracy`.
        estimate: the number with its interval.
        unit: of the number: `accuracy`, `cosine`, `accuracy a tenfold of parameters`, …
        p_value: of the test, in [0, 1]; None where there is none.
        p_adjusted: after Holm's correction over the question's tests; None where there is none.
        test: how it was made: `McNemar's exact test, 400 texts`.
    """

    name: str
    estimate: Estimate
    unit: str
    p_value: float | None
    p_adjusted: float | None
    test: str

    @property
    def shown(self) -> bool:
        """Whether the corrected test, where there is one, finds a difference."""
        return self.p_adjusted is not None and self.p_adjusted < LEVEL

    @property
    def above(self) -> bool:
        """Whether it is shown to be above 0."""
        return self.shown and self.estimate.value > 0

    @property
    def below(self) -> bool:
        """Whether it is shown to be below 0."""
        return self.shown and self.estimate.value < 0

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "name": self.name,
            "estimate": self.estimate.to_dict(),
            "unit": self.unit,
            "p_value": plain_number(self.p_value),
            "p_adjusted": plain_number(self.p_adjusted),
            "test": self.test,
        }


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer to one question.

    Attributes:
        number: of the question, 1 to 5.
        question: as a reader would ask it.
        verdict: what the numbers decide.
        sentence: the answer in one or two sentences.
        headline: the number that stands beside the sentence; None where it can't be computed.
        findings: all that was tested.
        table: what a reader looks up; an estimate is three columns, `x`, `x_low` and `x_high`.
        plot: name of the plot that shows the answer.
        notes: what limits the answer.
    """

    number: int
    question: str
    verdict: Verdict
    sentence: str
    headline: Finding | None
    findings: tuple[Finding, ...]
    table: pd.DataFrame
    plot: str
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "number": self.number,
            "question": self.question,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "headline": self.headline.to_dict() if self.headline else None,
            "findings": [finding.to_dict() for finding in self.findings],
            "table": plain_rows(self.table),
            "plot": self.plot,
            "notes": list(self.notes),
        }


def plain_rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """A frame's rows for JSON: NaN and infinities become None, numpy's numbers Python's.

    >>> plain_rows(pd.DataFrame({"a": [1.0, float("nan")], "b": ["x", "y"]}))
    [{'a': 1.0, 'b': 'x'}, {'a': None, 'b': 'y'}]
    """
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]


def _plain(value: object) -> object:
    return plain_number(value) if isinstance(value, float) else value
