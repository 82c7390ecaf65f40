"""From finished cells to the records of a study."""

import os
import platform
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from astrid._version import __version__
from astrid.explain.records import Explanations
from astrid.measures.statistics.bootstrap import mean_with_interval
from astrid.models.compression import UNCOMPRESSED
from astrid.models.saving import RECORD, read_record
from astrid.progress import Bar, no_bar
from astrid.study import compare
from astrid.study.grid import Grid, ModelKey, grid, model_of
from astrid.study.records import COLUMNS, ESTIMATES, CellKey, StudyRecords
from astrid.study.store import ANSWERS, Store
from astrid.study.stored import CONTROL, MEASURE, explained_documents, read_explanations
from astrid.training.finding import findings_of

_PACKAGES = ("numpy", "scipy", "torch", "transformers", "tokenizers", "lightning")


def collect(store: Store, progress: Bar = no_bar) -> StudyRecords:
    """The records of all cells that are done; `gaps` says what is missing and why.

    Args:
        store: the study; its reference cell is done.
        progress: shows how far it is.
    """
    cells = grid(store.spec)
    found = _Frames(store, cells)
    models = [model for model in cells.models if store.read_evaluation(model) is not None]
    with progress("comparing", len(models)) as advance:
        for model in models:
            found.add(model)
            advance()
    return found.records()


class _Frames:
    """The frames under construction; models are added one by one."""

    def __init__(self, store: Store, cells: Grid) -> None:
        self.store = store
        self.grid = cells
        self.recorded = frozenset(cells.cells)
        model = model_of(cells.reference)
        self.reference_parameters = _evaluation(store, model)["total_params"]
        self.references = _done(store, cells, model)
        self.rows: list[dict[str, Any]] = []
        self.frames: dict[str, list[pd.DataFrame]] = {
            name: []
            for name in (
                "answers",
                "similarities",
                "correlations",
                "faithfulness",
                "curves",
                "diagnosis",
            )
        }
        self.ceiling = pd.DataFrame({"text": [], "similarity": []})
        self.gaps: list[dict[str, Any]] = []

    def add(self, model: ModelKey) -> None:
        """All that a model, which is evaluated, has to show."""
        done = _done(self.store, self.grid, model)
        if model == self.grid.twin:
            self._add_ceiling(done)
        if not any(model.cell(method) in self.recorded for method in self.store.spec.methods):
            return
        names = self._names(model)
        answers = pd.read_parquet(self.store.evaluation(model) / ANSWERS)
        self._frame("answers", names, answers.drop(columns="logits"))
        curves = (
            pd.read_csv(self.store.model(model) / "curves.csv") if self._curves(model) else None
        )
        if curves is not None:
            self._frame("curves", names, curves.drop(columns="learning_rate"))
        self._add_findings(model, names)
        shared = self._of_model(model, done, names)
        for method, items in done.items():
            self._add_cell(model.cell(method), items, names, shared)

    def records(self) -> StudyRecords:
        """The frames, put together."""
        spec, cells = self.store.spec, self.grid
        self._note_missing()
        columns = _columns(spec.compresses)
        results = pd.DataFrame(self.rows).reindex(columns=columns)
        self._note_undefined(results)
        named = [
            name
            for name in ("encoder", "classifier", "seed", "compression")
            if name != "compression" or spec.compresses
        ]
        gap_columns = [*named[:2], "interpretability", *named[2:], "column", "reason"]
        return StudyRecords(
            name=spec.name,
            reference=cells.reference,
            methods=tuple(spec.methods),
            encoders=tuple(spec.encoders),
            heads=tuple(spec.heads),
            results=results,
            answers=_joined(self.frames["answers"]),
            similarities=_joined(self.frames["similarities"]),
            correlations=_joined(self.frames["correlations"]),
            faithfulness=_joined(self.frames["faithfulness"]),
            ceiling=self.ceiling,
            curves=_joined(self.frames["curves"]),
            gaps=pd.DataFrame(self.gaps, columns=gap_columns),
            diagnosis=_joined(self.frames["diagnosis"]),
            made=how_made(self.store),
        )

    def _names(self, model: ModelKey) -> dict[str, Any]:
        names = {"encoder": model.encoder, "classifier": model.classifier, "seed": model.seed}
        return names | ({"compression": model.compression} if self.store.spec.compresses else {})

    def _curves(self, model: ModelKey) -> bool:
        return (self.store.model(model) / "curves.csv").is_file()

    def _frame(self, name: str, names: Mapping[str, Any], frame: pd.DataFrame) -> None:
        self.frames[name].append(pd.concat([_repeated(names, len(frame)), frame], axis=1))

    def _add_findings(self, model: ModelKey, names: Mapping[str, Any]) -> None:
        """What went wrong in training the model, where its record is still there."""
        folder = self.store.model(model)
        if not (folder / RECORD).is_file():
            return
        found = [
            {
                "finding": one.message,
                "because": one.because,
                "advice": "; or ".join(one.advice),
            }
            for one in findings_of(read_record(folder))
        ]
        if found:
            self._frame("diagnosis", names, pd.DataFrame(found))

    def _add_ceiling(self, done: Mapping[str, Explanations]) -> None:
        method = self.grid.reference.interpretability
        if method in done and method in self.references:
            values = compare.cosines(self.references[method], done[method])
            self.ceiling = pd.DataFrame(
                {"text": self._texts(self.grid.reference), "similarity": values}
            )

    def _texts(self, cell: CellKey) -> np.ndarray:
        """Numbers of the explained documents."""
        evaluated = pd.read_parquet(
            self.store.evaluation(model_of(cell)) / ANSWERS, columns=["document"]
        )
        return explained_documents(self.store, len(evaluated))

    def _of_model(
        self, model: ModelKey, done: Mapping[str, Explanations], names: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What all records of a model share."""
        evaluation = _evaluation(self.store, model)
        found: dict[str, Any] = {
            name: evaluation[name]
            for name in ("encoder_params", "classifier_params", "total_params", "disk_bytes")
        }
        found["compression_ratio"] = self.reference_parameters / evaluation["total_params"]
        for name in ("accuracy", "f1_score", "inference_time", "prediction_confidence"):
            found |= _read_ends(name, evaluation[name])
        found |= _efficiency(found)
        texts = self._texts(model.cell("")) if done else np.zeros(0, dtype=int)
        agreements = []
        for first, second, values in compare.correlations(done):
            agreements.append(values)
            frame = pd.DataFrame(
                {"first": first, "second": second, "text": texts, "correlation": values}
            )
            self._frame("correlations", names, frame)
        agreement = _nanmean(agreements) if agreements else np.full(len(texts), np.nan)
        found |= _ends("method_agreement", agreement)
        return found | _ends("interpretation_stability", compare.spread(done))

    def _add_cell(
        self,
        cell: CellKey,
        items: Explanations,
        names: Mapping[str, Any],
        shared: Mapping[str, Any],
    ) -> None:
        names = {**names, "interpretability": cell.interpretability}
        texts = self._texts(cell)
        reference = self.references.get(self.grid.reference.interpretability)
        same = self.references.get(cell.interpretability)
        nothing = np.full(len(items), np.nan)
        similarity = nothing if reference is None else compare.cosines(reference, items)
        frame = pd.DataFrame(
            {
                "text": texts,
                "similarity": similarity,
                "same_method": nothing if same is None else compare.cosines(same, items),
                "chance": nothing if same is None else compare.chances(same, items),
            }
        )
        self._frame("similarities", names, frame)
        record = self.store.read_cell(cell)
        assert record is not None
        if MEASURE in record:
            columns = {"text": texts, MEASURE: _floats(record[MEASURE])}
            columns[CONTROL] = _floats(record[CONTROL])
            self._frame("faithfulness", names, pd.DataFrame(columns))
        row = {**names, **shared, **_ends("attribution_similarity", similarity)}
        for name in ("interpretation_cost", "attribution_magnitude"):
            row |= _read_ends(name, record[name])
        self.rows.append(row)

    def _note_missing(self) -> None:
        """A line for each cell without a record."""
        for cell, reason in self.grid.left_out:
            self._gap(cell, "", reason)
        for cell in self.grid.cells:
            if self.store.read_cell(cell) is None:
                self._gap(cell, "", why_missing(self.store, cell))

    def _note_undefined(self, results: pd.DataFrame) -> None:
        """A line for each value that is not a number."""
        for column in ESTIMATES:
            ends = [column, f"{column}_low", f"{column}_high"]
            for row in results[results[ends].isna().any(axis=1)].to_dict("records"):
                named = {str(key): value for key, value in row.items()}
                self.gaps.append(
                    {
                        **{name: named[name] for name in self._names(_model(named))},
                        "interpretability": named["interpretability"],
                        "column": column,
                        "reason": _undefined(column, pd.isna(row[column])),
                    }
                )

    def _gap(self, cell: CellKey, column: str, reason: str) -> None:
        names = self._names(model_of(cell))
        self.gaps.append(
            {
                **names,
                "interpretability": cell.interpretability,
                "column": column,
                "reason": reason,
            }
        )


def why_missing(store: Store, cell: CellKey) -> str:
    """Why a cell has no record."""
    failure = store.model_failure(model_of(cell)) or store.cell_failure(cell)
    if failure is not None:
        return f"{failure.stage} failed: {failure.reason}" if not failure.unfit else failure.reason
    reference = store.model_failure(store.reference)
    if reference is not None:
        return f"waits for {store.reference.folder}, whose {reference.stage} failed"
    return "not done yet"


def how_made(store: Store) -> dict[str, Any]:
    """What somebody needs to make the study again."""
    from importlib.metadata import version

    cells = grid(store.spec)
    evaluation = store.read_evaluation(model_of(cells.reference)) or {}
    return {
        "spec": store.spec.model_dump(mode="json"),
        "data": {
            "name": store.spec.data.source,
            "train_fingerprint": store.data["train"],
            "evaluation_fingerprint": store.data["evaluation"],
            "split": store.spec.explaining.split,
        },
        "versions": {
            "astrid": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
        },
        "hardware": {
            "cpu": _cpu(),
            "cores": os.cpu_count(),
            "device": evaluation.get("device", "cpu"),
            "threads": evaluation.get("threads"),
        },
        "left_out": len(cells.left_out),
    }


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = (
                line.split(":", 1)[1].strip() for line in file if line.startswith("model name")
            )
            return next(names, platform.machine())
    except OSError:
        return platform.processor() or platform.machine()


def _done(store: Store, cells: Grid, model: ModelKey) -> dict[str, Explanations]:
    """Explanations of a model by the methods that are done, in the study's order."""
    return {
        method: read_explanations(store, model.cell(method))
        for method in cells.methods_of(model)
        if store.read_cell(model.cell(method)) is not None
    }


def _evaluation(store: Store, model: ModelKey) -> dict[str, Any]:
    found = store.read_evaluation(model)
    assert found is not None, "only models that are evaluated are collected"
    return found


def _model(row: Mapping[str, Any]) -> ModelKey:
    compression = row.get("compression", UNCOMPRESSED)
    return ModelKey(row["encoder"], row["classifier"], row["seed"], compression)


def _repeated(names: Mapping[str, Any], count: int) -> pd.DataFrame:
    return pd.DataFrame({name: [value] * count for name, value in names.items()})


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _columns(compresses: bool) -> list[str]:
    found = [name for column in COLUMNS for name in _with_ends(column)]
    if compresses:
        found.insert(4, "compression")
        found.append("disk_bytes")
    return found


def _with_ends(column: str) -> Iterator[str]:
    yield column
    if column in ESTIMATES:
        yield f"{column}_low"
        yield f"{column}_high"


def _ends(name: str, values: np.ndarray) -> dict[str, float]:
    estimate = mean_with_interval(values)
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _read_ends(name: str, values: Mapping[str, float | None]) -> dict[str, float]:
    low, high = values["low"], values["high"]
    return {
        name: _float(values["value"]),
        f"{name}_low": _float(low),
        f"{name}_high": _float(high),
    }


def _efficiency(found: Mapping[str, Any]) -> dict[str, float]:
    """Accuracy by parameter, and by second: the latter's interval has the worst of both ends."""
    rates: dict[str, float] = {}
    for end in ("", "_low", "_high"):
        rates[f"accuracy_per_param{end}"] = found[f"accuracy{end}"] / found["total_params"]
    rates["accuracy_per_second"] = found["accuracy"] / found["inference_time"]
    rates["accuracy_per_second_low"] = found["accuracy_low"] / found["inference_time_high"]
    rates["accuracy_per_second_high"] = found["accuracy_high"] / found["inference_time_low"]
    return rates


def _nanmean(rows: list[np.ndarray]) -> np.ndarray:
    """Mean of the values that are known, for each text; NaN where none is."""
    stacked = np.stack(rows)
    known = ~np.isnan(stacked)
    sums = np.where(known, stacked, 0.0).sum(axis=0)
    counts = known.sum(axis=0)
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)


def _floats(values: list[float | None]) -> np.ndarray:
    return np.array([_float(value) for value in values])


def _float(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _undefined(column: str, is_value: bool) -> str:
    if not is_value:
        return "fewer than two texts: there is no interval"
    if column in ("method_agreement", "interpretation_stability"):
        return "needs at least two methods with scores other than 0"
    if column == "attribution_similarity":
        return "the reference cell is missing, or all scores are 0"
    return "undefined for every text"
