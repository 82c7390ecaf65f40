"""Texts of a study worth looking at, chosen by the figures alone."""

from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from astrid.analysis._study import model_name
from astrid.analysis.comparison import ComparisonSettings
from astrid.models.compression import UNCOMPRESSED
from astrid.study.records import COMPRESSION, CellKey, StudyRecords

Kind = Literal["agreement", "disagreement", "failure", "success"]


@dataclass(frozen=True)
class StudyCase:
    """One text, with the cells whose explanations show what it is an example of.

    Attributes:
        kind: `agreement` and `disagreement` of methods on one model; `failure`: a model smaller
            than the teacher, or compressed, that looks at other words; `success`: the smallest
            encoder looking at the teacher's words.
        title: what the text is an example of.
        text: the document's number.
        cells: to show beside each other; where a model is compared with the reference's model,
            that comes first.
        number: the figure by which it was chosen: mean rank correlation, or cosine.
        why: how it was chosen, in one sentence.
    """

    kind: Kind
    title: str
    text: int
    cells: tuple[CellKey, ...]
    number: float
    why: str

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def choose_study_cases(records: StudyRecords) -> tuple[StudyCase, ...]:
    """Up to five texts: methods agree, methods disagree, two failures, a success.

    1. agreement: the model and text with the highest mean correlation between its methods, among
       those whose methods all have one;
    2. disagreement: that with the lowest;
    3. failure: the lowest cosine to the reference's model, by the reference's method, of any model
       that is smaller or compressed and right; then of any that is wrong; below 0.80, where
       reasons count as different elsewhere, too;
    4. success: the highest cosine of a model of the smallest encoder that is right, if it is above
       that of shuffled scores.

    A text is shown once. What doesn't occur, or can't be computed, is left out. Between equal ones
    the first in the frames is taken. They are the extremes of many: examples, not evidence.
    """
    cases: list[StudyCase] = []
    for find in (_agreement, _disagreement, _right_failure, _wrong_failure, _success):
        taken = {case.text for case in cases}
        case = find(records, taken)
        if case is not None:
            cases.append(case)
    return tuple(cases)


def _agreement(records: StudyRecords, taken: set[int]) -> StudyCase | None:
    ranked = _correlated(records, taken).sort_values("value", ascending=False, kind="stable")
    return _of_methods(records, ranked, "agreement", "All methods highlight the same words")


def _disagreement(records: StudyRecords, taken: set[int]) -> StudyCase | None:
    ranked = _correlated(records, taken).sort_values("value", kind="stable")
    return _of_methods(records, ranked, "disagreement", "The methods disagree")


def _correlated(records: StudyRecords, taken: set[int]) -> pd.DataFrame:
    """A row a model and text whose pairs of methods are all defined: their mean as `value`."""
    columns = [*records.model_columns, "text", "value"]
    frame = records.correlations
    if frame.empty:
        return pd.DataFrame(columns=columns)
    pairs = len(records.methods) * (len(records.methods) - 1) // 2
    groups = frame.groupby([*records.model_columns, "text"], sort=False)["correlation"]
    found = groups.agg(["mean", "count"]).reset_index()
    found = found[(found["count"] == pairs) & ~found["text"].isin(taken)]
    return found.rename(columns={"mean": "value"})[columns]


def _of_methods(
    records: StudyRecords, ranked: pd.DataFrame, kind: Kind, title: str
) -> StudyCase | None:
    if ranked.empty:
        return None
    row = ranked.iloc[0]
    value = float(row["value"])
    most = "highest" if kind == "agreement" else "lowest"
    return StudyCase(
        kind=kind,
        title=title,
        text=int(row["text"]),
        cells=tuple(_cell(row, method) for method in records.methods),
        number=value,
        why=(
            f"{_name(row)}: the {most} mean rank correlation between methods ({value:.3f}) of "
            f"{len(ranked)} models and texts."
        ),
    )


def _right_failure(records: StudyRecords, taken: set[int]) -> StudyCase | None:
    frame = _smaller(records, taken)
    return _failure(records, frame[frame["correct"] == 1], "Right, but looking at other words")


def _wrong_failure(records: StudyRecords, taken: set[int]) -> StudyCase | None:
    frame = _smaller(records, taken)
    return _failure(records, frame[frame["correct"] == 0], "Wrong, and looking at other words")


def _failure(records: StudyRecords, frame: pd.DataFrame, title: str) -> StudyCase | None:
    unlike = frame[frame["same_method"] < ComparisonSettings().alike_from]
    ranked = unlike.sort_values("same_method", kind="stable")
    return _of_likeness(records, ranked, "failure", title, "lowest")


def _success(records: StudyRecords, taken: set[int]) -> StudyCase | None:
    frame = _smaller(records, taken)
    sizes = records.results.groupby("encoder")["encoder_params"].max()
    tiny = frame[frame["encoder"].isin(sizes.index[sizes == sizes.min()])]
    good = tiny[(tiny["correct"] == 1) & (tiny["same_method"] > tiny["chance"])]
    ranked = good.sort_values("same_method", ascending=False, kind="stable")
    title = "A tiny model that looks at the teacher's words"
    return _of_likeness(records, ranked, "success", title, "highest")


def _smaller(records: StudyRecords, taken: set[int]) -> pd.DataFrame:
    """A row a text and model that is smaller than the reference's or compressed.

    Columns `same_method` and `chance` are of the reference's method; `correct` is 1 or 0.
    """
    columns = [*records.model_columns, "text"]
    if records.similarities.empty or records.answers.empty:
        return pd.DataFrame(columns=[*columns, "same_method", "chance", "correct"])
    reference = records.reference
    frame = records.similarities.dropna(subset=["same_method"])
    frame = frame[frame["interpretability"] == reference.interpretability]
    frame = frame[~frame["text"].isin(taken)]
    sizes = records.results.groupby("encoder")["encoder_params"].max()
    smaller = frame["encoder"].map(sizes) < sizes.get(reference.encoder, float("inf"))
    if records.compresses:
        smaller |= frame[COMPRESSION] != UNCOMPRESSED
    answers = records.answers.rename(columns={"document": "text"})[[*columns, "correct"]]
    joined = frame[smaller].merge(answers, on=columns, how="inner")
    return joined.dropna(subset=["correct"])


def _of_likeness(
    records: StudyRecords, ranked: pd.DataFrame, kind: Kind, title: str, most: str
) -> StudyCase | None:
    if ranked.empty:
        return None
    row = ranked.iloc[0]
    value = float(row["same_method"])
    chance = "" if pd.isna(row["chance"]) else f"; shuffled scores: {row['chance']:.3f}"
    return StudyCase(
        kind=kind,
        title=title,
        text=int(row["text"]),
        cells=(records.reference, _cell(row, records.reference.interpretability)),
        number=value,
        why=(
            f"{_name(row)}: the {most} cosine to the reference's model ({value:.3f}{chance}) of "
            f"{len(ranked)} such models and texts."
        ),
    )


def _cell(row: pd.Series, method: str) -> CellKey:
    compression = str(row.get(COMPRESSION, UNCOMPRESSED))
    return CellKey(row["encoder"], row["classifier"], method, int(row["seed"]), compression)


def _name(row: pd.Series) -> str:
    name = model_name(row["encoder"], row["classifier"])
    compression = row.get(COMPRESSION, UNCOMPRESSED)
    return name if compression == UNCOMPRESSED else f"{name} + {compression}"
