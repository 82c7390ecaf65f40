"""Question 3: do methods agree?"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from astrid.analysis._study import (
    enough_resamples,
    model_name,
    models,
    plain_p,
    points,
    spread,
    uncompressed,
)
from astrid.analysis.questions._answer import Answer, Finding, Verdict
from astrid.analysis.questions._tests import corrected, paired_finding
from astrid.study.records import MODEL, StudyRecords

QUESTION = "Do methods agree?"

WEAK, STRONG = 0.3, 0.7
"""Mean correlations below and above which agreement is called weak and strong, by convention."""

_NOTES = (
    "Methods can agree and be wrong together; agreement is no proof of a right explanation.",
    "Texts are the unit; a text's value is its mean over models. Chance is a correlation of 0.",
)

_Part = tuple[str, str]
"""What is averaged: (`all`, ""), (`encoder`, its name), (`pair`, `first|second`), (`size`, "")."""


def answer(records: StudyRecords) -> Answer:
    """Mean rank correlation between methods: of all, of each pair and on each encoder.

    Each is tested against 0 over texts, and the largest encoder against the smallest; Holm's
    correction over all. "Yes" where the mean over everything is shown to be above 0, "no" where
    it is shown to be below 0, else "not shown".
    """
    frame = _correlations(records)
    parts = _parts(records, frame)
    findings = _tested(records, parts)
    headline = findings.get(("all", ""))
    verdict, sentence = _decided(headline, findings.get(("size", "")))
    return Answer(
        number=3,
        question=QUESTION,
        verdict=verdict,
        sentence=sentence,
        headline=headline,
        findings=tuple(findings.values()),
        table=_table(findings),
        plot="method_agreement",
        notes=(*_NOTES, *_notes(records, findings)),
    )


def _correlations(records: StudyRecords) -> pd.DataFrame:
    columns = [*MODEL, "first", "second", "text", "correlation"]
    if records.correlations.empty:
        return pd.DataFrame(columns=columns)
    frame = uncompressed(records.correlations)[columns]
    return frame.astype({"correlation": float}).dropna(subset=["correlation"])


def _parts(records: StudyRecords, frame: pd.DataFrame) -> dict[_Part, pd.Series]:
    """A value a text; empty parts are left out."""
    found = {("all", ""): _by_text(frame)}
    for encoder in records.encoders:
        found["encoder", encoder] = _by_text(frame[frame["encoder"] == encoder])
    for first, second in combinations(records.methods, 2):
        rows = frame[(frame["first"] == first) & (frame["second"] == second)]
        found["pair", f"{first} and {second}"] = _by_text(rows)
    return {part: values for part, values in found.items() if len(values)}


def _by_text(frame: pd.DataFrame) -> pd.Series:
    """Mean over a model's pairs, then over models, so that a model with a missing pair counts."""
    by_model = frame.groupby(["text", *MODEL])["correlation"].mean()
    return by_model.groupby(level="text").mean()
