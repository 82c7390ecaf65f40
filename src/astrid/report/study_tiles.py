"""The chosen model in four figures: accuracy, similarity, size and speed."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from astrid.measures.statistics.bootstrap import Estimate, mean_with_interval
from astrid.measures.statistics.mcnemar import difference_of_shares
from astrid.report import numbers
from astrid.report.frame_table import writer
from astrid.study.records import StudyRecords

Row = Mapping[Hashable, Any]
"""A record, by column."""


@dataclass(frozen=True)
class Mark:
    """A value to compare with, and its place in per cent of the scale."""

    name: str
    value: float
    at: float


@dataclass(frozen=True)
class Scale:
    """An estimate on a line; places in per cent of its length, low and high None if unknown."""

    ends: tuple[float, float]
    at: float
    low: float | None
    high: float | None
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Tile:
    """One figure, its interval, its place on a scale, and what to compare it with."""

    label: str
    value: str
    interval: str
    scale: Scale | None
    note: str


def tiles(records: StudyRecords, row: Row) -> tuple[Tile, ...]:
    """The four figures of one model.

    Args:
        records: of the study.
        row: the model's record of the reference's method.
    """
    teacher = _reference_row(records)
    is_reference = teacher is not None and all(
        row[name] == teacher[name] for name in records.model_columns
    )
    return (
        _accuracy(row, None if is_reference else teacher),
        _similarity(records, row, is_reference),
        _size(row),
        _speed(row, None if is_reference else teacher),
    )


def _reference_row(records: StudyRecords) -> Row | None:
    frame, it = records.of_method(), records.reference
    found = frame[
        (frame["encoder"] == it.encoder)
        & (frame["classifier"] == it.classifier)
        & (frame["seed"] == it.seed)
    ]
    if records.compresses:
        found = found[found["compression"] == it.compression]
    return None if found.empty else found.iloc[0].to_dict()


def _accuracy(row: Row, teacher: Row | None) -> Tile:
    estimate = _estimate(row, "accuracy")
    known = teacher is not None and not math.isnan(teacher["accuracy"])
    marks = {"reference": float(teacher["accuracy"])} if teacher is not None and known else {}
    note = f"reference {_with_interval(teacher, 'accuracy')}" if teacher is not None else ""
    return Tile(
        "accuracy",
        numbers.decimal(estimate.value),
        _interval(row, "accuracy"),
        _scale(estimate, marks, 0.0),
        note,
    )


def _similarity(records: StudyRecords, row: Row, is_reference: bool) -> Tile:
    label = "similarity to the reference"
    if is_reference:
        return Tile(label, "1", "it is the reference itself", None, "")
    estimate = _estimate(row, "attribution_similarity")
    chance, ceiling = chance_of(records, row), ceiling_of(records)
    marks = {
        name: line.value
        for name, line in (("chance", chance), ("ceiling", ceiling))
        if line.defined
    }
    known = str(ceiling) if ceiling.defined else "not known: the reference was trained once"
    return Tile(
        label,
        numbers.decimal(estimate.value),
        _interval(row, "attribution_similarity"),
        _scale(estimate, marks, min(0.0, *marks.values()) if marks else 0.0),
        f"chance {chance}; ceiling {known}",
    )


def chance_of(records: StudyRecords, row: Row) -> Estimate:
    """Mean cosine of the model's shuffled scores with the reference's."""
    frame = records.similarities
    if frame.empty:
        return mean_with_interval([])
    here = frame["interpretability"] == records.reference.interpretability
    for name in records.model_columns:
        here &= frame[name] == row[name]
    return mean_with_interval(frame.loc[here, "chance"].to_numpy(dtype=float))


def ceiling_of(records: StudyRecords) -> Estimate:
    """Mean cosine of the reference's model trained again; undefined where it was not."""
    frame = records.ceiling
    values = frame["similarity"].to_numpy(dtype=float) if len(frame) else np.array([])
    return mean_with_interval(values)


def change_of_accuracy(records: StudyRecords, row: Row) -> Estimate | None:
    """The model's accuracy less the reference's, on the documents that both answered.

    None for the reference itself, and where they have no document in common.
    """
    teacher, names = _reference_row(records), records.model_columns
    if teacher is None or all(row[name] == teacher[name] for name in names):
        return None
    if records.answers.empty:
        return None
    one, other = (_right(records, model) for model in (row, teacher))
    both = pd.concat([one, other], axis=1, join="inner").dropna().to_numpy(dtype=bool)
    if not len(both):
        return None
    low, high = difference_of_shares(both[:, 0], both[:, 1])
    return Estimate(float(both[:, 0].mean() - both[:, 1].mean()), low, high, len(both), 0)


def _right(records: StudyRecords, model: Row) -> pd.Series:
    frame = records.answers
    here = pd.Series(True, index=frame.index)
    for name in records.model_columns:
        here &= frame[name] == model[name]
    return frame[here].set_index("document")["correct"]


def _size(row: Row) -> Tile:
    smaller = f"{numbers.ratio(row['compression_ratio'])} smaller than the reference"
    encoder, head = (
        numbers.count(round(row[name])) for name in ("encoder_params", "classifier_params")
    )
    disk = row.get("disk_bytes")
    note = f"on disk {numbers.size(disk)}" if disk is not None and not math.isnan(disk) else ""
    ratio = "as large as the reference" if abs(row["compression_ratio"] - 1) < 0.005 else smaller
    parameters = numbers.count(round(row["total_params"]))
    return Tile(
        "parameters",
        parameters,
        ratio,
        None,
        "; ".join(filter(None, (f"encoder {encoder}, head {head}", note))),
    )


def _speed(row: Row, teacher: Row | None) -> Tile:
    note = f"reference {_with_interval(teacher, 'inference_time')}" if teacher is not None else ""
    return Tile(
        "time a text",
        numbers.duration(row["inference_time"]),
        _interval(row, "inference_time"),
        None,
        note,
    )


def _estimate(row: Row, name: str) -> Estimate:
    low, high = float(row[f"{name}_low"]), float(row[f"{name}_high"])
    return Estimate(float(row[name]), low, high, 0, 0)


def _interval(row: Row, name: str) -> str:
    low, high = float(row[f"{name}_low"]), float(row[f"{name}_high"])
    if math.isnan(low) or math.isnan(high):
        return "interval not known"
    return f"{writer(name)(low)} to {writer(name)(high)}"


def _with_interval(row: Row, name: str) -> str:
    value, *ends = (writer(name)(float(row[f"{name}{end}"])) for end in ("", "_low", "_high"))
    return f"{value} [{', '.join(ends)}]"


def _scale(estimate: Estimate, marks: dict[str, float], least: float) -> Scale | None:
    if not estimate.defined:
        return None
    ends = math.floor(min(least, estimate.value) * 5) / 5, 1.0

    def place(value: float) -> float:
        share = (value - ends[0]) / (ends[1] - ends[0])
        return round(100 * min(max(share, 0.0), 1.0), 2)

    low, high = (
        (place(estimate.low), place(estimate.high)) if estimate.has_interval else (None, None)
    )
    found = tuple(Mark(name, value, place(value)) for name, value in marks.items())
    return Scale(ends, place(estimate.value), low, high, found)
