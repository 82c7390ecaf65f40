"""Question 2: which head preserves the teacher's reasoning?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from astrid.analysis._study import (
    by_text,
    enough_resamples,
    keys,
    mean_over_seeds,
    missing_models,
    paired,
    spread,
)
from astrid.analysis.questions._answer import Answer, Finding, Verdict
from astrid.analysis.questions._tests import corrected, p_adjusted, paired_finding
from astrid.measures.statistics.bootstrap import Estimate, mean_with_interval
from astrid.study.records import StudyRecords

QUESTION = "Which head preserves the teacher's reasoning?"

ALL = "all encoders"
"""In the table's column `encoder`: the mean over the encoders that are ranked together."""

_NOTES = (
    "Similarity is no proof of correct reasoning: two models can look at the same wrong words.",
    "Texts are the unit: the answer is about these trained models.",
)

_Pair = tuple[str, str, str]
"""Encoder or `ALL`, and two heads."""


@dataclass(frozen=True, eq=False)
class _Similarities:
    """Cosines to the reference's model explained by the same method, by text.

    Attributes:
        alike: `[N, M]`, a column an encoder, head and seed; the reference's own is left out.
        chance: the same of shuffled scores.
        together: `[N, H]` a column a head: mean over the encoders and seeds that all heads share.
        chance_together: the same of shuffled scores.
        encoders: over which the heads are ranked together.
    """

    alike: pd.DataFrame
    chance: pd.DataFrame
    together: pd.DataFrame
    chance_together: pd.DataFrame
    encoders: tuple[str, ...]


def answer(records: StudyRecords) -> Answer:
    """Rank the heads within each encoder, and over the encoders together.

    A text's value is `same_method` of the reference's method. All pairs of heads are tested on the
    same texts, within each encoder and together, and each head together against chance; Holm's
    correction over all of them, as the best head is not known beforehand.

    "Yes" where the best head together is shown to be above every other and above chance; else
    "not shown".
    """
    values = _similarities(records)
    orders = _orders(records, values)
    findings = _tested(values, orders)
    verdict, sentence, headline = _decided(orders[ALL], findings)
    return Answer(
        number=2,
        question=QUESTION,
        verdict=verdict,
        sentence=sentence,
        headline=headline,
        findings=tuple(_shown(orders, findings)),
        table=_table(values, orders, findings),
        plot="similarity_heatmap",
        notes=(*_NOTES, *_notes(records, values)),
    )


def _similarities(records: StudyRecords) -> _Similarities:
    reference = records.reference
    frame = records.similarities
    if not frame.empty:
        frame = frame[frame["interpretability"] == reference.interpretability]
    wide = {name: by_text(frame, "text", name) for name in ("same_method", "chance")}
    own = (reference.encoder, reference.classifier, reference.seed)
    alike, chance = (
        values.drop(columns=[own]) if own in values.columns else values for values in wide.values()
    )
    alike = alike.dropna(axis="columns", how="all")
    together, encoders = _together(records, alike)
    chance_together, _ = _together(records, chance[alike.columns])
    return _Similarities(alike, chance, together, chance_together, encoders)


def _together(
    records: StudyRecords, values_NM: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A column a head, each over the same encoders, seeds and defined values."""
    large = values_NM.columns.get_level_values(0) == records.reference.encoder
    # Where there is no other encoder, the teacher's own with other heads or seeds is all there is.
    chosen_NM = values_NM.loc[:, large if large.all() else ~large]
    heads = [head for head in records.heads if head in chosen_NM.columns.unique(1)]
    groups = {
        (encoder, seed): chosen_NM[[(encoder, head, seed) for head in heads]].droplevel([0, 2], 1)
        for encoder, seed in dict.fromkeys((e, s) for e, _, s in keys(chosen_NM))
        if all((encoder, head, seed) in keys(chosen_NM) for head in heads)
    }
    if not groups:
        return pd.DataFrame(index=values_NM.index, dtype=float), ()
    known = pd.concat([group.dropna() for group in groups.values()])
    there = {encoder for encoder, _ in groups}
    return known.groupby(level=0).mean(), tuple(e for e in records.encoders if e in there)


def _orders(records: StudyRecords, values: _Similarities) -> dict[str, list[str]]:
    """Heads from the highest mean down, of each encoder and last together."""
    there = {(encoder, head) for encoder, head, _ in keys(values.alike)}
    means = {
        encoder: {
            head: float(np.nanmean(mean_over_seeds(values.alike, encoder, head)))
            for head in records.heads
            if (encoder, head) in there
        }
        for encoder in records.encoders
    }
    means[ALL] = {str(head): float(mean) for head, mean in values.together.mean().items()}
    return {
        encoder: sorted(heads, key=lambda head: -heads[head]) for encoder, heads in means.items()
    }


def _tested(values: _Similarities, orders: Mapping[str, Sequence[str]]) -> dict[_Pair, Finding]:
    pairs = [(name, *pair) for name, heads in orders.items() for pair in combinations(heads, 2)]
    resamples = enough_resamples(len(pairs) + len(orders[ALL]))
    made = {pair: _difference(values, *pair, resamples) for pair in pairs}
    made |= {(ALL, head, ""): _above_chance(values, head, resamples) for head in orders[ALL]}
    return corrected(made)


def _difference(
    values: _Similarities, encoder: str, first: str, second: str, resamples: int
) -> Finding:
    if encoder == ALL:
        one, other = (values.together[head].to_numpy() for head in (first, second))
        where = f"mean over {_counted(len(values.encoders), 'encoder')}"
    else:
        one, other, seeds = paired(values.alike, (encoder, first), (encoder, second))
        where = f"mean of {seeds} seeds" if seeds > 1 else "one seed"
    name = f"{first} minus {second}" + ("" if encoder == ALL else f" on {encoder}") + ": similarity"
    test = f"paired permutation test, {len(one)} texts, {where}"
    return paired_finding(name, one, other, "cosine", test, resamples)


def _above_chance(values: _Similarities, head: str, resamples: int) -> Finding:
    one = values.together[head]
    chance = values.chance_together.get(head, pd.Series(dtype=float)).reindex(one.index)
    test = f"paired permutation test, {len(one)} texts, against shuffled scores"
    name = f"{head} minus chance: similarity"
    return paired_finding(name, one.to_numpy(), chance.to_numpy(), "cosine", test, resamples)


def _decided(
    ranked: Sequence[str], findings: Mapping[_Pair, Finding]
) -> tuple[Verdict, str, Finding | None]:
    if len(ranked) < 2:
        reason = (
            "the study has one head to rank"
            if ranked
            else "no encoder has similarities of every head"
        )
        return "not shown", f"Not shown: {reason}.", None
    best, *others = ranked
    against = {head: findings[ALL, best, head] for head in others}
    headline = against[others[0]]
    beaten = [head for head, finding in against.items() if finding.above]
    if not findings[ALL, best, ""].above:
        sentence = (
            f"Not shown: even the explanations of {best}, the head most like the teacher, are not "
            "shown to be more like it than shuffled scores."
        )
        return "not shown", sentence, headline
    if len(beaten) == len(others):
        sentence = (
            f"Yes, one does best: {best}, whose explanations are more like the teacher's than "
            f"those of every other head (next: {others[0]}, difference in cosine "
            f"{headline.estimate})."
        )
        return "yes", sentence, headline
    level = [head for head in others if head not in beaten]
    below = f"; shown to be below it: {', '.join(beaten)}" if beaten else ""
    sentence = (
        f"Not shown: {best} has the highest similarity to the teacher, but no difference is shown "
        f"to {', '.join(level)} (to {others[0]}: {headline.estimate}){below}."
    )
    return "not shown", sentence, headline


def _shown(
    orders: Mapping[str, Sequence[str]], findings: Mapping[_Pair, Finding]
) -> Iterator[Finding]:
    """All tests together; within an encoder those of its best head."""
    yield from (found for (name, _, other), found in findings.items() if name == ALL and other)
    yield from (found for (_, _, other), found in findings.items() if not other)
    for (encoder, head, other), finding in findings.items():
        if encoder != ALL and other and head == orders[encoder][0]:
            yield finding


def _table(
    values: _Similarities,
    orders: Mapping[str, Sequence[str]],
    findings: Mapping[_Pair, Finding],
) -> pd.DataFrame:
    rows = [
        row for encoder, heads in orders.items() for row in _rows(encoder, heads, values, findings)
    ]
    names = [f"{name}{end}" for name in ("similarity", "chance") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["encoder", "classifier", "rank", *names, "p_adjusted"])


def _rows(
    encoder: str, heads: Sequence[str], values: _Similarities, findings: Mapping[_Pair, Finding]
) -> Iterator[dict[str, object]]:
    for rank, head in enumerate(heads, start=1):
        if encoder == ALL:
            parts = [part[head].to_numpy() for part in (values.together, values.chance_together)]
        else:
            parts = [mean_over_seeds(part, encoder, head) for part in (values.alike, values.chance)]
        yield {
            "encoder": encoder,
            "classifier": head,
            "rank": rank,
            **spread("similarity", mean_with_interval(parts[0])),
            **spread("chance", mean_with_interval(parts[1])),
            "p_adjusted": p_adjusted(findings.get((encoder, heads[0], head))),
        }


def _notes(records: StudyRecords, values: _Similarities) -> Iterator[str]:
    reference = records.reference
    if reference.encoder in values.encoders:
        yield (
            "There is no other encoder, so that the heads are ranked on the teacher's own; the "
            "reference itself, whose similarity is 1 by construction, is left out."
        )
    elif values.encoders:
        yield (
            f"The teacher's encoder {reference.encoder} is left out of the ranking together: its "
            f"{reference.classifier} head is the reference, whose similarity is 1 by construction."
        )
    left_out = [e for e in records.encoders if e not in (*values.encoders, reference.encoder)]
    if left_out:
        yield f"Not ranked together, as a head is missing there: {', '.join(left_out)}."
    if values.encoders:
        yield f"Chance (shuffled scores, mean over the heads): {_mean(values.chance_together)}."
    if len(records.ceiling):
        ceiling = mean_with_interval(records.ceiling["similarity"].to_numpy(dtype=float))
        yield f"Ceiling (the teacher trained again with another seed): {ceiling}."
    else:
        yield "There is no ceiling: the teacher was trained once."
    if missing := missing_models(records):
        yield f"Without a record: {', '.join(missing)}."


def _mean(values_NH: pd.DataFrame) -> Estimate:
    return mean_with_interval(values_NH.mean(axis=1).to_numpy())


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
