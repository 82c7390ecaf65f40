"""What training curves show to be wrong, as it is kept in a model's record."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["overfitting", "underfitting", "no_convergence", "diverging"]


@dataclass(frozen=True)
class Finding:
    """One thing that went wrong in a training.

    Attributes:
        kind: of what went wrong.
        task: which task it is about; None: the whole training.
        message: what went wrong, in one line.
        because: the curves' numbers that show it, in a sentence without a full stop.
        evidence: the same numbers by name: losses in nats, shares of right answers, epochs from 1.
        advice: what to change, the likeliest first; settings by their names.

    >>> found = Finding("overfitting", None, "overfitting", "it rose", {"epoch": 3}, ("stop",))
    >>> Finding.from_dict(found.to_dict()) == found
    True
    >>> found.lines()
    ('overfitting: it rose', 'to change: stop')
    """

    kind: Kind
    task: str | None
    message: str
    because: str
    evidence: Mapping[str, float]
    advice: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "evidence": dict(self.evidence), "advice": list(self.advice)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Finding":
        """What `to_dict` gave."""
        return cls(**{**values, "advice": tuple(values["advice"])})

    def lines(self) -> tuple[str, str]:
        """For people: what went wrong and what shows it, then what to change."""
        return f"{self.message}: {self.because}", f"to change: {'; or '.join(self.advice)}"


def findings_of(record: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What a model's `astrid.json` says of its training; nothing in records from before."""
    return tuple(Finding.from_dict(values) for values in record.get("diagnosis", ()))


def finding(
    kind: Kind,
    task: str | None,
    message: str,
    because: str,
    numbers: Mapping[str, float],
    changes: tuple[str, ...],
) -> Finding:
    """A finding with rounded evidence; epochs are whole numbers."""
    evidence = {
        name: int(value) if name.endswith("epoch") else round(float(value), 6)
        for name, value in numbers.items()
    }
    return Finding(kind, task, message, because, evidence, changes)
