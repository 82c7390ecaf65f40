"""The first thing a study's report says: which model to ship, why, and how sure that is."""

from dataclasses import dataclass, replace
from typing import get_args

import pandas as pd

from astrid.analysis._candidates import estimate_of
from astrid.analysis.decision import Candidate, DecisionRule, decide
from astrid.analysis.selection import PriorityName, Requirements, Selection, prioritise, select
from astrid.measures.statistics.bootstrap import Estimate
from astrid.report.frame_table import TableView, table_view
from astrid.report.study_tiles import Row, Tile, ceiling_of, chance_of, change_of_accuracy, tiles
from astrid.study.records import StudyRecords

TOP = 5
"""Models in the table of the best."""

_LISTED = 8

_SCORE = (
    "Score: 0.4 · accuracy + 0.3 · similarity + 0.2 · (1 − parameters / largest) + 0.1 · (1 − time "
    "/ longest); in small figures, the score with the worse and with the better end of every "
    "interval at once."
)
_COMPRESSED = (
    " Parameters are counted, not bytes: int8 weights, and pruned ones, gain nothing for size."
)
_HEADINGS = {
    "name": "model",
    "score_accuracy": "from accuracy",
    "score_similarity": "from similarity",
    "score_size": "from size",
    "score_speed": "from speed",
    "attribution_similarity": "similarity",
    "total_params": "parameters",
    "inference_time": "time a text",
    "evidence": "what this study says about it",
}


@dataclass(frozen=True)
class ChoiceView:
    """The answer as the page shows it.

    Attributes:
        chosen: name of the model; None where none qualifies.
        fit: whether it also meets the rule of accuracy and similarity.
        heading: the answer in a few words.
        why: the reasons, a sentence each.
        tiles: the chosen model's figures.
        notes: what to know before acting on it.
        excluded: requirements and what they exclude; without rows where they exclude nothing.
        top: the best models with the parts of their scores; without rows where none qualifies.
        score: how the score is made.
        priorities: the four ready rules.
    """

    chosen: str | None
    fit: bool
    heading: str
    why: tuple[str, ...]
    tiles: tuple[Tile, ...]
    notes: tuple[str, ...]
    excluded: TableView
    top: TableView
    score: str
    priorities: TableView


def choice_view(records: StudyRecords, requirements: Requirements) -> ChoiceView:
    """The choice by score among the models that meet `requirements`, and what speaks against it."""
    selection = select(records, requirements, top=TOP)
    verdict = _verdict(records, selection)
    return ChoiceView(
        chosen=selection.chosen,
        fit=verdict.fit,
        heading=verdict.heading,
        why=(_reason(selection), *_loss(records, selection), *verdict.sentences, *selection.notes),
        tiles=_tiles(records, selection),
        notes=(*verdict.notes, *_unscored(selection)),
        excluded=_excluded(selection),
        top=_top(selection.ranked),
        score=_SCORE + (_COMPRESSED if records.compresses else ""),
        priorities=_priorities(records),
    )


def _reason(selection: Selection) -> str:
    if selection.chosen is None:
        return selection.answer
    row, n = selection.ranked.iloc[0], selection.qualified
    asked = any(limit is not None for limit in selection.requirements.model_dump().values())
    of = "It is the only model" if n == 1 else f"It has the best score of {n:,} models"
    score = f"{row['score']:.3f} [{row['score_low']:.3f}, {row['score_high']:.3f}]"
    return f"{of}{' that meet the requirements' if asked else ''}: {score}."


def _loss(records: StudyRecords, selection: Selection) -> tuple[str, ...]:
    """What the choice costs in accuracy, which the two models' own intervals don't tell."""
    if selection.chosen is None:
        return ()
    change = change_of_accuracy(records, selection.ranked.iloc[0].to_dict())
    if change is None:
        return ()
    if change.high < 0:
        shown = "a loss is shown"
    elif change.low > 0:
        shown = "a gain is shown"
    else:
        shown = f"no difference is shown, but a loss of up to {-change.low:.3f} is not ruled out"
    return (
        f"Its accuracy less the reference's, on the same {change.n:,} documents: {change}; "
        f"{shown}.",
    )


@dataclass(frozen=True)
class _Verdict:
    """What the rule of accuracy and similarity adds to the choice by score."""

    heading: str
    fit: bool
    sentences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _verdict(records: StudyRecords, selection: Selection) -> _Verdict:
    if selection.chosen is None:
        return _Verdict("Ship none of these models", False)
    row, rule = selection.ranked.iloc[0].to_dict(), DecisionRule()
    accurate = row["accuracy"] > rule.min_accuracy
    if _is_reference(records, row):
        return _kept(selection, rule, accurate)
    candidate = _candidate(records, row)
    decision = decide([candidate], ceiling_of(records), rule)
    needs = f"accuracy above {rule.min_accuracy:.2f}, similarity above {rule.min_similarity:.2f}"
    found = decision.verdicts[0]
    differ = f"Ship {selection.chosen}, but its reasons differ from the reference's"
    if accurate and _may_be_alike(candidate.similarity, rule):
        differ = f"Ship {selection.chosen}; whether its reasons are the reference's is open"
        found = (
            f"accurate, but the similarity {candidate.similarity} may lie on either side of "
            f"{rule.min_similarity:.2f}"
        )
    says = f"Measured by the rule for students ({needs}): {found}."
    headings = {(True, True): f"Ship {selection.chosen}", (True, False): differ}
    heading = headings.get(
        (accurate, decision.chosen is not None),
        f"Nothing is fit to ship yet; {selection.chosen} comes closest",
    )
    return _Verdict(heading, decision.chosen is not None, (says,), decision.notes)


def _may_be_alike(similarity: Estimate, rule: DecisionRule) -> bool:
    """Whether a similarity that misses the threshold may only have missed it by these texts."""
    missed = similarity.defined and similarity.value <= rule.min_similarity
    return missed and similarity.has_interval and similarity.high > rule.min_similarity


def _kept(selection: Selection, rule: DecisionRule, accurate: bool) -> _Verdict:
    """The reference has the best score: no other model makes up for its own similarity of 1."""
    sentences = []
    if not accurate:
        sentences.append(f"Even its accuracy is not above {rule.min_accuracy:.2f}.")
    if len(selection.ranked) > 1:
        other = selection.ranked.iloc[1]
        score = f"{other['score']:.3f} [{other['score_low']:.3f}, {other['score_high']:.3f}]"
        sentences.append(f"The best other model is {other['name']}: {score}.")
    heading = f"Keep the reference, {selection.chosen}"
    if not accurate:
        heading = f"Nothing is fit to ship yet; the reference, {selection.chosen}, comes closest"
    return _Verdict(heading, accurate, tuple(sentences))


def _is_reference(records: StudyRecords, row: Row) -> bool:
    it = records.reference
    names = {"encoder": it.encoder, "classifier": it.classifier, "seed": it.seed}
    if records.compresses:
        names["compression"] = it.compression
    return all(row[name] == value for name, value in names.items())


def _candidate(records: StudyRecords, row: Row) -> Candidate:
    similarity = estimate_of(pd.Series(row), "attribution_similarity")
    chance = chance_of(records, row)
    return Candidate(
        name=str(row["name"]),
        accuracy=estimate_of(pd.Series(row), "accuracy"),
        similarity=replace(similarity, n=chance.n),
        chance=chance,
        parameters=int(row["total_params"]),
    )


def _tiles(records: StudyRecords, selection: Selection) -> tuple[Tile, ...]:
    if selection.chosen is None:
        return ()
    names = records.model_columns
    chosen = selection.ranked[names].head(1)
    return tiles(records, records.of_method().merge(chosen, on=names).iloc[0].to_dict())


def _unscored(selection: Selection) -> tuple[str, ...]:
    if not selection.unscored:
        return ()
    name, reason = next(iter(selection.unscored.items()))
    more = len(selection.unscored) - 1
    others = f" ({more} more lack a figure too)" if more else ""
    return (f"{name} has no score: {reason}{others}.",)


def _excluded(selection: Selection) -> TableView:
    limits = selection.requirements.model_dump()
    rows = [
        {
            "requirement": name.replace("_", " "),
            "limit": f"{limits[name]:,}",
            "excludes": len(names),
            "models": ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else ""),
        }
        for name, names in selection.excluded.items()
    ]
    return table_view(pd.DataFrame(rows))


def _top(ranked: pd.DataFrame) -> TableView:
    parts = [f"score_{name}" for name in ("accuracy", "similarity", "size", "speed")]
    figures = [
        *(f"accuracy{end}" for end in ("", "_low", "_high")),
        *(f"attribution_similarity{end}" for end in ("", "_low", "_high")),
        "total_params",
        *(f"inference_time{end}" for end in ("", "_low", "_high")),
    ]
    columns = ["name", "score", "score_low", "score_high", *parts, *figures]
    return table_view(ranked[columns], headings=_HEADINGS)


def _priorities(records: StudyRecords) -> TableView:
    """A row a rule: what it takes, its figures, and what the study says for and against it."""
    rows = []
    for name in get_args(PriorityName):
        found = prioritise(records, name)
        figures = {column: found.model.get(column) for column in _FIGURES}
        evidence = (*found.statements, *found.notes) if found.chosen else (found.answer,)
        rows.append(
            {
                "priority": f"{name}: {found.rule}",
                "name": found.chosen,
                **figures,
                "evidence": " ".join(evidence),
            }
        )
    frame = pd.DataFrame(rows).astype(dict.fromkeys(_FIGURES, float))
    return table_view(frame, headings=_HEADINGS)


_FIGURES = (
    *(f"accuracy{end}" for end in ("", "_low", "_high")),
    *(f"attribution_similarity{end}" for end in ("", "_low", "_high")),
    "total_params",
    *(f"inference_time{end}" for end in ("", "_low", "_high")),
)


def scored(records: StudyRecords, requirements: Requirements) -> pd.DataFrame:
    """The records of the reference's method with a `score`, the best first.

    Models that don't meet the requirements, or lack a figure, have none and come last.
    """
    frame = records.of_method()
    ranked = select(records, requirements, top=max(len(frame), 1)).ranked
    names = records.model_columns
    joined = frame.merge(ranked[[*names, "score", "score_low", "score_high"]], on=names, how="left")
    return joined.sort_values(
        ["score", "accuracy"], ascending=False, na_position="last", ignore_index=True
    )
