"""A study on disk, opened: its records, explanations and what follows from them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from astrid.errors import InputError
from astrid.explain.records import Explanations
from astrid.progress import Bar, no_bar
from astrid.study.grid import ModelKey, grid
from astrid.study.records import CellKey, StudyRecords
from astrid.study.records_file import up_to_date
from astrid.study.status import Status, status_of
from astrid.study.store import Store, read_head, read_spec
from astrid.study.stored import read_explanations
from astrid.study.tasks import fingerprints
from astrid.text.document import Corpus
from astrid.text.load import load_splits

if TYPE_CHECKING:
    from astrid.analysis.decision import DecisionRule
    from astrid.analysis.examine import ComparedModels
    from astrid.analysis.selection import Selection

# What compares and selects brings torch and scipy: imported when asked for, so that a finished
# study is opened in a moment.


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

    def select(self, *, method: str | None = None, **requirements: float | None) -> "Selection":
        """The models to choose from, best first.

        Args:
            method: whose similarity counts; the reference's by default.
            requirements: `max_params`, `min_accuracy`, `min_similarity`, `max_inference_time`.

        Raises:
            InputError: another requirement, or the reference is not done yet.
        """
        from astrid.analysis.selection import Requirements, select
        from astrid.spec import checked

        asked = checked(Requirements, requirements, "select")
        return select(self.records(), asked, method)

    def compared_models(self) -> dict[str, ModelKey]:
        """The models that are compared, by name: teacher first, then students, then the twin.

        All have the reference's head and the first seed (the twin: another), and none is
        compressed.
        """
        from astrid.analysis.study_comparison import compared_models

        return compared_models(self.store)

    def comparison(self, rule: "DecisionRule | None" = None) -> "ComparedModels":
        """The teacher and its students with the reference's head, by the reference's method.

        Models that are not done are left out.

        Raises:
            InputError: the reference is not done, or no student is.
        """
        from astrid.analysis.study_comparison import study_comparison

        return study_comparison(self.store, self.documents, rule)


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
