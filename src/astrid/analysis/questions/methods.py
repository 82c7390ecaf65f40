"""Question 3: do methods agree?"""

from collections.abc import Iterator, Mapping
from itertools import combinations

import pandas as pd

from astrid.analysis._study import enough_resamples, model_name, models, spread, uncompressed
from astrid.analysis.questions._answer import Answer, Finding, Verdict
from astrid.analysis.questions._tests import corrected, p_adjusted, paired_finding
from astrid.measures.statistics.bootstrap import Estimate
from astrid.study.records import MODEL, StudyRecords

QUESTION = "Do methods agree?"

WEAK, STRONG = 0.3, 0.7
"""Mean correlations below and above which agreement is called weak and strong, by convention."""

_NOTES = (
    "Methods can agree and be wrong together; agreement is no proof of a right explanation.",
    "Texts are the unit; a text's value is its mean over models. Chance is a correlation of 0.",
)

_Part = tuple[str, str, str]
"""What is averaged: (`all`, "", ""), (`encoder`, its name, ""), (`pair`, a method, another)."""

_ALL: _Part = ("all", "", "")


def answer(records: StudyRecords) -> Answer:
    """Mean rank correlation between methods: over all, of each pair and on each encoder.

    Each is tested against 0 over texts, and the largest encoder against the smallest; Holm's
    correction over all of them. "Yes" where the mean over all is shown to be above 0, "no" where
    it is shown to be below 0, else "not shown".
    """
    frame = _correlations(records)
    parts = _parts(records, frame)
    by_size = _by_size(records, frame)
    findings = _tested(parts, by_size)
    headline = findings.get(_ALL)
    verdict, sentence = _decided(headline, findings.get(("size", *by_size)))
    return Answer(
        number=3,
        question=QUESTION,
        verdict=verdict,
        sentence=sentence,
        headline=headline,
        findings=tuple(findings.values()),
        table=_table(findings),
        plot="method_agreement",
        notes=(*_NOTES, *_notes(records, parts)),
    )


def _correlations(records: StudyRecords) -> pd.DataFrame:
    columns = [*MODEL, "first", "second", "text", "correlation"]
    if records.correlations.empty:
        return pd.DataFrame(columns=columns)
    frame = uncompressed(records.correlations)[columns]
    return frame.astype({"correlation": float}).dropna(subset=["correlation"])


def _parts(records: StudyRecords, frame: pd.DataFrame) -> dict[_Part, pd.Series]:
    """A value a text; parts without any are left out."""
    found = {_ALL: _by_text(frame)}
    for encoder in records.encoders:
        found["encoder", encoder, ""] = _by_text(frame[frame["encoder"] == encoder])
    for pair in combinations(records.methods, 2):
        rows = frame[(frame["first"] == pair[0]) & (frame["second"] == pair[1])]
        found["pair", *pair] = _by_text(rows)
    return {part: values for part, values in found.items() if len(values)}


def _by_text(frame: pd.DataFrame) -> pd.Series:
    """Mean over each model's pairs, then over models."""
    by_model = frame.groupby(["text", *MODEL])["correlation"].mean()
    return by_model.groupby(level="text").mean()


def _by_size(records: StudyRecords, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """The largest encoder and the smallest, each with a value a text over what both have."""
    sizes = models(records).groupby("encoder")["encoder_params"].max().sort_values()
    sizes = sizes[sizes.index.isin(frame["encoder"].unique())]
    if len(sizes) < 2 or sizes.iloc[0] == sizes.iloc[-1]:
        return {}
    shared = ["classifier", "seed", "first", "second", "text"]
    large, small = (frame[frame["encoder"] == sizes.index[place]] for place in (-1, 0))
    both = large.merge(small, on=shared, suffixes=("_large", "_small"))
    means = both.groupby("text")[["correlation_large", "correlation_small"]].mean()
    if means.empty:
        return {}
    return {
        str(sizes.index[-1]): means["correlation_large"],
        str(sizes.index[0]): means["correlation_small"],
    }


def _tested(
    parts: Mapping[_Part, pd.Series], by_size: Mapping[str, pd.Series]
) -> dict[tuple[str, ...], Finding]:
    resamples = enough_resamples(len(parts) + 1)
    made: dict[tuple[str, ...], Finding] = {
        part: _finding(_name(part), values, pd.Series(0.0, values.index), resamples)
        for part, values in parts.items()
    }
    if by_size:
        name = f"{' minus '.join(by_size)}: correlation"
        large, small = by_size.values()
        made["size", *by_size] = _finding(name, large, small, resamples)
    return corrected(made)


def _finding(name: str, first: pd.Series, second: pd.Series, resamples: int) -> Finding:
    test = f"paired permutation test, {len(first)} texts"
    return paired_finding(
        name, first.to_numpy(), second.to_numpy(), "rank correlation", test, resamples
    )


def _name(part: _Part) -> str:
    kind, one, other = part
    if kind == "all":
        return "all pairs of methods: correlation"
    if kind == "encoder":
        return f"all pairs of methods on {one}: correlation"
    return f"{one} and {other}: correlation"


def _decided(overall: Finding | None, size: Finding | None) -> tuple[Verdict, str]:
    if overall is None:
        return "not shown", "Not shown: there are no two methods whose scores can be compared."
    mean = f"mean rank correlation {overall.estimate}"
    more = _about_size(size)
    if overall.above:
        return "yes", f"Yes, {_degree(overall.estimate.value)}: {mean}.{more}"
    if overall.below:
        return "no", f"No: on average methods contradict each other ({mean}).{more}"
    return "not shown", f"Not shown: no agreement beyond chance is shown ({mean}).{more}"


def _degree(correlation: float) -> str:
    """The convention's word.

    >>> [_degree(value) for value in (0.1, 0.5, 0.9)]
    ['but weakly', 'moderately', 'strongly']
    """
    if correlation < WEAK:
        return "but weakly"
    return "moderately" if correlation < STRONG else "strongly"


def _about_size(size: Finding | None) -> str:
    if size is None:
        return ""
    pair = size.name.removesuffix(": correlation")
    if not size.shown:
        return f" No change with size is shown ({pair}: {size.estimate})."
    more = "more" if size.estimate.value > 0 else "less"
    return (
        f" They agree {more} on the largest encoder than on the smallest ({pair}: {size.estimate})."
    )


def _table(findings: Mapping[tuple[str, ...], Finding]) -> pd.DataFrame:
    rows = [
        {
            "part": kind,
            "encoder": names[0] if kind == "encoder" else "",
            "first": names[0] if kind == "pair" else "",
            "second": names[1] if kind == "pair" else "",
            **spread("correlation", finding.estimate),
            "p_adjusted": p_adjusted(finding),
        }
        for (kind, *names), finding in findings.items()
        if kind != "size"
    ]
    ends = ["correlation", "correlation_low", "correlation_high"]
    return pd.DataFrame(rows, columns=["part", "encoder", "first", "second", *ends, "p_adjusted"])


def _notes(records: StudyRecords, parts: Mapping[_Part, pd.Series]) -> Iterator[str]:
    means = {part[1:]: values.mean() for part, values in parts.items() if part[0] == "pair"}
    if len(means) > 1:
        pairs = sorted(means, key=lambda pair: means[pair])
        least, most = (f"{' and '.join(pairs[n])} ({means[pairs[n]]:.3f})" for n in (0, -1))
        yield f"Most alike: {most}; least: {least}."
    without = [m for m in records.methods if not any(m in pair for pair in means)]
    if without and len(records.methods) > 1:
        yield f"Without a defined correlation: {', '.join(without)}."
    frame = models(records).dropna(subset=["interpretation_stability"])
    if len(frame) > 1:
        steady = frame.sort_values("interpretation_stability", kind="stable")
        named = frame["seed"].nunique() > 1
        first, last = (_stability(steady.iloc[place], named) for place in (0, -1))
        yield f"Most stable model (lowest deviation across methods): {first}; least: {last}."


def _stability(row: pd.Series, with_seed: bool) -> str:
    column = "interpretation_stability"
    value = Estimate(row[column], row[f"{column}_low"], row[f"{column}_high"], 0, 0)
    seed = f", seed {row['seed']}" if with_seed else ""
    return f"{model_name(row['encoder'], row['classifier'])}{seed}: {value}"
