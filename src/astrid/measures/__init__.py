"""Measures of explanations and predictions: one file a measure, found by the file's name.

A measure's file exports

- `TITLE`: what tables and plots call it;
- `KIND`: what it is given, see below;
- `NEEDS`: what must be known beside scores: `{"rationale"}`, or what the model must answer;
- `DIRECTION`: whether a "higher" or a "lower" value is the better one, or "neither";
- `RANGE`: the smallest and the largest value possible;
- `measure(…) -> float`: the value, NaN where it is undefined (the docstring says when). Measures
  of explanations give the value of one text; a text whose value is NaN is counted and left out of
  every mean.

| KIND | `measure` is given |
|---|---|
| `agreement` | scores `[W]` of two explanations over the words of one text |
| `plausibility` | scores `[W]`, and flags `[W]` of the words that are evidence |
| `sparsity` | scores `[W]` |
| `faithfulness` | an `Explained` text; it is a generator that asks the engine for rows |
| `sensitivity` | scores `[W]`, and those of the text moved a little, `[D, W]` |
| `quality` | right classes `[N]` and probabilities `[N, K]` of a whole corpus |
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol, cast

from astrid import plugins

Kind = Literal["agreement", "plausibility", "sparsity", "faithfulness", "sensitivity", "quality"]
Direction = Literal["higher", "lower", "neither"]


class Measure(Protocol):
    """What a measure's file exports."""

    TITLE: str
    KIND: Kind
    NEEDS: frozenset[str]
    DIRECTION: Direction
    RANGE: tuple[float, float]

    measure: Callable[..., Any]


def load_measure(name: str) -> Measure:
    """The measure called `name`; InputError with the nearest name where there is none.

    >>> import numpy as np
    >>> load_measure("cosine").measure(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    1.0
    """
    return cast(Measure, plugins.load("astrid.measures", name))


def measure_names(kind: Kind | None = None) -> list[str]:
    """Names of all measures, or of those of one `kind`, sorted.

    >>> measure_names("plausibility")[0]
    'auprc'
    """
    names = plugins.names("astrid.measures")
    return [name for name in names if kind in (None, load_measure(name).KIND)]
