"""How groups are told apart: by colour and, for print in grey, by symbol and line as well."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from astrid.plots._style import GREY

# Okabe & Ito, Color Universal Design, 2008: told apart with any colour vision. Without their black
# and yellow, which vanish on a dark and on a light page.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_SYMBOLS = (
    ("circle", "o"),
    ("square", "s"),
    ("diamond", "D"),
    ("triangle-up", "^"),
    ("x", "X"),
    ("cross", "P"),
    ("star", "*"),
)
# Numbers of colours and symbols share no divisor: groups of one colour have different symbols.
_LINES = (
    ("solid", "solid"),
    ("dash", (0, (5, 2))),
    ("dot", (0, (1, 1.5))),
    ("dashdot", (0, (5, 2, 1, 2))),
    ("longdash", (0, (9, 3))),
)

NAMED = 12
"""Groups with a look of their own; more can't be told apart."""


@dataclass(frozen=True)
class Look:
    """Of one group.

    Attributes:
        name: in the legend.
        colour: of marks and lines.
        symbol: plotly's name of its mark.
        marker: matplotlib's.
        dash: plotly's name of its line.
        line: matplotlib's.
    """

    name: str
    colour: str
    symbol: str
    marker: str
    dash: str
    line: str | tuple[int, tuple[float, ...]]


def look(number: int, name: str) -> Look:
    """Of group `number`, counted from 0."""
    symbol, marker = _SYMBOLS[number % len(_SYMBOLS)]
    dash, line = _LINES[number % len(_LINES)]
    return Look(name, _COLOURS[number % len(_COLOURS)], symbol, marker, dash, line)


def groups(frame: pd.DataFrame, column: str) -> Iterator[tuple[Look, pd.DataFrame]]:
    """The rows of each group, in the order of the frame; from `NAMED` groups on, the rest as one.

    The last look stands for all groups beyond: grey, named with their number.
    """
    names = list(dict.fromkeys(frame[column].astype(str)))
    own = names if len(names) <= NAMED else names[: NAMED - 1]
    of_rows = frame[column].astype(str)
    for number, name in enumerate(own):
        yield look(number, name), frame[of_rows == name]
    if len(own) < len(names):
        rest = replace(look(len(own), f"{len(names) - len(own)} others"), colour=GREY)
        yield rest, frame[~of_rows.isin(own)]
