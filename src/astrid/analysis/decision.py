"""Which student to ship, and what the figures do not say."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from astrid.measures.statistics.bootstrap import Estimate
from astrid.spec import Spec

FEW_TEXTS = 30
"""Below this many texts the decision says that they are few."""


class DecisionRule(Spec):
    """Accuracy and similarity must lie above these; then the fewest parameters win."""

    min_accuracy: float = Field(default=0.70, ge=0, le=1)
    min_similarity: float = Field(default=0.80, ge=-1, le=1)


@dataclass(frozen=True)
class Candidate:
    """What the rule looks at.

    Attributes:
        name: of the student.
        accuracy: share of right answers.
        similarity: mean cosine to the teacher's explanations.
        chance: mean cosine of the student's shuffled scores.
        parameters: of the whole model.
    """

    name: str
    accuracy: Estimate
    similarity: Estimate
    chance: Estimate
    parameters: int


@dataclass(frozen=True)
class Decision:
    """The answer, and the way to it.

    Attributes:
        chosen: name of the student to ship; None where none qualifies.
        answer: the decision in one sentence.
        verdicts: a few words for each candidate, in their order.
        excluded: for each candidate that does not qualify, the requirements that it misses.
        notes: what a reader must know before acting on the answer.
        rule: the requirements.
    """

    chosen: str | None
    answer: str
    verdicts: tuple[str, ...]
    excluded: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]
    rule: DecisionRule

    def to_dict(self) -> dict[str, object]:
        return {
            "chosen": self.chosen,
            "answer": self.answer,
            "excluded": {name: list(reasons) for name, reasons in self.excluded.items()},
            "notes": list(self.notes),
            "rule": self.rule.model_dump(mode="json"),
        }


def decide(
    candidates: Sequence[Candidate], ceiling: Estimate | None, rule: DecisionRule | None = None
) -> Decision:
    """The smallest candidate whose accuracy and similarity lie above the rule's thresholds.

    Between equally small ones the higher similarity decides, then the name.

    Args:
        candidates: the students; none is a valid answer to no candidates.
        ceiling: similarity of the teacher's twin to the teacher; None where there is no twin.
        rule: the thresholds.
    """
    rule = rule or DecisionRule()
    excluded = {item.name: missed for item in candidates if (missed := _missed(item, rule))}
    qualified = [item for item in candidates if item.name not in excluded]
    best = min(
        qualified,
        key=lambda item: (item.parameters, -item.similarity.value, item.name),
        default=None,
    )
    return Decision(
        chosen=best.name if best else None,
        answer=_answer(best, qualified, excluded, rule),
        verdicts=tuple(verdict(item, rule) for item in candidates),
        excluded=excluded,
        notes=(
            *_notes_on_thresholds(candidates, ceiling, rule),
            *_notes_on_margin(best, rule),
            *(
                note
                for item in candidates
                for note in notes_on_similarity(item.name, item.similarity, item.chance)
            ),
        ),
        rule=rule,
    )


def verdict(candidate: Candidate, rule: DecisionRule) -> str:
    """Both requirements in a few words."""
    if not candidate.similarity.defined:
        return "similarity undefined"
    if not candidate.accuracy.defined:
        return "accuracy unknown"
    accurate = candidate.accuracy.value > rule.min_accuracy
    alike = candidate.similarity.value > rule.min_similarity
    return {
        (True, True): "accurate and reasons alike",
        (True, False): "accurate but reasons differ",
        (False, True): "reasons alike but too inaccurate",
        (False, False): "neither accurate nor reasons alike",
    }[accurate, alike]


def _missed(candidate: Candidate, rule: DecisionRule) -> tuple[str, ...]:
    requirements = (
        ("accuracy", candidate.accuracy, rule.min_accuracy),
        ("similarity", candidate.similarity, rule.min_similarity),
    )
    return tuple(
        f"{name} {estimate.value:.3f} is not above {minimum:.2f}"
        if estimate.defined
        else f"{name} is not known"
        for name, estimate, minimum in requirements
        if not estimate.value > minimum
    )


def _answer(
    best: Candidate | None,
    qualified: Sequence[Candidate],
    excluded: dict[str, tuple[str, ...]],
    rule: DecisionRule,
) -> str:
    needs = f"accuracy above {rule.min_accuracy:.2f} and similarity above {rule.min_similarity:.2f}"
    if best:
        others = "the only student" if len(qualified) == 1 else "the smallest student"
        return (
            f"Ship {best.name} ({best.parameters:,} parameters): {others} with {needs} "
            f"(accuracy {best.accuracy}, similarity {best.similarity})."
        )
    if not excluded:
        return "There is no student to choose from."
    reasons = "; ".join(f"{name}: {' and '.join(missed)}" for name, missed in excluded.items())
    return f"Ship none of the students: none has {needs}. {reasons}."


def _notes_on_thresholds(
    candidates: Sequence[Candidate], ceiling: Estimate | None, rule: DecisionRule
) -> list[str]:
    notes = []
    minimum = rule.min_similarity
    if ceiling is not None and ceiling.defined:
        if ceiling.value <= minimum:
            notes.append(
                f"The teacher trained again with another seed reaches a similarity of {ceiling}, "
                f"which is not above {minimum:.2f}: with these texts and this method the "
                "threshold asks for more likeness than retraining the teacher itself gives."
            )
        elif ceiling.contains(minimum):
            notes.append(
                f"The interval of the ceiling {ceiling} contains the threshold {minimum:.2f}: "
                "even the teacher trained again might miss it."
            )
    lucky = [item.name for item in candidates if item.chance.value >= minimum]
    if lucky:
        notes.append(
            f"Shuffled scores alone reach {minimum:.2f} for {', '.join(lucky)}: passing the "
            "threshold says nothing there; raise it or use a method with signed scores."
        )
    return notes


def _notes_on_margin(best: Candidate | None, rule: DecisionRule) -> list[str]:
    """Where the winner's interval reaches below a threshold, another sample might decide anew."""
    if best is None:
        return []
    requirements = (
        ("accuracy", best.accuracy, rule.min_accuracy),
        ("similarity", best.similarity, rule.min_similarity),
    )
    return [
        f"{best.name}: the interval of its {name} {estimate} contains the threshold "
        f"{minimum:.2f}; other texts might decide otherwise."
        for name, estimate, minimum in requirements
        if estimate.contains(minimum)
    ]


def notes_on_similarity(name: str, similarity: Estimate, chance: Estimate) -> list[str]:
    """What makes a model's similarity doubtful: undefined texts, the chance line, few texts."""
    notes = []
    if similarity.undefined:
        notes.append(
            f"{name}: similarity is undefined for {similarity.undefined} of "
            f"{similarity.n + similarity.undefined} texts (all scores are zero); they are left out."
        )
    if similarity.contains(chance.value):
        notes.append(
            f"{name}: the interval of its similarity {similarity} contains the chance line "
            f"{chance.value:.3f}; it can't be told from shuffled scores."
        )
    elif similarity.high < chance.value:
        notes.append(
            f"{name}: its similarity {similarity} lies below the chance line {chance.value:.3f}: "
            "it is less like the teacher than its own shuffled scores."
        )
    if 0 < similarity.n < FEW_TEXTS:
        notes.append(f"{name}: only {similarity.n} texts were compared; the interval is rough.")
    return notes
