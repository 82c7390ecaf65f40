"""Four ready rules for choosing a model, each with the evidence for it in the study at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from astrid.analysis._candidates import candidates, estimate_of
from astrid.analysis._study import by_text, enough_resamples, keys, right, uncompressed
from astrid.analysis.questions._answer import Finding, plain_rows
from astrid.analysis.questions._tests import corrected_for, difference_of_right, paired_finding
from astrid.errors import InputError
from astrid.spec import nearest
from astrid.study.records import StudyRecords

PriorityName = Literal["accuracy", "speed", "interpretability", "robustness"]

PRIORITIES: Mapping[str, str] = {
    "accuracy": "the largest encoder with the simplest head (fewest parameters)",
    "speed": "the smallest encoder with its most efficient head (fastest there)",
    "interpretability": "the medium encoder (in size) with the attention head",
    "robustness": "the model whose methods agree most",
}
"""The four rules."""

_ATTENTION = "attention"

_FEW = 3  # encoders below which none is medium

_Choice = tuple[pd.DataFrame, tuple[str, ...]]
"""Rows of the models that a rule allows, and what must be said about them."""


@dataclass(frozen=True, eq=False)
class Priority:
    """What a rule chooses, and what this study says about the rule.

    Attributes:
        name: of the priority.
        rule: in words.
        chosen: name of the model; None where the rule can't be applied.
        model: its figures, as in the selection's candidates; empty where there is none.
        answer: the choice, or why there is none, in one sentence.
        statements: what speaks `For: …` or `Against: …` the rule here, and what is `Open: …`.
        evidence: the tests behind them.
        notes: what limits them.
    """

    name: str
    rule: str
    chosen: str | None
    model: Mapping[str, object]
    answer: str
    statements: tuple[str, ...]
    evidence: tuple[Finding, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "priority": self.name,
            "rule": self.rule,
            "chosen": self.chosen,
            "model": dict(self.model),
            "answer": self.answer,
            "statements": list(self.statements),
            "evidence": [finding.to_dict() for finding in self.evidence],
            "notes": list(self.notes),
        }


def prioritise(records: StudyRecords, priority: PriorityName) -> Priority:
    """Apply one of the four rules to the uncompressed models, and test it.

    The chosen model is compared with the best other one in what the rule promises (accuracy,
    inference time, method agreement), and in accuracy. The other one was picked as the best of m,
    so that its p-value is multiplied by m (Bonferroni). Times are compared by their intervals.
    The same encoder and head with another seed is no other model here.

    A rule whose encoder or head the study lacks chooses nothing and says so.

    Raises:
        InputError: an unknown priority.
    """
    if priority not in get_args(PriorityName):
        hint = nearest(priority, PRIORITIES)
        raise InputError(f"select: there is no priority {priority!r}; {hint}")
    frame = uncompressed(candidates(records)).reset_index(drop=True)
    allowed, notes = _RULES[priority](frame)
    rule = PRIORITIES[priority]
    if allowed.empty:
        answer = f"The rule can't be applied: {' '.join(notes)}"
        return Priority(priority, rule, None, {}, answer, (), (), ())
    row = allowed.iloc[0]
    if len(allowed) > 1 and priority != "robustness":
        notes += (f"Of {len(allowed)} seeds the most accurate is taken.",)
    statements, evidence = _evidence(records, priority, frame, row)
    return Priority(
        name=priority,
        rule=rule,
        chosen=row["name"],
        model=plain_rows(row.to_frame().T.infer_objects())[0],
        answer=(
            f"Take {row['name']}, {rule}: accuracy {estimate_of(row, 'accuracy')}, similarity "
            f"{estimate_of(row, 'attribution_similarity')}, method agreement "
            f"{estimate_of(row, 'method_agreement')}, {row['inference_time']:.4g} s a text."
        ),
        statements=statements,
        evidence=evidence,
        notes=notes,
    )


def _accurate(frame: pd.DataFrame) -> _Choice:
    large = frame[frame["encoder_params"] == frame["encoder_params"].max()]
    return _seeds(large, large["classifier_params"]), () if len(frame) else _NOTHING


def _fast(frame: pd.DataFrame) -> _Choice:
    small = frame[frame["encoder_params"] == frame["encoder_params"].min()]
    times = small.groupby("classifier")["inference_time"].transform("mean")
    if times.isna().all():
        return small[:0], ("no inference time is known for the smallest encoder.",)
    return _seeds(small, times), ()


def _interpretable(frame: pd.DataFrame) -> _Choice:
    with_head = frame[frame["classifier"] == _ATTENTION]
    if with_head.empty:
        return with_head, ("the study has no model with an attention head.",)
    sizes = frame.groupby("encoder")["encoder_params"].max().sort_values(ascending=False)
    medium = str(sizes.index[(len(sizes) - 1) // 2])
    notes = (
        (f"With {len(sizes)} encoders none is medium: the larger, {medium}, is taken.",)
        if len(sizes) < _FEW
        else ()
    )
    there = with_head[with_head["encoder"] == medium]
    if there.empty:
        return there, (f"the medium encoder, {medium}, has no model with an attention head.",)
    return there.sort_values("accuracy", ascending=False, kind="stable"), notes


def _robust(frame: pd.DataFrame) -> _Choice:
    known = frame.dropna(subset=["method_agreement"])
    if known.empty:
        return known, ("no method agreement is known; it takes two methods.",)
    return known.sort_values("method_agreement", ascending=False, kind="stable"), ()


_NOTHING = ("there is no finished model.",)

_RULES: Mapping[str, Callable[[pd.DataFrame], _Choice]] = {
    "accuracy": _accurate,
    "speed": _fast,
    "interpretability": _interpretable,
    "robustness": _robust,
}


def _seeds(frame: pd.DataFrame, values: pd.Series) -> pd.DataFrame:
    """The models of the head with the lowest value, the most accurate first."""
    if frame.empty:
        return frame
    lowest = frame.loc[values.sort_values(kind="stable").index].iloc[0]
    same = frame["encoder"] == lowest["encoder"]
    same &= frame["classifier"] == lowest["classifier"]
    return frame[same].sort_values("accuracy", ascending=False, kind="stable")


def _evidence(
    records: StudyRecords, priority: str, frame: pd.DataFrame, row: pd.Series
) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    statements, evidence = [], []
    if priority == "speed":
        statements.append(_about_time(frame, row))
    promised = ["method_agreement"] if priority in ("interpretability", "robustness") else []
    for column in (*promised, "accuracy"):
        finding, rival = _against_best(records, column, frame, row)
        if finding is None:
            statements.append(f"Open: there is no other model to compare its {_word(column)} with.")
        else:
            evidence.append(finding)
            statements.append(_statement(finding, column, rival))
    return tuple(statements), tuple(evidence)


def _word(column: str) -> str:
    return column.replace("_", " ")


def _statement(finding: Finding, column: str, rival: str) -> str:
    difference = str(finding.estimate)
    if finding.below:
        return (
            f"Against: {rival} is shown to have a higher {_word(column)} (difference {difference})."
        )
    if finding.above:
        return (
            f"For: its {_word(column)} is shown to be above that of the next best, {rival} "
            f"(difference {difference})."
        )
    return (
        f"Open: no difference in {_word(column)} to the best other model, {rival}, is shown once "
        f"it is corrected for being the best of many ({difference})."
    )


def _against_best(
    records: StudyRecords, column: str, frame: pd.DataFrame, row: pd.Series
) -> tuple[Finding | None, str]:
    others = _others(frame, row).dropna(subset=[column])
    if others.empty:
        return None, ""
    rival = others.sort_values(column, ascending=False, kind="stable").iloc[0]
    values = right(records) if column == "accuracy" else _agreement(records)
    pair = [(one["encoder"], one["classifier"], one["seed"]) for one in (row, rival)]
    if not {*pair} <= {*keys(values)}:
        return None, ""
    one, other = (values[key].to_numpy(dtype=float) for key in pair)
    name = f"{row['name']} minus {rival['name']}: {_word(column)}"
    resamples = enough_resamples(len(others))
    if column == "accuracy":
        finding = difference_of_right(name, one, other, 1, "", resamples)
    else:
        test = f"paired permutation test, {len(one)} texts"
        finding = paired_finding(name, one, other, "rank correlation", test, resamples)
    return corrected_for(finding, len(others)), rival["name"]


def _others(frame: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    same = (frame["encoder"] == row["encoder"]) & (frame["classifier"] == row["classifier"])
    return frame[~same]


def _agreement(records: StudyRecords) -> pd.DataFrame:
    """`[N, M]` mean correlation over the pairs of methods."""
    return by_text(records.correlations, "text", "correlation")


def _about_time(frame: pd.DataFrame, row: pd.Series) -> str:
    others = _others(frame, row).dropna(subset=["inference_time"])
    if others.empty:
        return "Open: there is no other model to compare its time with."
    rival = others.sort_values("inference_time", kind="stable").iloc[0]
    own, other = (_seconds(one) for one in (row, rival))
    if row["inference_time_high"] < rival["inference_time_low"]:
        return f"For: it takes {own} a text, and the next fastest, {rival['name']}, {other}."
    if rival["inference_time_high"] < row["inference_time_low"]:
        return f"Against: {rival['name']} is faster, with {other} a text against {own}."
    return (
        f"Open: no difference in time to the fastest other model, {rival['name']}, is shown "
        f"({own} a text against {other})."
    )


def _seconds(row: pd.Series) -> str:
    value, low, high = (row[f"inference_time{end}"] for end in ("", "_low", "_high"))
    return f"{value:.3g} s [{low:.3g}, {high:.3g}]"
