"""What a reader of a gate's answer must know before acting on it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from astrid.analysis.decision import FEW_TEXTS, notes_on_similarity
from astrid.analysis.gate_checks import Check, GateSettings
from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import Estimate, share_with_interval
from astrid.measures.statistics.mcnemar import difference_from_counts
from astrid.measures.statistics.power import texts_for_difference, texts_for_share


@dataclass(frozen=True)
class Context:
    """What was measured beside the figures that are checked.

    Attributes:
        candidate: its name.
        teacher_accuracy: on the same documents; undefined where they have no labels.
        prediction_agreement: share of documents for which both models predict the same class.
        chance: similarity of shuffled scores; undefined where no similarity was asked.
        majority: share of the most frequent class; 0 where the documents have no labels.
    """

    candidate: str
    teacher_accuracy: Estimate
    prediction_agreement: Estimate
    chance: Estimate
    majority: float


def notes_on(checks: Sequence[Check], context: Context, settings: GateSettings) -> tuple[str, ...]:
    """What makes the checks weaker, or harder, than they look."""
    notes: list[str] = []
    for check in checks:
        if check.name == "accuracy":
            notes += _on_accuracy(check, context, settings)
        elif check.name == "similarity":
            notes += _on_similarity(check, context)
        else:
            notes += _on_drop(check, settings)
    return tuple(notes)


def _on_accuracy(check: Check, context: Context, settings: GateSettings) -> list[str]:
    notes = _on_few_documents(check)
    asked, teacher = check.threshold, context.teacher_accuracy
    if asked <= context.majority:
        notes.append(
            f"Accuracy: always answering the most frequent class reaches {context.majority:.3f} "
            f"on these documents; an accuracy of {asked:g} asks for no more than that."
        )
    if teacher.low < asked:
        notes.append(f"Accuracy: the teacher itself, {teacher}, would not pass {asked:g}.")
    perfect = share_with_interval([True] * check.estimate.n, settings.confidence)
    if perfect.low < asked:
        least = texts_for_share(1.0, asked, settings.confidence)
        notes.append(
            f"Accuracy: with {check.estimate.n} documents not even a faultless model could pass "
            f"{asked:g}; give at least {least:,}."
        )
    return notes


def _on_similarity(check: Check, context: Context) -> list[str]:
    notes = notes_on_similarity(context.candidate, check.estimate, context.chance)
    if context.chance.defined and context.chance.value >= check.threshold:
        notes.append(
            f"Similarity: shuffled scores alone reach {context.chance.value:.3f}; passing "
            f"{check.threshold:g} says nothing. Raise it, or use a method with signed scores."
        )
    return notes


def _on_drop(check: Check, settings: GateSettings) -> list[str]:
    notes = _on_few_documents(check)
    texts, most = check.estimate.n, check.threshold
    equal = difference_from_counts(0, 0, texts, settings.confidence)[1]
    if equal <= most or not math.isfinite(equal):
        return notes
    try:
        least = texts_for_difference(0.0, 0.0, most, settings.confidence)
        mend = f"give at least {least:,}"
    except InputError:
        mend = "only a better model could"
    notes.append(
        f"Drop: with {texts} documents a model that gives the teacher's own answers could not "
        f"pass {most:g}; {mend}."
    )
    return notes


def _on_few_documents(check: Check) -> list[str]:
    texts = check.estimate.n
    if texts >= FEW_TEXTS:
        return []
    name = check.name.capitalize()
    return [f"{name}: only {texts} documents have labels; the interval is rough."]
