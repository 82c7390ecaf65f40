"""Which method explains this model best? Methods by measures, with intervals and paired tests."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from astrid.analysis.examine import chosen_documents, gold_labels
from astrid.analysis.scoring import score
from astrid.analysis.standings import Standing, standings
from astrid.errors import InputError
from astrid.explain import methods
from astrid.explain.records import Explanations, TargetKind
from astrid.explain.requests import Replace
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.measures import load_measure, measure_names
from astrid.measures.statistics.bootstrap import CONFIDENCE, RESAMPLES, SEED
from astrid.models.outputs import require_classes
from astrid.models.protocol import TextModel
from astrid.progress import Advance, Bar, no_bar
from astrid.spec import Spec
from astrid.text.document import Corpus

CONTROL = "random"
"""The method that is always there: whatever doesn't beat it has shown nothing."""

METHODS = ("integrated_gradients", "gradient_x_input", "occlusion", "shap", "lime", "attention")
MEASURES = ("comprehensiveness", "sufficiency", "leave_one_out", "auprc", "gini")

_KINDS = ("faithfulness", "plausibility", "sensitivity", "sparsity")


class LeaderboardSettings(Spec):
    """What is measured.

    Attributes:
        methods: names of methods; `random` is added.
        measures: names of measures of explanations.
        params: settings by name of the method.
        kind: of output that is explained; measures of faithfulness look at the probability.
        class_of: whose class is explained: the model's own prediction or the gold label.
        texts: how many documents, drawn with `seed`.
        replace: what becomes of words that measures leave out.
        level: of significance, after Holm's correction over the methods.
        seed: of the draw of texts, of measures that draw rows, of tests and intervals.
        resamples: of bootstrap and permutations.
        confidence: of the intervals.
    """

    methods: tuple[str, ...] = METHODS
    measures: tuple[str, ...] = MEASURES
    params: dict[str, dict[str, Any]] = Field(default_factory=dict)
    kind: TargetKind = "probability"
    class_of: Literal["own", "gold"] = "own"
    texts: int = Field(default=100, ge=1)
    replace: Replace = "auto"
    level: float = Field(default=0.05, gt=0, lt=1)
    seed: int = Field(default=SEED, ge=0)
    resamples: int = Field(default=RESAMPLES, ge=100)
    confidence: float = Field(default=CONFIDENCE, gt=0, lt=1)


@dataclass(frozen=True)
class Cost:
    """What a method took: rows that the model ran and seconds, both a text."""

    evaluations: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """Methods ranked on one model.

    Attributes:
        model: its name.
        corpus: name of the documents, and their fingerprint.
        fingerprint: of the documents.
        texts: how many were explained.
        methods: names, best mean rank first.
        measures: names, in the order asked for.
        standings: of each method in each measure.
        mean_ranks: of each method over the measures that have a better end, sensitivity left out.
        costs: of each method.
        frame: one row a text, method and measure: `text`, `method`, `measure`, `value`.
        left_out: measures and methods that were asked for and can't be had, with the reason.
        settings: how it was made.
    """

    model: str
    corpus: str
    fingerprint: str
    texts: int
    methods: tuple[str, ...]
    measures: tuple[str, ...]
    standings: Mapping[tuple[str, str], Standing]
    mean_ranks: Mapping[str, float]
    costs: Mapping[str, Cost]
    frame: pd.DataFrame
    left_out: Mapping[str, str]
    settings: LeaderboardSettings

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "model": self.model,
            "corpus": self.corpus,
            "fingerprint": self.fingerprint,
            "texts": self.texts,
            "measures": {
                name: {
                    "title": load_measure(name).TITLE,
                    "kind": load_measure(name).KIND,
                    "direction": load_measure(name).DIRECTION,
                }
                for name in self.measures
            },
            "methods": [
                {
                    "method": method,
                    "mean_rank": self.mean_ranks.get(method),
                    "evaluations": self.costs[method].evaluations,
                    "seconds_per_text": self.costs[method].seconds,
                    "measures": {
                        name: self.standings[method, name].to_dict() for name in self.measures
                    },
                }
                for method in self.methods
            ],
            "left_out": dict(self.left_out),
            "settings": self.settings.model_dump(mode="json"),
        }


def rank_methods(
    model: TextModel,
    corpus: Corpus,
    settings: LeaderboardSettings | None = None,
    progress: Bar = no_bar,
) -> Leaderboard:
    """Explain documents by every method and rank the methods by every measure.

    Args:
        model: the classifier; methods that it can't answer are left out, with the reason.
        corpus: documents that it was not trained on; measures of plausibility need rationales.
        settings: defaults as in `LeaderboardSettings`.
        progress: shows how many explanations, and texts measured, are done.

    Raises:
        InputError: an unknown method or measure, none that can be had, or a model that does not
            choose between classes.
    """
    settings = settings or LeaderboardSettings()
    require_classes(model.name, model.tasks)
    chosen = chosen_documents(corpus, settings.texts, settings.seed)
    names, measures, left_out = _possible(model, chosen, settings)
    with progress("measuring", (len(names) + 1) * len(chosen)) as advance:
        found, costs = _explained(model, chosen, names, settings, advance)
        values = score(
            model,
            chosen,
            found,
            measures,
            settings.params,
            settings.replace,
            settings.seed,
            advance,
        )
    ranked = standings(
        values,
        names,
        measures,
        CONTROL,
        seed=settings.seed,
        resamples=settings.resamples,
        confidence=settings.confidence,
    )
    ranks = mean_ranks(ranked, names, measures)
    return Leaderboard(
        model=model.name,
        corpus=corpus.name,
        fingerprint=chosen.fingerprint(),
        texts=len(chosen),
        methods=tuple(sorted(names, key=lambda name: (ranks.get(name, 0.0), name))),
        measures=tuple(measures),
        standings=ranked,
        mean_ranks=ranks,
        costs=costs,
        frame=_frame(values, [document.id for document in chosen]),
        left_out=left_out,
        settings=settings,
    )


def _explained(
    model: TextModel,
    chosen: Corpus,
    names: Sequence[str],
    settings: LeaderboardSettings,
    advance: Advance,
) -> tuple[dict[str, Explanations], dict[str, Cost]]:
    """Every method's explanations, and what they took."""
    targets = _targets(model, chosen, settings)
    found: dict[str, Explanations] = {}
    costs: dict[str, Cost] = {}
    for name in names:
        started = time.perf_counter()
        params = settings.params.get(name, {})
        found[name] = explain(
            model, chosen.texts, name, target=targets, params=params, advance=advance
        )
        seconds = (time.perf_counter() - started) / len(chosen)
        rows = float(np.mean([item.evaluations for item in found[name]]))
        costs[name] = Cost(rows, seconds)
    return found, costs


def mean_ranks(
    ranked: Mapping[tuple[str, str], Standing], names: Sequence[str], measures: Sequence[str]
) -> dict[str, float]:
    """Mean over the measures with a better end of each method's rank, 1 the best.

    Sensitivity takes no part: scores that ignore the model, such as random ones, have the best.
    """
    found: dict[str, list[float]] = {name: [] for name in names}
    for measure in measures:
        if load_measure(measure).KIND == "sensitivity":
            continue
        for name in names:
            rank = ranked[name, measure].rank
            if rank is not None:
                found[name].append(rank)
    return {name: float(np.mean(ranks)) for name, ranks in found.items() if ranks}


def _possible(
    model: TextModel, corpus: Corpus, settings: LeaderboardSettings
) -> tuple[list[str], list[str], dict[str, str]]:
    """Methods and measures that can be had here, and why the others can't."""
    left_out: dict[str, str] = {}
    names = []
    for name in dict.fromkeys((*settings.methods, CONTROL)):
        methods.params(name, settings.params.get(name, {}))
        missing = methods.needs(name) - model.answers
        if missing:
            left_out[name] = f"it needs {' and '.join(sorted(missing))} of the model"
        else:
            names.append(name)
    for name in settings.params:
        if name not in settings.methods and name != CONTROL:
            raise InputError(f"params: {name} is not among the methods; add it, or leave it out")
    measures = []
    for name in dict.fromkeys(settings.measures):
        measure = load_measure(name)
        if measure.KIND not in _KINDS:
            able = [known for kind in _KINDS for known in measure_names(kind)]  # type: ignore[arg-type]
            raise InputError(
                f"{name} is a measure of {measure.KIND} and ranks no methods; use {', '.join(able)}"
            )
        unable = measure.NEEDS - model.answers - {"rationale"}
        if "rationale" in measure.NEEDS and not any(item.rationale for item in corpus):
            left_out[name] = f"no document of {corpus.name} has a rationale"
        elif unable:
            left_out[name] = f"it needs {' and '.join(sorted(unable))} of the model"
        else:
            measures.append(name)
    if not measures:
        raise InputError(f"measure: none of the measures can be had here: {_reasons(left_out)}")
    return names, measures, left_out


def _reasons(left_out: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in left_out.items())


def _targets(model: TextModel, corpus: Corpus, settings: LeaderboardSettings) -> list[Target]:
    if settings.class_of == "gold":
        return [Target(settings.kind, label) for label in gold_labels(model, corpus)]
    classes = predict(model, corpus.texts).argmax(axis=1)
    return [Target(settings.kind, int(index)) for index in classes]


def _frame(values: Mapping[tuple[str, str], np.ndarray], ids: Sequence[str]) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"text": ids, "method": method, "measure": measure, "value": column})
        for (method, measure), column in values.items()
    ]
    return pd.concat(parts, ignore_index=True)
