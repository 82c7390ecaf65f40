"""A frame as a table for people: estimates with their intervals, each number in its unit."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from astrid.report import numbers

ENDS = ("_low", "_high")
"""What follows an estimate's name in the columns of its interval."""


@dataclass(frozen=True)
class Cell:
    """One field: what is shown, its interval (empty: none), and the number it is sorted by."""

    text: str
    small: str = ""
    sort: float | None = None


@dataclass(frozen=True)
class TableView:
    """A table ready to be shown.

    Attributes:
        headings: of the columns.
        is_number: whether each column holds numbers.
        rows: the fields.
        left_out: rows of the frame that are not shown.
    """

    headings: tuple[str, ...]
    is_number: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int


def table_view(
    frame: pd.DataFrame, limit: int = 200, headings: Mapping[str, str] | None = None
) -> TableView:
    """The first `limit` rows; the columns `x_low` and `x_high` become the interval of `x`.

    Args:
        frame: what to show.
        limit: how many rows at most.
        headings: of columns that are not to be called by their names.
    """
    shown = frame.head(limit)
    columns = [str(name) for name in shown.columns if not _is_end(str(name), shown)]
    fields = [_column(shown, name) for name in columns]
    called = headings or {}
    return TableView(
        headings=tuple(called.get(name, name.replace("_", " ")) for name in columns),
        is_number=tuple(_holds_numbers(shown, name) for name in columns),
        rows=tuple(zip(*fields, strict=True)) if columns else (),
        left_out=len(frame) - len(shown),
    )


def _is_end(name: str, frame: pd.DataFrame) -> bool:
    return any(name.endswith(end) and name.removesuffix(end) in frame.columns for end in ENDS)


def _holds_numbers(frame: pd.DataFrame, name: str) -> bool:
    kind = frame[name].dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _column(frame: pd.DataFrame, name: str) -> list[Cell]:
    values = frame[name].tolist()
    if not _holds_numbers(frame, name):
        return [Cell(_word(value)) for value in values]
    written = writer(name)
    ends = [f"{name}{end}" for end in ENDS]
    if not all(end in frame.columns for end in ends):
        return [Cell(written(value), sort=_known(value)) for value in values]
    pairs = zip(*(frame[end].tolist() for end in ends), strict=True)
    return [
        Cell(written(value), _interval(low, high, written), _known(value))
        for value, (low, high) in zip(values, pairs, strict=True)
    ]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return numbers.DASH if value is None or value != value else str(value)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _interval(low: float, high: float, written: Callable[[float], str]) -> str:
    if math.isnan(low) or math.isnan(high):
        return ""
    return f"{written(low)} to {written(high)}"


def writer(column: str) -> Callable[[float], str]:
    """How the numbers of a column are written; NaN is a dash.

    >>> writer("total_params")(14_500_000.0), writer("inference_time")(0.012)
    ('14.5 M', '12.0 ms')
    >>> writer("accuracy_per_param")(6.1e-8), writer("accuracy")(float("nan"))
    ('6.1e-08', '–')
    """
    return lambda value: numbers.DASH if math.isnan(value) else _unit(column)(value)


def _unit(column: str) -> Callable[[float], str]:
    if column.endswith(("params", "parameters")):
        return lambda value: numbers.count(round(value))
    if column == "cost" or column.endswith(("_time", "_cost", "seconds")):
        return numbers.duration
    if column.endswith("bytes"):
        return numbers.size
    if column.startswith("score"):
        return numbers.decimal
    if column == "rank":
        return lambda value: f"{value:g}"
    if column == "compression_ratio":
        return numbers.ratio
    if column.startswith("p_") or column.endswith("p_adjusted"):
        return numbers.p_value
    return numbers.plain
