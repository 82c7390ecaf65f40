"""Asking models for what a comparison needs: answers, times and explanations on the same texts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import Field

from astrid.analysis.cases import Case, choose_cases
from astrid.analysis.comparison import (
    Comparison,
    ComparisonSettings,
    TargetRule,
    compare_explanations,
)
from astrid.analysis.decision import DecisionRule
from astrid.analysis.evidence import Recovery, evidence_recovery
from astrid.analysis.family import ExaminedModel, FamilyComparison, check_names, compare_family
from astrid.errors import InputError
from astrid.explain import methods
from astrid.explain.records import Explanations, TargetKind
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.models.outputs import require_classes
from astrid.models.protocol import TextModel
from astrid.progress import Advance, silent
from astrid.spec import Spec
from astrid.text.document import Corpus


class ExplainSettings(Spec):
    """How every model of a comparison is explained.

    Attributes:
        method: a name from `astrid methods`.
        params: the method's settings.
        kind: of output: probability, logit or logit_difference.
        texts: how many documents are explained, drawn with `seed`; all documents count for the
            accuracy.
        seed: of the draw.
    """

    method: str = "integrated_gradients"
    params: dict[str, Any] = Field(default_factory=dict)
    kind: TargetKind = "probability"
    texts: int = 50
    seed: int = 0


@dataclass(frozen=True, eq=False)
class ComparedModels:
    """A comparison with the explanations behind it, and texts worth showing.

    `evidence` says how well the teacher's explanations find the known evidence; None where the
    corpus has none.
    """

    family: FamilyComparison
    teacher: Explanations
    students: dict[str, Explanations]
    cases: tuple[Case, ...]
    evidence: Recovery | None


def compare_models(
    teacher: TextModel,
    students: Sequence[TextModel],
    corpus: Corpus,
    twin: TextModel | None = None,
    explaining: ExplainSettings | None = None,
    settings: ComparisonSettings | None = None,
    rule: DecisionRule | None = None,
    advance: Advance = silent,
) -> ComparedModels:
    """Compare students with their teacher on labelled documents.

    Args:
        teacher: the reference.
        students: models with the same classes and names of their own.
        corpus: documents that none of the models was trained on.
        twin: the teacher trained again with another seed: the ceiling of the similarity.
        explaining: how the models are explained.
        settings: how explanations are compared.
        rule: what a student must reach.
        advance: told of each model that is done.

    Raises:
        InputError: models with other classes than the corpus or each other.
    """
    explaining, settings = explaining or ExplainSettings(), settings or ComparisonSettings()
    chosen = chosen_documents(corpus, explaining.texts, explaining.seed)
    texts = [document.text for document in chosen]
    check_names([teacher.name, *(student.name for student in students)])
    models = [teacher, *students, *([twin] if twin else [])]
    for model in models:
        check_same_classes(teacher, model)
    asked = _targets(teacher, chosen, texts, settings.target, explaining.kind)
    examined = []
    for model in models:
        examined.append(_examine(model, corpus, texts, asked, explaining))
        advance()
    twin_explanations = examined.pop().explanations if twin else None
    family = compare_family(
        examined[0],
        examined[1:],
        twin=twin_explanations,
        no_twin="no second teacher was given",
        baseline=_baseline(explaining),
        asked={
            "explaining": explaining.model_dump(mode="json"),
            "corpus": corpus.name,
            "fingerprint": corpus.fingerprint(),
            "documents": len(corpus),
        },
        settings=settings,
        rule=rule,
    )
    return ComparedModels(
        family,
        examined[0].explanations,
        {model.name: model.explanations for model in examined[1:]},
        choose_cases(family, examined[0], examined[1:]),
        evidence_recovery(examined[0].explanations, chosen),
    )


def compare(
    teacher: TextModel,
    student: TextModel,
    texts: str | Sequence[str],
    *,
    method: str = "integrated_gradients",
    params: dict[str, Any] | None = None,
    kind: TargetKind = "probability",
    settings: ComparisonSettings | None = None,
) -> Comparison:
    """How alike two models' explanations of `texts` are, with intervals; no labels needed.

    Args:
        teacher: the reference; its prediction is the class that both explain, unless
            `settings.target` is `own`.
        student: a model with the same classes.
        texts: at least one.
        method: a name from `astrid methods`.
        params: the method's settings.
        kind: of output: probability, logit or logit_difference.
        settings: how explanations are compared.

    Raises:
        InputError: no texts, models with different classes, or a rule that needs labels.
    """
    settings = settings or ComparisonSettings()
    texts = [texts] if isinstance(texts, str) else list(texts)
    if settings.target == "gold":
        raise InputError("compare: texts alone have no gold labels; use target teacher or own")
    check_same_classes(teacher, student)
    asked = _targets(teacher, Corpus("texts", (), {}), texts, settings.target, kind)
    explained = [
        explain(model, texts, method, target=asked, params=params) for model in (teacher, student)
    ]
    return compare_explanations(explained[0], explained[1], settings)


def chosen_documents(corpus: Corpus, count: int, seed: int) -> Corpus:
    """`count` documents drawn without replacement, in their order; all where there are fewer."""
    if count < 1:
        raise InputError(f"texts: {count} texts can't be compared; give at least 1")
    drawn = np.random.default_rng(seed).permutation(len(corpus))[:count]
    return corpus.with_documents(corpus.documents[place] for place in sorted(drawn))


def gold_labels(model: TextModel, corpus: Corpus) -> list[int]:
    """Each document's label as a class index of the model; classes are matched by name.

    Raises:
        InputError: the corpus has a class that the model was not trained on.
    """
    unknown = [name for name in corpus.classes if name not in model.labels]
    used = {corpus.classes[label] for label in corpus.labels}
    for name in unknown:
        if name in used:
            raise InputError(
                f'{model.name}: it has no class "{name}", which {corpus.name} has; its classes '
                f"are {', '.join(model.labels)}"
            )
    return [model.labels.index(corpus.classes[label]) for label in corpus.labels]


def _baseline(explaining: ExplainSettings) -> str | None:
    """The baseline that the method's own settings name, where it has one."""
    settings = methods.params(explaining.method, explaining.params)
    baseline = getattr(settings, "baseline", None)
    return baseline if baseline is None or isinstance(baseline, str) else "a given vector"


def check_same_classes(teacher: TextModel, model: TextModel) -> None:
    """Refuse a model that doesn't choose between the teacher's classes, in the same order.

    Raises:
        InputError: it doesn't.
    """
    require_classes(model.name, model.tasks)
    if model.labels != teacher.labels:
        raise InputError(
            f"{model.name}: its classes ({', '.join(model.labels)}) are not those of "
            f"{teacher.name} ({', '.join(teacher.labels)}), in the same order"
        )


def _targets(
    teacher: TextModel, corpus: Corpus, texts: Sequence[str], rule: TargetRule, kind: TargetKind
) -> list[Target]:
    if rule == "own":
        return [Target(kind)] * len(texts)
    if rule == "gold":
        return [Target(kind, label) for label in gold_labels(teacher, corpus)]
    return [Target(kind, int(row.argmax())) for row in predict(teacher, texts)]


def _examine(
    model: TextModel,
    corpus: Corpus,
    texts: Sequence[str],
    targets: Sequence[Target],
    explaining: ExplainSettings,
) -> ExaminedModel:
    gold = np.asarray(gold_labels(model, corpus))
    predict(model, corpus.texts[:8])  # the first call allocates; it is not what a text costs
    started = time.perf_counter()
    answers = predict(model, corpus.texts).argmax(axis=1)
    seconds = (time.perf_counter() - started) / len(corpus)
    explanations = explain(
        model, texts, explaining.method, target=targets, params=explaining.params
    )
    correct = [bool(right) for right in answers == gold]
    return ExaminedModel(
        name=model.name,
        explanations=explanations,
        correct=correct,
        parameters=model.facts.parameters,
        seconds_per_text=seconds,
    )
