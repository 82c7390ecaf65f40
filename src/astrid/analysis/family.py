"""A teacher and its students: the table, the two reference lines and the decision."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pandas as pd

from astrid._version import __version__
from astrid.analysis.comparison import (
    Comparison,
    ComparisonSettings,
    compare_explanations,
    explained_alike,
)
from astrid.analysis.decision import Candidate, Decision, DecisionRule, decide
from astrid.errors import InputError
from astrid.explain.records import Explanations
from astrid.measures.statistics.bootstrap import Estimate, plain_number

LIMITS = (
    "Similarity is no proof of correct reasoning: two models can look at the same wrong words.",
    "Scores are of single words; what words do together, and what happens between the layers, "
    "is not compared.",
    "Scores depend on the baseline and on the output that is explained: compare only figures "
    "that were made with the same ones.",
    "Explanations are post hoc: they describe a finished model's outputs, not how it computes.",
)
"""What has to stand wherever a similarity is shown."""

_PACKAGES = ("numpy", "scipy", "torch", "transformers")


@dataclass(frozen=True, eq=False)
class ExaminedModel:
    """A model with all that the comparison needs of it.

    Attributes:
        name: unique within the family.
        explanations: of the common texts, in their order.
        correct: whether each evaluation text was classified right; the evaluation texts may be
            more than the explained ones, and none where there are no labels.
        parameters: of the whole model.
        seconds_per_text: time of one prediction; None where it was not measured.
    """

    name: str
    explanations: Explanations
    correct: Sequence[bool]
    parameters: int
    seconds_per_text: float | None = None


@dataclass(frozen=True)
class ModelRow:
    """One line of the table.

    Attributes:
        name: of the model.
        accuracy: share of evaluation texts classified right.
        comparison: with the teacher; None for the teacher itself.
        parameters: of the whole model.
        compression: teacher's parameters / this model's.
        seconds_per_text: time of one prediction, where measured.
        verdict: of the decision rule, in a few words.
    """

    name: str
    accuracy: Estimate
    comparison: Comparison | None
    parameters: int
    compression: float
    seconds_per_text: float | None
    verdict: str

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "accuracy": self.accuracy.to_dict(),
            "comparison": self.comparison.to_dict() if self.comparison else None,
            "parameters": self.parameters,
            "compression": self.compression,
            "seconds_per_text": plain_number(self.seconds_per_text),
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class HowMade:
    """What somebody needs to make the figures again.

    Attributes:
        method: that explained the texts.
        target: whose class was explained.
        target_kind: probability, logit or logit difference.
        baseline: of the method; None where it has none.
        texts: how many were compared.
        settings: of the comparison: resamples, shuffles, seed, confidence.
        versions: of the packages that made the figures.
        asked: the method's settings, the draw of the texts, and the corpus' fingerprint.
    """

    method: str
    target: str
    target_kind: str
    baseline: str | None
    texts: int
    settings: ComparisonSettings
    versions: Mapping[str, str]
    asked: Mapping[str, object]

    def to_dict(self) -> dict[str, object]:
        return {
            "method": self.method,
            "target": self.target,
            "target_kind": self.target_kind,
            "baseline": self.baseline,
            "texts": self.texts,
            "settings": self.settings.model_dump(mode="json"),
            "versions": dict(self.versions),
            **self.asked,
        }


@dataclass(frozen=True)
class FamilyComparison:
    """Students compared with one teacher.

    Attributes:
        teacher: the teacher's line of the table.
        rows: the students' lines, in the order given.
        chance: similarity of shuffled scores, mean over students and texts.
        ceiling: similarity of the teacher's twin (the same training, another seed) to the teacher.
        ceiling_reason: why there is no ceiling; empty where there is one.
        decision: which student to ship.
        made: how.
    """

    teacher: ModelRow
    rows: tuple[ModelRow, ...]
    chance: Estimate
    ceiling: Estimate | None
    ceiling_reason: str
    decision: Decision
    made: HowMade

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "decision": self.decision.to_dict(),
            "teacher": self.teacher.to_dict(),
            "students": [row.to_dict() for row in self.rows],
            "chance": self.chance.to_dict(),
            "ceiling": self.ceiling.to_dict() if self.ceiling else None,
            "ceiling_reason": self.ceiling_reason or None,
            "made": self.made.to_dict(),
            "limits": list(LIMITS),
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a model, then chance and ceiling (column `role`); every estimate with its ends.

        This is the frame that the plots draw.
        """
        rows = [_flat("teacher", self.teacher), *(_flat("student", row) for row in self.rows)]
        for role, line in (("chance", self.chance), ("ceiling", self.ceiling)):
            if line is not None:
                rows.append({"role": role, "name": role, **_spread("similarity", line)})
        return pd.DataFrame(rows)


def compare_family(
    teacher: ExaminedModel,
    students: Sequence[ExaminedModel],
    twin: Explanations | None = None,
    no_twin: str = "the teacher was trained only once",
    baseline: str | None = None,
    asked: Mapping[str, object] | None = None,
    settings: ComparisonSettings | None = None,
    rule: DecisionRule | None = None,
) -> FamilyComparison:
    """Compare every student with the teacher and choose one.

    Args:
        teacher: the reference.
        students: at least one, with names of their own.
        twin: explanations of the teacher trained again with another seed.
        no_twin: the reason why there is no twin; shown where the ceiling would be.
        baseline: of the method, for the record.
        asked: whatever else the record should hold.
        settings: of the comparison.
        rule: of the decision.

    Raises:
        InputError: no students, names that are not unique, or explanations that can't be compared.
    """
    settings = settings or ComparisonSettings()
    check_names([teacher.name, *(student.name for student in students)])
    method, target_kind = explained_alike(teacher.explanations)
    comparisons = [_compared(teacher.explanations, item, settings) for item in students]
    ceiling = None if twin is None else compare_explanations(teacher.explanations, twin, settings)
    decision = decide(
        [_candidate(*pair, settings) for pair in zip(students, comparisons, strict=True)],
        ceiling.similarity if ceiling else None,
        rule,
    )
    parts = zip(students, comparisons, decision.verdicts, strict=True)
    return FamilyComparison(
        teacher=_row(teacher, teacher, None, "the reference", settings),
        rows=tuple(_row(teacher, item, how, verdict, settings) for item, how, verdict in parts),
        chance=_common_chance(comparisons, settings),
        ceiling=ceiling.similarity if ceiling else None,
        ceiling_reason="" if ceiling else no_twin,
        decision=decision,
        made=HowMade(
            method=method,
            target=settings.target,
            target_kind=target_kind,
            baseline=baseline,
            texts=len(teacher.explanations),
            settings=settings,
            versions=package_versions(),
            asked=asked or {},
        ),
    )


def package_versions() -> dict[str, str]:
    """Versions of Astrid, Python and the packages that make the figures."""
    own = {"astrid": __version__, "python": platform.python_version()}
    return own | {package: version(package) for package in _PACKAGES}


def check_names(names: Sequence[str]) -> None:
    """Refuse a family without students, or with two models of one name."""
    if len(names) < 2:
        raise InputError("compare: there is no student; give at least one beside the teacher")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"compare: two models are called {twice[0]!r}; give each its own name")


def _compared(
    teacher: Explanations, student: ExaminedModel, settings: ComparisonSettings
) -> Comparison:
    try:
        return compare_explanations(teacher, student.explanations, settings)
    except InputError as error:
        raise InputError(f"{student.name}: {error}") from None


def _candidate(
    student: ExaminedModel, comparison: Comparison, settings: ComparisonSettings
) -> Candidate:
    return Candidate(
        name=student.name,
        accuracy=settings.share(student.correct),
        similarity=comparison.similarity,
        chance=comparison.chance["cosine"],
        parameters=student.parameters,
    )


def _row(
    teacher: ExaminedModel,
    model: ExaminedModel,
    comparison: Comparison | None,
    verdict: str,
    settings: ComparisonSettings,
) -> ModelRow:
    return ModelRow(
        name=model.name,
        accuracy=settings.share(model.correct),
        comparison=comparison,
        parameters=model.parameters,
        compression=teacher.parameters / model.parameters,
        seconds_per_text=model.seconds_per_text,
        verdict=verdict,
    )


def _common_chance(comparisons: Sequence[Comparison], settings: ComparisonSettings) -> Estimate:
    """One chance line for all students: their mean on each text, then the mean over texts."""
    chance = np.array([[row.chance["cosine"] for row in item.rows] for item in comparisons])
    known = np.isfinite(chance)
    sums = np.where(known, chance, 0.0).sum(axis=0)
    counts = known.sum(axis=0)
    per_text = np.full(len(counts), np.nan)
    return settings.mean(np.divide(sums, counts, out=per_text, where=counts > 0))


def _spread(name: str, estimate: Estimate) -> dict[str, object]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _flat(role: str, row: ModelRow) -> dict[str, object]:
    flat: dict[str, object] = {"role": role, "name": row.name}
    flat |= _spread("accuracy", row.accuracy)
    if row.comparison:
        flat |= _spread("similarity", row.comparison.similarity)
        flat |= _spread("spearman", row.comparison.agreement["spearman"])
        flat |= _spread("top_k", row.comparison.agreement["top_k"])
        flat |= _spread("prediction_agreement", row.comparison.prediction_agreement)
        flat |= _spread("reasons_differ", row.comparison.reasons_differ)
    return flat | {
        "parameters": row.parameters,
        "compression": row.compression,
        "seconds_per_text": row.seconds_per_text,
        "verdict": row.verdict,
    }
