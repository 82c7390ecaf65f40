"""Measures of explanations and predictions: one file a measure, found by the file's name.

A measure's file exports

- `TITLE`: what tables and plots call it;
- `KIND`: what it is given, see below;
- `NEEDS`: what must be known beside scores, for example `{"rationale"}`;
- `DIRECTION`: whether a "higher" or a "lower" value is the better one, or "neither";
- `RANGE`: the smallest and the largest value possible;
- `measure(…) -> float`: the value, NaN where it is undefined (the docstring says when). Measures
  of explanations give the value of one text; a text whose value is NaN is counted and left out of
  every mean.

| KIND | `measure` is given |
|---|---|
| `agreement` | scores `[W]` of two explanations over the words of one text |
| `plausibility` | scores `[W]`, and flags `[W]` of the words that are evidence |
| `quality` | right classes `[N]` and probabilities `[N, K]` of the answers to N texts |
"""

from typing import Literal, Protocol, cast

import numpy as np

from astrid import plugins

Kind = Literal["agreement", "plausibility", "quality"]
Direction = Literal["higher", "lower", "neither"]


class Measure(Protocol):
    """What a measure's file exports."""

    TITLE: str
    KIND: Kind
    NEEDS: frozenset[str]
    DIRECTION: Direction
    RANGE: tuple[float, float]

    def measure(self, first: np.ndarray, second: np.ndarray, /) -> float:
        """The value, or NaN where it is undefined."""


def load_measure(name: str) -> Measure:
    """The measure called `name`; InputError with the nearest name where there is none.

    >>> load_measure("cosine").measure(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    1.0
    """
    return cast(Measure, plugins.load("astrid.measures", name))


def measure_names(kind: Kind | None = None) -> list[str]:
    """Names of all measures, or of those of one `kind`, sorted.

    >>> measure_names("agreement")
    ['cosine', 'spearman', 'top_k']
    """
    names = plugins.names("astrid.measures")
    return [name for name in names if kind in (None, load_measure(name).KIND)]
