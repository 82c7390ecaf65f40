"""A study's report as data: everything that the page and the Markdown show, once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from astrid.analysis.calls import best_by_size, head_effects, pareto_optimal
from astrid.analysis.questions import Answer, Finding, answer_all
from astrid.analysis.selection import Requirements
from astrid.measures.statistics.bootstrap import Estimate
from astrid.report import numbers
from astrid.report.frame_table import TableView, table_view
from astrid.report.study_cases import CaseView, Explained, case_views
from astrid.report.study_choice import ChoiceView, choice_view, scored
from astrid.report.study_columns import Definition, definitions
from astrid.report.study_figures import FigureView, figure_view
from astrid.report.study_methods import (
    CompressionView,
    MethodsView,
    compression_view,
    methods_view,
)
from astrid.report.study_parts import (
    Made,
    Missing,
    counts,
    limits,
    made,
    missing,
    reference_name,
    training,
)
from astrid.study.records import StudyRecords

MODELS_SHOWN = 200
"""Models in the page's table; the others are in results.csv."""

FINDINGS_SHOWN = 100

_VERDICT = re.compile(r"^(Yes|No|Not shown)[:,] ")
"""How sentences begin; the page shows the verdict on its own."""

_STYLES = {"yes": "yes", "no": "no", "not shown": "open"}


@dataclass(frozen=True)
class FindingView:
    """The number beside an answer."""

    name: str
    estimate: str
    unit: str
    p: str
    test: str


@dataclass(frozen=True, eq=False)
class AnswerView:
    """One question with what shows its answer; the sentence without its verdict."""

    answer: Answer
    sentence: str
    style: str
    headline: FindingView | None
    figure: FigureView
    table: TableView
    findings: TableView


@dataclass(frozen=True, eq=False)
class StudyView:
    """The whole report, part by part, in the order of the page."""

    name: str
    choice: ChoiceView
    counts: str
    reference: str
    models: TableView
    more_models: tuple[tuple[str, TableView], ...]
    answers: tuple[AnswerView, ...]
    cases: tuple[CaseView, ...]
    methods: MethodsView
    figures: tuple[FigureView, ...]
    compression: CompressionView | None
    training: TableView
    missing: Missing
    limits: tuple[str, ...]
    made: Made
    definitions: tuple[Definition, ...]


def study_view(
    records: StudyRecords,
    frames: Mapping[str, pd.DataFrame],
    explanations: Explained,
    requirements: Requirements,
    folder: Path,
) -> StudyView:
    """Everything that the report of `records` shows.

    Args:
        records: of the study.
        frames: of its plots, by plot.
        explanations: of a cell.
        requirements: what a model must meet to be chosen.
        folder: of the study, for the command that makes it again.
    """
    answers = answer_all(records)
    in_answers = {answer.plot for answer in answers}
    return StudyView(
        name=records.name,
        choice=choice_view(records, requirements),
        counts=counts(records),
        reference=reference_name(records),
        models=_models(records, requirements),
        more_models=_more_models(records),
        answers=tuple(_answer_view(answer, frames) for answer in answers),
        cases=case_views(records, explanations),
        methods=methods_view(records),
        figures=tuple(
            figure_view(name, frame) for name, frame in frames.items() if name not in in_answers
        ),
        compression=compression_view(records),
        training=training(records),
        missing=missing(records),
        limits=limits(records),
        made=made(records, str(folder)),
        definitions=definitions(records),
    )


def _answer_view(answer: Answer, frames: Mapping[str, pd.DataFrame]) -> AnswerView:
    return AnswerView(
        answer=answer,
        sentence=_VERDICT.sub("", answer.sentence),
        style=_STYLES[answer.verdict],
        headline=_headline(answer.headline) if answer.headline else None,
        figure=figure_view(answer.plot, frames[answer.plot]),
        table=table_view(answer.table),
        findings=table_view(_findings(answer.findings), FINDINGS_SHOWN),
    )


def _headline(finding: Finding) -> FindingView:
    p = finding.p_adjusted if finding.p_adjusted is not None else finding.p_value
    corrected = " after Holm's correction" if finding.p_adjusted is not None else ""
    shown = f"{numbers.p_equals(p)}{corrected}" if p is not None else ""
    name, value = finding.name, _estimate(finding.estimate)
    if finding.unit.startswith("F("):
        # Alone, the number would pass for a difference, and the name for what was found.
        name, value = f"in the test whether {name}", f"F = {value}"
    return FindingView(name, value, finding.unit, shown, finding.test)


def _estimate(estimate: Estimate) -> str:
    """The number with its interval, whatever its size."""
    if not estimate.has_interval:
        return numbers.plain(estimate.value)
    figures = estimate.value, estimate.low, estimate.high
    # Digits far below the interval's width say nothing.
    wide = 0.01 <= estimate.high - estimate.low < 1000
    value, low, high = (f"{one:.3f}" if wide else numbers.plain(one) for one in figures)
    return f"{value} [{low}, {high}]"


def _findings(findings: tuple[Finding, ...]) -> pd.DataFrame:
    rows = [
        {
            "compared": finding.name,
            "value": finding.estimate.value,
            "value_low": finding.estimate.low,
            "value_high": finding.estimate.high,
            "unit": finding.unit,
            "p_value": finding.p_value,
            "p_after_Holm": finding.p_adjusted,
            "test": finding.test,
        }
        for finding in findings
    ]
    frame = pd.DataFrame(rows)
    return frame.astype({"p_value": float, "p_after_Holm": float}) if rows else frame


_MODEL_COLUMNS = (
    "accuracy",
    "attribution_similarity",
    "total_params",
    "compression_ratio",
    "disk_bytes",
    "inference_time",
    "f1_score",
    "method_agreement",
    "interpretation_stability",
    "interpretation_cost",
)
_HEADINGS = {
    "classifier": "head",
    "total_params": "parameters",
    "compression_ratio": "times smaller",
    "disk_bytes": "on disk",
    "attribution_similarity": "similarity",
    "inference_time": "time a text",
    "f1_score": "F1",
    "method_agreement": "agreement of methods",
    "interpretation_stability": "stability (lower is stabler)",
    "interpretation_cost": "time an explanation",
}


def _models(records: StudyRecords, requirements: Requirements) -> TableView:
    frame = scored(records, requirements)
    values = [name for name in _MODEL_COLUMNS if name in frame.columns]
    chosen = [end for name in values for end in (name, f"{name}_low", f"{name}_high")]
    names = [*records.model_columns, "score", "score_low", "score_high"]
    if frame["seed"].nunique() == 1:
        names.remove("seed")
    columns = [*names, *(name for name in chosen if name in frame.columns)]
    return table_view(frame[columns], MODELS_SHOWN, _HEADINGS)


def _more_models(records: StudyRecords) -> tuple[tuple[str, TableView], ...]:
    return (
        ("The most accurate model of each encoder", _called(best_by_size(records))),
        (
            "Models that none beats in accuracy, similarity and size",
            _called(pareto_optimal(records)),
        ),
        ("What each head adds to the mean of all heads", _called(head_effects(records))),
    )


def _called(frame: pd.DataFrame) -> TableView:
    return table_view(frame, MODELS_SHOWN, _HEADINGS)
