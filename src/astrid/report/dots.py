"""Places of the marks in the similarity plot, in per cent of its width."""

import math
from dataclasses import dataclass

from astrid.analysis.family import FamilyComparison
from astrid.measures.statistics.bootstrap import Estimate

_MARGIN = 3.0


@dataclass(frozen=True)
class Mark:
    """An estimate on the axis, in per cent from the left; low and high None without interval."""

    name: str
    at: float | None
    low: float | None
    high: float | None
    estimate: Estimate


@dataclass(frozen=True)
class DotPlot:
    """All marks of the plot.

    Attributes:
        students: one mark each.
        lines: chance and, where known, the ceiling.
        threshold: where the decision rule draws its line.
        ticks: place and label of each tick of the axis.
    """

    students: tuple[Mark, ...]
    lines: tuple[Mark, ...]
    threshold: float
    ticks: tuple[tuple[float, str], ...]


def dot_plot(family: FamilyComparison) -> DotPlot:
    """The plot on an axis from 0, or the lowest end below it, to 1."""
    named = [(row.name, row.comparison.similarity) for row in family.rows if row.comparison]
    lines = [("chance", family.chance)]
    lines += [("ceiling", family.ceiling)] if family.ceiling else []
    ends = [end for _, it in named + lines for end in (it.value, it.low) if not math.isnan(end)]
    minimum = family.decision.rule.min_similarity
    left = math.floor(min(0.0, minimum, *ends) * 5) / 5
    return DotPlot(
        students=tuple(_mark(name, estimate, left) for name, estimate in named),
        lines=tuple(_mark(name, estimate, left) for name, estimate in lines),
        threshold=_place(minimum, left),
        ticks=tuple(
            (_place(tick / 5, left), f"{tick / 5:.1f}") for tick in range(round(left * 5), 6)
        ),
    )


def _mark(name: str, estimate: Estimate, left: float) -> Mark:
    low, high = (
        (_place(estimate.low, left), _place(estimate.high, left))
        if estimate.has_interval
        else (None, None)
    )
    at = _place(estimate.value, left) if estimate.defined else None
    return Mark(name, at, low, high, estimate)


def _place(value: float, left: float) -> float:
    return round(_MARGIN + (100 - 2 * _MARGIN) * (value - left) / (1 - left), 3)
