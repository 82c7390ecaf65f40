"""Ticks, names and numbers on the axes of a study's plots."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

DASH = "–"
_LONGEST = 26
_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def log_ticks(values: Iterable[float], unit: str = "") -> tuple[list[float], list[str]]:
    """Places and labels of ticks on a logarithmic axis: 1, 2, 5, 10, … within the values' range.

    Plotly's own leave out the power of ten between its multiples ("2", "5", "100M").

    Args:
        values: what the axis shows; those that are not above 0 are left out.
        unit: `s` writes times; otherwise counts, with k, M and G.
    """
    known = [value for value in values if value > 0 and math.isfinite(value)]
    if not known:
        return [], []
    low, high = math.log10(min(known)), math.log10(max(known))
    steps = (1, 2, 5) if high - low < 2 else (1, 3) if high - low < 4 else (1,)
    powers = range(math.floor(low) - 1, math.ceil(high) + 2)
    every = math.ceil(len(powers) / 10)
    places = [step * 10.0**power for power in powers[::every] for step in steps]
    inside = [place for place in places if low - 0.35 <= math.log10(place) <= high + 0.35]
    return inside, [seconds(place) if unit == "s" else sized(place) for place in inside]


def log_range(values: Iterable[float], margin: float = 0.08) -> tuple[float, float]:
    """Powers of ten at the ends of an axis, with room of `margin` of its length at each end."""
    logs = [math.log10(value) for value in values if value > 0 and math.isfinite(value)]
    if not logs:
        return 0.0, 1.0
    room = max(0.15, margin * (max(logs) - min(logs)))
    return min(logs) - room, max(logs) + room


def sized(number: float) -> str:
    """A count on an axis.

    >>> sized(110e6), sized(2500), sized(7)
    ('110 M', '2.5 k', '7')
    """
    for unit, name in _UNITS:
        if number >= unit:
            return f"{_three(number / unit)} {name}"
    return _three(number)


def _three(number: float) -> str:
    """Three digits, all of those before the point.

    >>> _three(1234.5), _three(12.345)
    ('1234', '12.3')
    """
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def seconds(number: float) -> str:
    """A time on an axis.

    >>> seconds(2.0), seconds(0.02), seconds(5e-5)
    ('2 s', '20 ms', '50 µs')
    """
    for unit, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if number >= unit * 0.999:
            return f"{_three(number / unit)} {name}"
    return f"{number:.3g} s"


def short(name: str, longest: int = _LONGEST) -> str:
    """A name that fits an axis: its middle left out where it is long.

    >>> short("google/bert_uncased_L-2_H-128_A-2")
    'google/bert_u…-2_H-128_A-2'
    """
    if len(name) <= longest:
        return name
    end = (longest - 1) // 2
    return f"{name[: longest - 1 - end]}…{name[len(name) - end :]}"


def number(value: float) -> str:
    """Two decimals; a dash where there is none. Never −0.00.

    >>> number(0.845), number(float("nan")), number(-0.001)
    ('0.84', '–', '0.00')
    """
    if not math.isfinite(value):
        return DASH
    text = f"{value:.2f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def with_interval(row: pd.Series, column: str) -> str:
    """A row's value with its interval in brackets, three decimals; a dash where it is undefined."""
    value, low, high = (float(row[f"{column}{end}"]) for end in ("", "_low", "_high"))
    if math.isnan(value):
        return DASH
    if math.isnan(low) or math.isnan(high):
        return f"{value:.3f}"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def bar_lengths(rows: pd.DataFrame, column: str) -> np.ndarray:
    """`[2, N]` lengths of matplotlib's error bars, down and up; 0 where there is no interval."""
    low = (rows[column] - rows[f"{column}_low"]).to_numpy(dtype=float)
    high = (rows[f"{column}_high"] - rows[column]).to_numpy(dtype=float)
    return np.nan_to_num(np.maximum(np.stack([low, high]), 0.0))
