"""Values of measures for several methods' explanations of the same documents."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from astrid.explain.align import evidence_words
from astrid.explain.moved import Moved
from astrid.explain.records import Explanation, Explanations
from astrid.explain.requests import Replace
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.measures import Kind, load_measure
from astrid.models.protocol import TextModel
from astrid.progress import Advance, silent
from astrid.study.faithfulness import Key, faithfulness
from astrid.text.document import Corpus, Document

DRAWS = 3
"""Neighbours of each text for measures of sensitivity."""


def score(
    model: TextModel,
    corpus: Corpus,
    explanations: Mapping[str, Explanations],
    measures: Sequence[str],
    params: Mapping[str, dict[str, Any]] | None = None,
    replace: Replace = "auto",
    seed: int = 0,
    advance: Advance = silent,
) -> dict[Key, np.ndarray]:
    """The value of each measure for each method and document, `[N]`, NaN where undefined.

    Args:
        model: the one that was explained.
        corpus: the documents; those without a rationale have no plausibility.
        explanations: by name of the method, one a document, in their order.
        measures: names of measures of faithfulness, plausibility, sparsity or sensitivity.
        params: settings by name of the method, for explaining neighbouring inputs.
        replace: what becomes of words that measures leave out.
        seed: for measures that draw rows or neighbours.
        advance: told of each text whose faithfulness is measured.
    """
    found: dict[Key, np.ndarray] = {}
    faithful = _of_kind(measures, "faithfulness")
    if faithful:
        found |= faithfulness(
            model, explanations, faithful, replace=replace, seed=seed, advance=advance
        )
    moved = _of_kind(measures, "sensitivity")
    for method, items in explanations.items():
        if moved:
            neighbours = _neighbours(model, method, items, (params or {}).get(method, {}), seed)
            for name in moved:
                found[method, name] = np.array(
                    [_sensitivity(name, *pair) for pair in zip(items, neighbours, strict=True)]
                )
        for name in _of_kind(measures, "plausibility"):
            found[method, name] = np.array(
                [_plausibility(name, *pair) for pair in zip(items, corpus, strict=True)]
            )
        for name in _of_kind(measures, "sparsity"):
            found[method, name] = np.array(
                [load_measure(name).measure(item.word_scores) for item in items]
            )
    return {(method, name): found[method, name] for method in explanations for name in measures}


def _of_kind(measures: Sequence[str], kind: Kind) -> list[str]:
    return [name for name in measures if kind == load_measure(name).KIND]


def _plausibility(name: str, explanation: Explanation, document: Document) -> float:
    if not document.rationale:
        return float("nan")
    evidence = evidence_words(explanation.offsets, document.rationale)
    return float(load_measure(name).measure(explanation.word_scores, evidence))


def _neighbours(
    model: TextModel, method: str, items: Explanations, params: dict[str, Any], seed: int
) -> list[list[Explanation]]:
    """For each text its explanations after each of the small moves."""
    targets = [Target(item.target.kind, item.target.index) for item in items]
    texts = [item.text for item in items]
    draws = [
        explain(Moved(model, seed + draw), texts, method, target=targets, params=params)
        for draw in range(DRAWS)
    ]
    return [list(of_text) for of_text in zip(*draws, strict=True)]


def _sensitivity(name: str, explanation: Explanation, moved: Sequence[Explanation]) -> float:
    rows = np.stack([item.word_scores for item in moved])
    return float(load_measure(name).measure(explanation.word_scores, rows))
