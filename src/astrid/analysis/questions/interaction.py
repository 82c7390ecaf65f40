"""Question 5: does the effect of compression depend on the head?"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from astrid.analysis._study import missing_models, points, spread
from astrid.analysis.questions._answer import Answer, Finding, Verdict
from astrid.analysis.questions._tests import corrected, p_adjusted
from astrid.analysis.slopes import Slope, SlopesDiffer, slope, slopes_differ
from astrid.measures.statistics.bootstrap import Estimate
from astrid.study.records import StudyRecords

QUESTION = "Does the effect of compression depend on the head?"

_UNIT = "accuracy a tenfold of parameters"

_NOTES = (
    "A straight line over the logarithm of the size is an assumption; the plot shows how it fits.",
    "Not shown is not the same as equal: with few encoders only large differences can be seen.",
)


def answer(records: StudyRecords) -> Answer:
    """A line a head: accuracy against log10 of the encoder's parameters.

    An encoder with a head is one point, its seeds averaged. The F test of the analysis of
    covariance decides alone: "yes" where the slopes are shown to differ, else "not shown". The
    slopes' own tests are corrected among themselves.
    """
    frame = points(records, "accuracy", "encoder_params")
    size = np.log10(frame["encoder_params"].to_numpy(dtype=float))
    accuracy = frame["accuracy"].to_numpy(dtype=float)
    heads = frame["classifier"].to_numpy()
    lines = {
        head: slope(size[heads == head], accuracy[heads == head])
        for head in records.heads
        if (heads == head).any()
    }
    findings = corrected({head: _finding(head, line) for head, line in lines.items()})
    test = slopes_differ(size, accuracy, list(heads))
    headline = None if test.reason else _difference(test)
    verdict, sentence = _decided(test, headline, lines)
    return Answer(
        number=5,
        question=QUESTION,
        verdict=verdict,
        sentence=sentence,
        headline=headline,
        findings=(*([headline] if headline else []), *findings.values()),
        table=_table(lines, findings),
        plot="size_effect",
        notes=(*_NOTES, *_notes(records, test, lines)),
    )


def _finding(head: str, line: Slope) -> Finding:
    test = f"t test of the least squares slope, {line.estimate.n} encoders"
    p_value = None if line.reason else line.p_value
    name = f"slope of {head}: accuracy on log10 of the encoder's parameters"
    return Finding(name, line.estimate, _UNIT, p_value, None, test)


def _difference(test: SlopesDiffer) -> Finding:
    nan = float("nan")
    return Finding(
        name=f"slopes of {test.between + 1} heads differ",
        estimate=Estimate(test.f, nan, nan, test.n, 0),
        unit=f"F({test.between}, {test.within})",
        p_value=test.p_value,
        p_adjusted=test.p_value,
        test=f"F test of the interaction, {test.n} points (encoder + head)",
    )


def _decided(
    test: SlopesDiffer, found: Finding | None, lines: Mapping[str, Slope]
) -> tuple[Verdict, str]:
    if found is None:
        return "not shown", f"Not shown: {test.reason}."
    how = f"F({test.between}, {test.within}) = {test.f:.2f}, p = {test.p_value:.3g}, n = {test.n}"
    if not found.shown:
        return "not shown", f"Not shown: no difference between the heads' slopes is shown ({how})."
    known = {head: line.estimate for head, line in lines.items() if line.estimate.defined}
    most, least = (choose(known, key=lambda head: known[head].value) for choose in (max, min))
    return "yes", (
        f"Yes: the heads' slopes differ ({how}). A tenfold of parameters changes accuracy by "
        f"{known[most]} with the {most} head, by {known[least]} with the {least} head."
    )


def _table(lines: Mapping[str, Slope], findings: Mapping[str, Finding]) -> pd.DataFrame:
    rows = [
        {
            "classifier": head,
            "encoders": line.estimate.n,
            **spread("slope", line.estimate),
            "p_adjusted": p_adjusted(findings[head]),
            "intercept": line.intercept,
        }
        for head, line in lines.items()
    ]
    ends = ["slope", "slope_low", "slope_high"]
    return pd.DataFrame(rows, columns=["classifier", "encoders", *ends, "p_adjusted", "intercept"])


def _notes(records: StudyRecords, test: SlopesDiffer, lines: Mapping[str, Slope]) -> Iterator[str]:
    yield f"{test.n} points count: an encoder with a head is one, its seeds averaged."
    for head, line in lines.items():
        if line.reason:
            yield f"{head}: no slope, as {line.reason}."
    if missing := missing_models(records):
        yield f"Without a record: {', '.join(missing)}."
