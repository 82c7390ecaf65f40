"""The comparison of a study's teacher with its students, from what is on disk."""

from collections.abc import Mapping
from typing import Any

from astrid.analysis.cases import choose_cases
from astrid.analysis.comparison import ComparisonSettings
from astrid.analysis.decision import DecisionRule
from astrid.analysis.evidence import evidence_recovery
from astrid.analysis.examine import ComparedModels
from astrid.analysis.family import ExaminedModel, compare_family
from astrid.errors import InputError
from astrid.study.grid import ModelKey, grid, model_of
from astrid.study.store import Store
from astrid.study.stored import explained_documents, read_answers, read_explanations
from astrid.text.document import Corpus

TWIN = "twin"
"""What the reference's model is called that was trained with another seed."""


def compared_models(store: Store) -> dict[str, ModelKey]:
    """The models that are compared, by name: teacher first, then students, then the twin."""
    cells = grid(store.spec)
    reference = model_of(cells.reference)
    names = sorted({*store.spec.encoders, *store.spec.students} - {reference.encoder})
    found = {name: reference._replace(encoder=name) for name in (reference.encoder, *names)}
    return found | ({TWIN: cells.twin} if cells.twin else {})


def study_comparison(
    store: Store, documents: Corpus, rule: DecisionRule | None = None
) -> ComparedModels:
    """The teacher and its students with the reference's head, by the reference's method.

    Args:
        store: the study; models that are not done are left out.
        documents: its evaluation documents.
        rule: of the decision.

    Raises:
        InputError: the reference is not done, or no student is.
    """
    reference = grid(store.spec).reference
    examined = {
        name: found
        for name, model in compared_models(store).items()
        if (found := _examined(store, name, model)) is not None
    }
    twin = examined.pop(TWIN, None)
    teacher = examined.pop(reference.encoder, None)
    if teacher is None:
        raise InputError(f"{store.folder}: the reference is not done; astrid study run")
    students = list(examined.values())
    if not students:
        raise InputError(f"{store.folder}: no student is done that the teacher is compared with")
    params: Mapping[str, Any] = store.spec.methods[reference.interpretability]
    family = compare_family(
        teacher,
        students,
        twin=twin.explanations if twin else None,
        baseline=_baseline(reference.interpretability, params),
        asked={
            "explaining": {
                "method": reference.interpretability,
                "params": dict(params),
                **store.spec.explaining.model_dump(mode="json"),
            },
            "corpus": documents.name,
            "fingerprint": documents.fingerprint(),
            "documents": len(documents),
        },
        settings=ComparisonSettings(),
        rule=rule,
    )
    numbers = explained_documents(store, len(documents))
    chosen = documents.with_documents(documents.documents[n] for n in numbers)
    return ComparedModels(
        family,
        teacher.explanations,
        {student.name: student.explanations for student in students},
        choose_cases(family, teacher, students),
        evidence_recovery(teacher.explanations, chosen),
    )


def _baseline(method: str, params: Mapping[str, Any]) -> str | None:
    """The baseline that the method's settings name, where it has one."""
    from astrid.explain import methods

    baseline = getattr(methods.params(method, dict(params)), "baseline", None)
    return baseline if baseline is None or isinstance(baseline, str) else "a given vector"


def _examined(store: Store, name: str, model: ModelKey) -> ExaminedModel | None:
    """What the comparison needs of a model; None where it is not done."""
    cell = model.cell(grid(store.spec).reference.interpretability)
    evaluation = store.read_evaluation(model)
    if evaluation is None or store.read_cell(cell) is None:
        return None
    return ExaminedModel(
        name=name,
        explanations=read_explanations(store, cell),
        correct=[bool(right) for right in read_answers(store, model)["correct"]],
        parameters=evaluation["total_params"],
        seconds_per_text=evaluation["inference_time"]["value"],
    )
