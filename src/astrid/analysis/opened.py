"""A study on disk, opened: its records, explanations and what follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from astrid.analysis.cases import choose_cases
from astrid.analysis.comparison import ComparisonSettings
from astrid.analysis.decision import DecisionRule
from astrid.analysis.evidence import evidence_recovery
from astrid.analysis.examine import ComparedModels
from astrid.analysis.family import ExaminedModel, compare_family
from astrid.analysis.selection import Requirements, Selection, select
from astrid.errors import InputError
from astrid.explain.records import Explanations
from astrid.progress import Bar, no_bar
from astrid.spec import checked
from astrid.study.explaining import explained_documents, read_answers
from astrid.study.grid import ModelKey, grid, model_of
from astrid.study.records import CellKey, StudyRecords
from astrid.study.records_file import up_to_date
from astrid.study.status import Status, status_of
from astrid.study.store import Store, read_head, read_spec
from astrid.study.stored import read_explanations
from astrid.study.tasks import fingerprints
from astrid.text.document import Corpus
from astrid.text.load import load_splits

TWIN = "twin"
"""What the reference's model is called that was trained with another seed."""


@dataclass(frozen=True, eq=False)
class Study:
    """A study on disk.

    Attributes:
        store: where everything is.
        documents: the evaluation documents.
    """

    store: Store
    documents: Corpus = field(repr=False)

    @property
    def reference_is_done(self) -> bool:
        """Whether there is anything to compare cells with."""
        evaluated = self.store.read_evaluation(self.store.reference) is not None
        return evaluated and self.store.read_cell(grid(self.store.spec).reference) is not None

    @property
    def data_changed(self) -> bool:
        """Whether the documents are others than those of the last run: then no cell is done."""
        return bool(read_head(self.store.folder).get("data") != dict(self.store.data))

    def cells(self) -> pd.DataFrame:
        """One record a finished cell, as in `results.parquet`."""
        return self.records().results

    def records(self, progress: Bar = no_bar) -> StudyRecords:
        """The records and what they were made from; collected anew where cells have changed.

        Raises:
            InputError: the reference is not done yet.
        """
        if not self.reference_is_done:
            if self.data_changed:
                raise InputError(
                    f"{self.store.folder}: the data changed since the study was run; put them back "
                    "as they were, or run the study anew in another folder"
                )
            raise InputError(
                f"{self.store.folder}: the reference ({self.store.reference.folder}) is not done; "
                "astrid study run goes on with it, astrid study status says how far it is"
            )
        return up_to_date(self.store, progress)

    def explanations(self, cell: CellKey) -> Explanations | None:
        """The explanations of a cell; None where it is not done."""
        if self.store.read_cell(cell) is None:
            return None
        return read_explanations(self.store, cell)

    def status(self) -> Status:
        """How far it is."""
        return status_of(self.store)

    def select(self, *, method: str | None = None, **requirements: float | None) -> Selection:
        """The models to choose from, best first.

        Args:
            method: whose similarity counts; the reference's by default.
            requirements: `max_params`, `min_accuracy`, `min_similarity`, `max_inference_time`.

        Raises:
            InputError: another requirement, or the reference is not done yet.
        """
        asked = checked(Requirements, requirements, "select")
        return select(self.records(), asked, method)

    def compared_models(self) -> dict[str, ModelKey]:
        """The models that are compared, by name: teacher first, then students, then the twin.

        All have the reference's head and the first seed (the twin: another), and none is
        compressed.
        """
        return _compared_models(self.store)

    def comparison(self, rule: DecisionRule | None = None) -> ComparedModels:
        """The teacher and its students with the reference's head, by the reference's method.

        Models that are not done are left out.

        Raises:
            InputError: the reference is not done, or no student is.
        """
        return _comparison(self, rule)


def open_study(folder: str | Path) -> Study:
    """The study in `folder`, finished or not.

    Raises:
        InputError: there is none, or its data can't be read.
    """
    folder = Path(folder).absolute()
    spec = read_spec(folder)
    splits = load_splits(spec.data)
    store = Store(folder, spec, fingerprints(spec, splits))
    documents: Corpus = getattr(splits, spec.explaining.split)
    return Study(store, documents)


def _compared_models(store: Store) -> dict[str, ModelKey]:
    cells = grid(store.spec)
    reference = model_of(cells.reference)
    names = sorted({*store.spec.encoders, *store.spec.students} - {reference.encoder})
    found = {name: reference._replace(encoder=name) for name in (reference.encoder, *names)}
    return found | ({TWIN: cells.twin} if cells.twin else {})


def _comparison(study: Study, rule: DecisionRule | None) -> ComparedModels:
    store, reference = study.store, grid(study.store.spec).reference
    examined = {
        name: found
        for name, model in _compared_models(store).items()
        if (found := _examined(study, name, model)) is not None
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
            "corpus": study.documents.name,
            "fingerprint": study.documents.fingerprint(),
            "documents": len(study.documents),
        },
        settings=ComparisonSettings(),
        rule=rule,
    )
    numbers = explained_documents(store, len(study.documents))
    chosen = study.documents.with_documents(study.documents.documents[n] for n in numbers)
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


def _examined(study: Study, name: str, model: ModelKey) -> ExaminedModel | None:
    """What the comparison needs of a model; None where it is not done."""
    store = study.store
    explanations = study.explanations(model.cell(grid(store.spec).reference.interpretability))
    evaluation = store.read_evaluation(model)
    if explanations is None or evaluation is None:
        return None
    return ExaminedModel(
        name=name,
        explanations=explanations,
        correct=[bool(right) for right in read_answers(store, model)["correct"]],
        parameters=evaluation["total_params"],
        seconds_per_text=evaluation["inference_time"]["value"],
    )
