"""The report of a comparison: one HTML page that needs nothing but itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from astrid.analysis.cases import Case
from astrid.analysis.family import LIMITS, FamilyComparison
from astrid.analysis.side_by_side import WordRow, side_by_side
from astrid.explain.records import Explanation
from astrid.files import write_atomic
from astrid.report._templates import fill
from astrid.report.dots import dot_plot
from astrid.report.words import Piece, pieces


@dataclass(frozen=True)
class ModelView:
    """One model's coloured text in a case; `cosine` with the teacher, None for the teacher."""

    name: str
    prediction: str
    probability: float
    cosine: float | None
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class CaseView:
    """A case as the page shows it; `words` set the teacher against the student `against`."""

    title: str
    number: int
    target: str
    models: tuple[ModelView, ...]
    against: str
    words: tuple[WordRow, ...]
    is_open: bool


def comparison_page(family: FamilyComparison, cases: Sequence[Case] = ()) -> str:
    """The page as HTML: answer, table, plot, texts, limits, how it was made.

    Args:
        family: the comparison.
        cases: texts to show, for example those of `analysis.cases.choose_cases`.
    """
    lowest = min((np.nanmin(case.cosines) for case in cases), default=None)
    return fill(
        "comparison.html",
        {
            "family": family,
            "plot": dot_plot(family),
            "cases": [_case_view(case, np.nanmin(case.cosines) == lowest) for case in cases],
            "limits": LIMITS,
        },
    )


def write_comparison_page(path: Path, family: FamilyComparison, cases: Sequence[Case] = ()) -> None:
    """Write the page to `path`; InputError where that is impossible."""
    page = comparison_page(family, cases)
    # Half of a surrogate pair, as some data sets have them, has no UTF-8 form.
    write_atomic(path, page.encode("utf-8", "replace"))


def _case_view(case: Case, is_open: bool) -> CaseView:
    students = dict(case.students)
    return CaseView(
        title=case.title,
        number=case.number,
        target=case.teacher.target.label,
        models=(
            _model_view("teacher", case.teacher, None),
            *(
                _model_view(name, explanation, cosine)
                for (name, explanation), cosine in zip(case.students, case.cosines, strict=True)
            ),
        ),
        against=case.worst,
        words=side_by_side(case.teacher, students[case.worst]),
        is_open=is_open,
    )


def _model_view(name: str, explanation: Explanation, cosine: float | None) -> ModelView:
    prediction = explanation.prediction
    probability = prediction.value
    return ModelView(name, prediction.label, probability, cosine, pieces(explanation))
