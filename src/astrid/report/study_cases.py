"""Texts of a study as its report shows them: coloured words, and the scores word by word."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from astrid.analysis.side_by_side import side_by_side
from astrid.analysis.study_cases import StudyCase, choose_study_cases
from astrid.explain.records import Explanation, Explanations
from astrid.models.compression import UNCOMPRESSED
from astrid.report import numbers
from astrid.report.frame_table import TableView, table_view
from astrid.report.words import Piece, pieces
from astrid.study.records import CellKey, StudyRecords

Explained = Callable[[CellKey], Explanations | None]
"""The explanations of a cell, its texts in rising order of their documents' numbers; None where
they are missing."""

_Shown = Sequence[tuple[CellKey, Explanation]]


@dataclass(frozen=True)
class CellView:
    """One cell's coloured text."""

    name: str
    prediction: str
    probability: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class CaseView:
    """A case as the page shows it; `words` is empty where its cells can't be set side by side."""

    title: str
    place: str
    why: str
    shown: tuple[CellView, ...]
    words: TableView


def case_views(records: StudyRecords, explanations: Explained) -> tuple[CaseView, ...]:
    """The study's cases with their texts; those whose explanations are missing are left out.

    Raises:
        InputError: explanations of one text number that are about different texts.
    """
    texts = _texts(records)
    loaded = cache(explanations)
    found = []
    for case in choose_study_cases(records):
        place = texts.get(case.text)
        shown = [
            (key, items[place])
            for key in case.cells
            if place is not None and (items := loaded(key)) is not None and place < len(items)
        ]
        if shown:
            found.append(_view(case, shown))
    return tuple(found)


def _texts(records: StudyRecords) -> dict[int, int]:
    """The place of each explained document among the explanations of a cell."""
    frame = records.similarities if len(records.similarities) else records.correlations
    numbers_of = sorted(frame["text"].unique()) if len(frame) else []
    return {int(number): place for place, number in enumerate(numbers_of)}


def _view(case: StudyCase, shown: _Shown) -> CaseView:
    of_methods = case.kind in ("agreement", "disagreement")
    words = _methods_words(shown) if of_methods else _models_words(shown)
    target = shown[0][1].target.label
    return CaseView(
        title=case.title,
        place=f"text {case.text}, explained for “{target}”",
        why=case.why,
        shown=tuple(
            _cell(key.interpretability if of_methods else _model(key), item) for key, item in shown
        ),
        words=table_view(words, limit=len(words)),
    )


def _model(key: CellKey) -> str:
    compression = "" if key.compression == UNCOMPRESSED else f" + {key.compression}"
    return f"{key.encoder} + {key.classifier}{compression}, seed {key.seed}"


def _cell(name: str, item: Explanation) -> CellView:
    prediction = item.prediction
    probability = prediction.value
    return CellView(name, prediction.label, probability, pieces(item))


def _models_words(shown: _Shown) -> pd.DataFrame:
    """A row a word: the reference's score, the model's, and whether they agree."""
    if len(shown) < 2:
        return pd.DataFrame()
    (_, teacher), (_, student) = shown
    rows = [
        {
            "word": row.word,
            "reference": numbers.signed(row.teacher),
            "model": numbers.signed(row.student),
            "agreement": f"{'✓' if row.agrees else '✗'} {row.reason}",
        }
        for row in side_by_side(teacher, student)
    ]
    return pd.DataFrame(rows)


def _methods_words(shown: _Shown) -> pd.DataFrame:
    """A row a word: each method's score as a share of its largest |score|."""
    if len(shown) < 2 or len({item.words for _, item in shown}) > 1:
        return pd.DataFrame()
    shares = {key.interpretability: _shares(item.word_scores) for key, item in shown}
    return pd.DataFrame({"word": list(shown[0][1].words), **shares})


def _shares(scores: np.ndarray) -> np.ndarray:
    largest = np.abs(scores).max(initial=0.0)
    return scores / largest if largest else scores.astype(float)
