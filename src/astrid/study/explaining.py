"""Explaining one of a study's models by one method after the other."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from astrid.explain import methods, shards
from astrid.explain.engine import Engine, Job, PlainAnswer
from astrid.explain.records import Explanation
from astrid.explain.requests import TokenScores
from astrid.explain.run import bound_method, explain, finished, plain_logits
from astrid.explain.shards import Shard
from astrid.explain.targets import Target
from astrid.measures.statistics.bootstrap import mean_with_interval
from astrid.models.load import load_model
from astrid.study.faithfulness import faithfulness
from astrid.study.grid import ModelKey
from astrid.study.store import Store
from astrid.study.stored import CONTROL, MEASURE, explained_documents, read_answers
from astrid.study.tasks import Place, UnfitError
from astrid.text.document import Corpus
from astrid.text.rows import TextRow
from astrid.text.splits import Splits


class Explainer:
    """One model, opened, with the texts to explain and the classes to explain them for.

    The forward pass on each plain text is run once, for all methods.
    """

    def __init__(self, store: Store, splits: Splits, key: ModelKey, place: Place) -> None:
        self._store = store
        self._key = key
        self._threads = place.threads
        self._model = load_model(store.model(key), device=place.device)
        corpus: Corpus = getattr(splits, store.spec.explaining.split)
        self._documents = explained_documents(store, len(corpus))
        self._texts = [corpus.documents[number].text for number in self._documents]
        self._shard = Shard(
            0,
            corpus.name,
            tuple(
                TextRow(int(number) + 1, corpus.documents[number].id, text)
                for number, text in zip(self._documents, self._texts, strict=True)
            ),
        )
        self._targets = self._classes()
        self._encoded = [self._model.encode(text) for text in self._texts]
        self._plain = self._answered()
        self._control: np.ndarray | None = None

    def explain(self, method: str) -> None:
        """Explain all texts by `method` and write the cell."""
        if not methods.runs_on(method, self._model):
            missing = ", ".join(sorted(methods.needs(method) - self._model.answers))
            raise UnfitError(f"{method} needs {missing}, which this model can't give")
        started = time.perf_counter()
        cell = self._key.cell(method)
        params = dict(self._store.spec.methods[method])
        found, seconds = self._run(method, params)
        magnitude = [
            float(np.abs(item.word_scores).mean()) if len(item.word_scores) else np.nan
            for item in found
        ]
        record: dict[str, Any] = {
            "interpretation_cost": mean_with_interval(seconds).to_dict(),
            "attribution_magnitude": mean_with_interval(magnitude).to_dict(),
            "evaluations": sum(item.evaluations for item in found),
            "threads": self._threads,
            "device": str(self._model.device),
            **self._faithfulness(method, found),
        }
        content = shards.to_bytes(self._shard, found, self._store.cell_digest(cell))
        record["seconds"] = time.perf_counter() - started
        self._store.write_cell(cell, self._shard.file, content, record)

    def _run(self, method: str, params: dict[str, Any]) -> tuple[list[Explanation], np.ndarray]:
        """Explanations in the order of the texts, and seconds `[N]` of each."""
        run = bound_method(self._model, method, params)
        found: dict[int, Explanation] = {}
        seconds = np.zeros(len(self._texts))

        def jobs() -> Iterator[Job[TokenScores]]:
            for text, target, plain in zip(self._encoded, self._targets, self._plain, strict=True):
                yield Job(text, method, run, target, plain)

        for number, outcome in Engine(self._model).run(jobs()):
            found[number] = finished(self._encoded[number], method, outcome, self._model)
            seconds[number] = outcome.seconds
        return [found[number] for number in range(len(found))], seconds

    def _faithfulness(self, method: str, found: list[Explanation]) -> dict[str, list[float | None]]:
        if not self._store.spec.explaining.faithfulness:
            return {}
        values = faithfulness(self._model, {method: found}, [MEASURE])[method, MEASURE]
        if self._control is None:
            drawn = explain(self._model, self._texts, CONTROL, target=self._targets)
            self._control = faithfulness(self._model, {CONTROL: drawn}, [MEASURE])[CONTROL, MEASURE]
        return {MEASURE: _plain(values), CONTROL: _plain(self._control)}

    def _classes(self) -> list[Target]:
        """For each text the class that the reference predicts."""
        predicted = read_answers(self._store, self._store.reference)["predicted"]
        kind = self._store.spec.explaining.kind
        return [
            Target(kind, self._model.labels.index(predicted[number])) for number in self._documents
        ]

    def _answered(self) -> list[PlainAnswer]:
        """The forward pass on each text."""
        answers = []
        for text in self._texts:
            started = time.perf_counter()
            logits = plain_logits(self._model, [text])[0]
            answers.append(PlainAnswer(logits, time.perf_counter() - started))
        return answers


def _plain(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
