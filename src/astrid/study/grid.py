"""The cells of a study, and what they have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from astrid.models.compression import UNCOMPRESSED, parse_compression
from astrid.study.records import CellKey
from astrid.study.spec import StudySpec

NO_GRADIENTS = ("int8",)
"""Compressions whose models know no gradients."""


class ModelKey(NamedTuple):
    """Names one model of a study."""

    encoder: str
    classifier: str
    seed: int
    compression: str = UNCOMPRESSED

    @property
    def folder(self) -> str:
        """Name of its folders.

        >>> ModelKey("mini", "linear", 0).folder
        'mini--linear--s0'
        """
        plain = f"{self.encoder}--{self.classifier}--s{self.seed}"
        return plain if self.compression == UNCOMPRESSED else f"{plain}--{self.compression}"

    @property
    def uncompressed(self) -> "ModelKey":
        """The model that this one is made from."""
        return self._replace(compression=UNCOMPRESSED)

    def cell(self, method: str) -> CellKey:
        return CellKey(self.encoder, self.classifier, method, self.seed, self.compression)


@dataclass(frozen=True)
class Grid:
    """What a study is made of.

    Attributes:
        reference: the cell that all others are compared with.
        cells: those that have a record, model by model, the reference's model first.
        extra: cells of the twin and of further students; they have no record.
        left_out: cells that can't be, each with the reason.
        twin: the reference's model, trained with another seed; None where there is none.
    """

    reference: CellKey
    cells: tuple[CellKey, ...]
    extra: tuple[CellKey, ...]
    left_out: tuple[tuple[CellKey, str], ...]
    twin: ModelKey | None

    @property
    def models(self) -> tuple[ModelKey, ...]:
        """Every model once, the reference's first."""
        return tuple(dict.fromkeys(model_of(cell) for cell in (*self.cells, *self.extra)))

    def methods_of(self, model: ModelKey) -> tuple[str, ...]:
        """The methods that explain a model, in the study's order."""
        cells = (*self.cells, *self.extra)
        return tuple(cell.interpretability for cell in cells if model_of(cell) == model)


def model_of(cell: CellKey) -> ModelKey:
    """The model of a cell."""
    return ModelKey(cell.encoder, cell.classifier, cell.seed, cell.compression)


def cell_folder(cell: CellKey) -> str:
    """Name of a cell's folder.

    >>> cell_folder(CellKey("mini", "linear", "lime", 0))
    'mini--linear--s0--lime'
    """
    return f"{model_of(cell).folder}--{cell.interpretability}"


def grid(spec: StudySpec) -> Grid:
    """All cells of `spec`; those that can't be are left out with the reason."""
    reference = CellKey(
        spec.teacher, spec.reference.head, spec.reference.method, spec.seeds[0], UNCOMPRESSED
    )
    cells, left_out = [], []
    for model in sorted(_models(spec), key=lambda model: model != model_of(reference)):
        for method in spec.methods:
            reason = _impossible(model, method)
            if reason is None:
                cells.append(model.cell(method))
            else:
                left_out.append((model.cell(method), reason))
    twin = _twin(spec)
    extra = [
        ModelKey(name, spec.reference.head, spec.seeds[0]).cell(spec.reference.method)
        for name in spec.students
    ]
    if twin is not None:
        cell = twin.cell(spec.reference.method)
        extra += [] if cell in cells else [cell]
    return Grid(reference, tuple(cells), tuple(extra), tuple(left_out), twin)


def _models(spec: StudySpec) -> Iterator[ModelKey]:
    for encoder in spec.encoders:
        for head in spec.heads:
            for seed in spec.seeds:
                for compression in spec.compressions:
                    yield ModelKey(encoder, head, seed, compression)


def _twin(spec: StudySpec) -> ModelKey | None:
    """The second seed where there is one, else one more training."""
    if not spec.twin:
        return None
    seed = spec.seeds[1] if len(spec.seeds) > 1 else spec.seeds[0] + 1
    return ModelKey(spec.teacher, spec.reference.head, seed)


def _impossible(model: ModelKey, method: str) -> str | None:
    if parse_compression(model.compression).name not in NO_GRADIENTS:
        return None
    from astrid.explain import methods  # brings torch, which reading a study does without

    if "gradients" in methods.needs(method):
        return f"{method} needs gradients, which {model.compression} models don't have"
    return None
