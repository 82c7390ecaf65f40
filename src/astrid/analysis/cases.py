"""Texts worth looking at, chosen by the figures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from astrid.analysis.family import ExaminedModel, FamilyComparison
from astrid.explain.records import Explanation


@dataclass(frozen=True, eq=False)
class Case:
    """One text with every model's explanation.

    Attributes:
        title: what the text is an example of.
        number: of the text, from 0.
        teacher: the teacher's explanation.
        students: name and explanation of each student.
        cosines: each student's cosine with the teacher on this text; NaN where undefined.
        worst: name of the student whose reasons are least like the teacher's here.
    """

    title: str
    number: int
    teacher: Explanation
    students: tuple[tuple[str, Explanation], ...]
    cosines: tuple[float, ...]
    worst: str


def choose_cases(
    family: FamilyComparison, teacher: ExaminedModel, students: Sequence[ExaminedModel]
) -> tuple[Case, ...]:
    """Up to three texts: reasons most alike, right for other reasons, a changed prediction.

    1. the text with the highest of all mean cosines over the students;
    2. the text with the lowest cosine of any student that predicts what the teacher predicts, if
       that is low enough for the reasons to count as different;
    3. the text with the lowest cosine of any student that predicts something else.

    A text is shown once; a kind of case that does not occur is left out. Between equal texts the
    first one is taken.

    Args:
        family: the comparison of exactly these models.
        teacher: as compared.
        students: as compared, in the same order.
    """
    comparisons = [row.comparison for row in family.rows if row.comparison]
    cosines = np.array([[row.agreement["cosine"] for row in item.rows] for item in comparisons])
    agrees = np.array([[row.prediction_agrees for row in item.rows] for item in comparisons])
    differ = np.array([[row.reasons_differ is True for row in item.rows] for item in comparisons])
    finds = (
        ("Most alike of these texts", -cosines.mean(axis=0)),
        ("Same prediction, other reasons", _lowest(cosines, differ)),
        ("Another prediction", _lowest(cosines, ~agrees)),
    )
    cases: list[Case] = []
    for title, ranks in finds:
        ranks = np.where(np.isin(np.arange(len(ranks)), [c.number for c in cases]), np.nan, ranks)
        if np.isfinite(ranks).any():
            number = int(np.nanargmin(ranks))
            cases.append(_case(title, number, teacher, students, cosines[:, number]))
    return tuple(cases)


def _lowest(cosines: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Lowest cosine of each text among the students of `where`; NaN where there is none."""
    lowest = np.where(where & np.isfinite(cosines), cosines, np.inf).min(axis=0)
    return np.where(np.isfinite(lowest), lowest, np.nan)


def _case(
    title: str,
    number: int,
    teacher: ExaminedModel,
    students: Sequence[ExaminedModel],
    cosines: np.ndarray,
) -> Case:
    return Case(
        title=title,
        number=number,
        teacher=teacher.explanations[number],
        students=tuple((student.name, student.explanations[number]) for student in students),
        cosines=tuple(float(cosine) for cosine in cosines),
        worst=students[int(np.nanargmin(cosines))].name,
    )
