"""Which model to deploy: requirements, a score, and four ready rules."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field

from astrid.analysis._candidates import candidates, estimate_of
from astrid.analysis.priorities import PRIORITIES, Priority, PriorityName, prioritise
from astrid.analysis.questions._answer import plain_rows
from astrid.errors import InputError
from astrid.spec import Spec
from astrid.study.records import StudyRecords

__all__ = [
    "PRIORITIES",
    "Priority",
    "PriorityName",
    "Requirements",
    "Selection",
    "prioritise",
    "select",
]

WEIGHTS = {"accuracy": 0.4, "similarity": 0.3, "size": 0.2, "speed": 0.1}
"""Of the score's parts."""

_LISTED = 8  # names in a sentence; all of them are in `excluded`


class Requirements(Spec):
    """What a model must fulfil; what is not given is not required. The limits themselves pass."""

    max_params: int | None = Field(default=None, gt=0)
    min_accuracy: float | None = Field(default=None, ge=0, le=1)
    min_similarity: float | None = Field(default=None, ge=-1, le=1)
    max_inference_time: float | None = Field(default=None, gt=0)


_COLUMNS = {
    "max_params": "total_params",
    "min_accuracy": "accuracy",
    "min_similarity": "attribution_similarity",
    "max_inference_time": "inference_time",
}


@dataclass(frozen=True, eq=False)
class Selection:
    """The best models that fulfil the requirements.

    Attributes:
        requirements: as asked.
        ranked: up to `top` models, the best first: the candidates' columns, `score`, its parts
            `score_accuracy`, `score_similarity`, `score_size` and `score_speed`, and `score_low`
            and `score_high`: the score with the worse and the better end of every interval at once.
        qualified: how many models fulfil the requirements and can be scored.
        excluded: for each requirement that any model misses, the names of those models.
        unscored: names of models that fulfil the requirements but have no score, and why.
        answer: the choice in one sentence.
        notes: what a reader must know before acting on it.
    """

    requirements: Requirements
    ranked: pd.DataFrame
    qualified: int
    excluded: Mapping[str, tuple[str, ...]]
    unscored: Mapping[str, str]
    answer: str
    notes: tuple[str, ...]

    @property
    def chosen(self) -> str | None:
        """Name of the best model; None where none qualifies."""
        return None if self.ranked.empty else str(self.ranked["name"].iloc[0])

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "chosen": self.chosen,
            "answer": self.answer,
            "ranked": plain_rows(self.ranked),
            "qualified": self.qualified,
            "excluded": {name: list(names) for name, names in self.excluded.items()},
            "unscored": dict(self.unscored),
            "notes": list(self.notes),
            "requirements": self.requirements.model_dump(mode="json"),
            "weights": WEIGHTS,
        }


def select(
    records: StudyRecords,
    requirements: Requirements | None = None,
    method: str | None = None,
    top: int = 5,
) -> Selection:
    """Filter a study's models and rank the rest by a score.

    score = 0.4·accuracy + 0.3·similarity + 0.2·(1 − params / P) + 0.1·(1 − time / T), where P and T
    are the requirements' largest values, or those of all candidates where there is none. Equal
    scores are decided by fewer parameters.

    Args:
        records: of the study.
        requirements: none by default.
        method: whose explanations count; the reference's by default.
        top: how many models to return.

    Raises:
        InputError: `top` below 1, or a method that the study doesn't have.
    """
    if top < 1:
        raise InputError(f"select: top must be 1 or more, not {top}")
    requirements = requirements or Requirements()
    frame = candidates(records, method)
    missed = _missed(frame, requirements)
    qualified = frame[~np.logical_or.reduce([*missed.values(), np.zeros(len(frame), dtype=bool)])]
    scored = _scored(qualified, *_largest(frame, requirements))
    unknown = scored["score"].isna()
    ranked = scored[~unknown].sort_values(
        ["score", "total_params"], ascending=[False, True], kind="stable"
    )
    best = ranked.head(top).reset_index(drop=True)
    excluded = {name: tuple(frame.loc[rows, "name"]) for name, rows in missed.items() if rows.any()}
    return Selection(
        requirements=requirements,
        ranked=best,
        qualified=len(ranked),
        excluded=excluded,
        unscored={row["name"]: _unknown_parts(row) for _, row in scored[unknown].iterrows()},
        answer=_answer(frame, best, len(ranked), excluded, requirements),
        notes=(*_margins(best, requirements), *_notes(records, best)),
    )


def _missed(frame: pd.DataFrame, requirements: Requirements) -> dict[str, np.ndarray]:
    """For each requirement, which candidates miss it; an unknown figure always does."""
    missed = {}
    for name, limit in requirements.model_dump().items():
        if limit is not None:
            values = frame[_COLUMNS[name]].to_numpy(dtype=float)
            missed[name] = ~(values <= limit) if name.startswith("max") else ~(values >= limit)
    return missed


def _largest(frame: pd.DataFrame, requirements: Requirements) -> tuple[float, float]:
    largest = requirements.max_params or float(frame["total_params"].max())
    slowest = requirements.max_inference_time or float(frame["inference_time"].max())
    return float(largest), slowest


def _scored(frame: pd.DataFrame, largest: float, slowest: float) -> pd.DataFrame:
    parts = {
        "accuracy": ("accuracy", frame["accuracy"], 1.0),
        "similarity": ("attribution_similarity", frame["attribution_similarity"], 1.0),
        "size": ("total_params", 1 - frame["total_params"] / largest, -1 / largest),
        "speed": ("inference_time", 1 - frame["inference_time"] / slowest, -1 / slowest),
    }
    scored = frame.assign(
        **{f"score_{name}": WEIGHTS[name] * part for name, (_, part, _) in parts.items()}
    )
    scored["score"] = scored[[f"score_{name}" for name in parts]].sum(axis=1, skipna=False)
    down, up = scored["score"].copy(), scored["score"].copy()
    for name, (column, _, factor) in parts.items():
        if f"{column}_low" in frame:
            ends = [
                f"{column}{end}" for end in (("_low", "_high") if factor > 0 else ("_high", "_low"))
            ]
            moves = [WEIGHTS[name] * factor * (frame[end] - frame[column]) for end in ends]
            down, up = down + moves[0].fillna(0.0), up + moves[1].fillna(0.0)
    return scored.assign(score_low=down, score_high=up)


def _unknown_parts(row: pd.Series) -> str:
    unknown = [name for name in WEIGHTS if np.isnan(row[f"score_{name}"])]
    return f"{' and '.join(unknown)} not known"


def _answer(
    frame: pd.DataFrame,
    best: pd.DataFrame,
    qualified: int,
    excluded: Mapping[str, tuple[str, ...]],
    requirements: Requirements,
) -> str:
    if frame.empty:
        return "There is no finished model to choose from."
    if len(best):
        row = best.iloc[0]
        of = "the only model" if qualified == 1 else f"the best score of {qualified} models"
        asked = any(value is not None for value in requirements.model_dump().values())
        return (
            f"Take {row['name']}: {of}{' that meet the requirements' if asked else ''} "
            f"({row['score']:.3f}; accuracy {estimate_of(row, 'accuracy')}, similarity "
            f"{estimate_of(row, 'attribution_similarity')}, {row['total_params']:,} parameters, "
            f"{row['inference_time']:.4g} s a text)."
        )
    limits = requirements.model_dump()
    reasons = [
        f"{name} {limits[name]:,} excludes "
        + ("all" if len(names) == len(frame) else _listed(names))
        for name, names in excluded.items()
    ]
    if not reasons:
        return "None of the models can be scored: each lacks a figure that the score needs."
    return f"No model of {len(frame)} qualifies: {'; '.join(reasons)}."


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _margins(best: pd.DataFrame, requirements: Requirements) -> list[str]:
    """Where the winner's interval reaches across a limit, other texts might decide otherwise."""
    if best.empty:
        return []
    row, notes = best.iloc[0], []
    for name, limit in requirements.model_dump(exclude={"max_params"}).items():
        estimate = estimate_of(row, _COLUMNS[name])
        if limit is not None and estimate.contains(limit):
            what = _COLUMNS[name].replace("_", " ").removeprefix("attribution ")
            notes.append(
                f"{row['name']}: the interval of its {what} {estimate} contains the limit {limit}; "
                "other texts might decide otherwise."
            )
    return notes


def _notes(records: StudyRecords, best: pd.DataFrame) -> list[str]:
    notes = []
    reference = records.reference
    own = (best["encoder"] == reference.encoder) & (best["classifier"] == reference.classifier)
    own &= best["seed"] == reference.seed
    if "compression" in best:
        own &= best["compression"] == reference.compression
    if own.any():
        name = best.loc[own, "name"].iloc[0]
        notes.append(f"{name} is the reference: its similarity is 1 by construction, not by merit.")
    if len(best) > 1 and best["score_high"].iloc[1] >= best["score_low"].iloc[0]:
        first, second = best["name"].iloc[:2]
        notes.append(
            f"With the ends of their intervals the scores of {first} and {second} overlap: no "
            "difference between the two is shown."
        )
    return notes
