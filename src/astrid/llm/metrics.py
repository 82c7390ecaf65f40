"""How well a language model classifies: what `zero_shot_metrics.json` holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from astrid.errors import InputError
from astrid.llm.averages import f1_of_classes, weighted_averages
from astrid.llm.baseline import Baseline, against_chance, against_majority
from astrid.llm.probabilities import ProbabilitySummary, summarise
from astrid.measures._predictions import answers, checked_predictions
from astrid.measures.statistics.bootstrap import Estimate, plain_number, share_with_interval
from astrid.measures.statistics.quality import (
    QualityComparison,
    QualityEstimate,
    QualitySettings,
    compare_quality,
    quality_with_intervals,
)

VERSION = 1
"""Of the layout of the files."""

MACRO = ("accuracy", "precision", "recall", "f1")
"""Accuracy, and plain means over the classes."""

_OTHERS = ("mcc", "log_loss", "brier", "calibration_error")


@dataclass(frozen=True)
class LabelMetrics:
    """One label.

    Attributes:
        label: its name.
        precision: of the texts answered with it, the share that has it; 0 where there are none.
        recall: of the texts that have it, the share answered with it; 0 where there are none.
        f1: 2 · right / (answered + support).
        support: texts that have it.
        answered: texts answered with it.
    """

    label: str
    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int
    answered: int

    def to_dict(self) -> dict[str, object]:
        """Plain values, `…_low` and `…_high` the ends of intervals; NaN becomes None."""
        numbers: dict[str, object] = {}
        for name in ("precision", "recall", "f1"):
            estimate: Estimate = getattr(self, name)
            numbers[name] = estimate.value
            numbers[f"{name}_low"] = plain_number(estimate.low)
            numbers[f"{name}_high"] = plain_number(estimate.high)
        return {
            "label": self.label,
            **numbers,
            "support": self.support,
            "answered": self.answered,
        }


@dataclass(frozen=True)
class ClassificationMetrics:
    """Quality of N answers among K labels.

    Attributes:
        labels: names, in the order of the columns.
        texts: N.
        values: by name, with intervals: `accuracy`; `precision`, `recall`, `f1` as plain means
            over the classes among right labels or answers; `precision_weighted`,
            `recall_weighted`, `f1_weighted` by the classes' texts; `mcc`, `log_loss`, `brier`,
            `calibration_error`.
        rows: one a label.
        confusion: `[K][K]` texts; rows the right label, columns the answer.
        probabilities: how sure the model is.
        baseline: what needs no model.
        confidence: of all intervals.
    """

    labels: tuple[str, ...]
    texts: int
    values: Mapping[str, QualityEstimate]
    rows: tuple[LabelMetrics, ...]
    confusion: tuple[tuple[int, ...], ...]
    probabilities: ProbabilitySummary
    baseline: Baseline
    confidence: float

    @property
    def sentences(self) -> tuple[str, str]:
        """What the intervals decide: against guessing, and against the most frequent label."""
        guessing = against_chance(self.values["accuracy"], len(self.labels))
        return guessing, self.baseline.sentence

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "version": VERSION,
            "texts": self.texts,
            "confidence": self.confidence,
            "labels": list(self.labels),
            **{name: plain_number(found.value) for name, found in self.values.items()},
            "intervals": {name: found.to_dict() for name, found in self.values.items()},
            "classes": [row.to_dict() for row in self.rows],
            "confusion_matrix": [list(row) for row in self.confusion],
            "probabilities": self.probabilities.to_dict(),
            "baseline": self.baseline.to_dict(),
            "sentences": list(self.sentences),
        }


def classification_metrics(
    gold: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
    settings: QualitySettings | None = None,
) -> ClassificationMetrics:
    """All metrics of a model's answers; the answer is the label of highest probability.

    Args:
        gold: right classes `[N]`, whole numbers from 0 to K − 1.
        probabilities: `[N, K]`, in [0, 1], each row with the sum 1.
        labels: names of the K labels, in the order of the columns.
        settings: of the intervals; defaults as in `QualitySettings`.

    Raises:
        InputError: no texts, names that don't fit the columns, or predictions that are none.

    >>> found = classification_metrics(
    ...     np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), ["no", "yes"]
    ... )
    >>> round(found.values["accuracy"].value, 3), found.confusion
    (0.667, ((1, 0), (1, 1)))
    """
    settings = settings or QualitySettings()
    gold, probabilities = checked_predictions(gold, probabilities)
    labels = _checked_names(labels, probabilities)
    if not len(gold):
        raise InputError("metrics: no texts; evaluate at least one, for example --eval-subset 100")
    return ClassificationMetrics(
        labels=labels,
        texts=len(gold),
        values=_values(gold, probabilities, settings),
        rows=_rows(gold, probabilities, labels, settings),
        confusion=tuple(
            tuple(map(int, row))
            for row in confusion_matrix(gold, answers(probabilities), labels=range(len(labels)))
        ),
        probabilities=summarise(gold, probabilities, labels, settings.seed, settings.confidence),
        baseline=against_majority(gold, answers(probabilities), labels, settings.confidence),
        confidence=settings.confidence,
    )


def compare_metrics(
    gold: np.ndarray,
    zero_shot: np.ndarray,
    fine_tuned: np.ndarray,
    settings: QualitySettings | None = None,
) -> QualityComparison:
    """Fine-tuned − zero-shot of each measure on the same texts, paired; McNemar's `first` is tuned.

    Args:
        gold: right classes `[N]`.
        zero_shot: probabilities `[N, K]`.
        fine_tuned: probabilities `[N, K]` of the same texts.
        settings: of the intervals; defaults as in `QualitySettings`.

    Raises:
        InputError: other texts or labels, or predictions that are none.

    >>> right = np.eye(2)[[0, 1, 1, 0]]
    >>> found = compare_metrics(np.array([0, 1, 1, 0]), 1 - right, right)
    >>> found.differences["accuracy"].value, found.mcnemar.first_only
    (1.0, 4)
    """
    return compare_quality(gold, fine_tuned, zero_shot, (*MACRO, *_OTHERS), settings)


def metrics_frame(models: Mapping[str, ClassificationMetrics]) -> pd.DataFrame:
    """What the plot `metrics_comparison` draws: one row a model and measure, then F1 a label.

    Args:
        models: metrics by the name that the plot shows.

    >>> right = classification_metrics(np.array([0, 1]), np.eye(2), ["no", "yes"])
    >>> metrics_frame({"tuned": right})["measure"].tolist()
    ['accuracy', 'precision', 'recall', 'F1', 'no', 'yes']
    """
    rows = []
    for model, metrics in models.items():
        shown: list[tuple[str, str, Estimate]]
        shown = [("all labels", _SHOWN.get(name, name), metrics.values[name]) for name in MACRO]
        shown += [("F1 of each label", row.label, row.f1) for row in metrics.rows]
        rows += [
            (model, panel, name, found.value, found.low, found.high) for panel, name, found in shown
        ]
    columns = ["model", "panel", "measure", "value", "value_low", "value_high"]
    frame = pd.DataFrame(rows, columns=columns)
    notes = [f"{model}: {' '.join(metrics.sentences)}" for model, metrics in models.items()]
    sure = " and ".join(sorted({f"{100 * metrics.confidence:g} %" for metrics in models.values()}))
    frame.attrs["notes"] = [*notes, f"Thin lines: {sure} intervals over texts."]
    return frame


_SHOWN = {"f1": "F1"}
"""Names of measures on the picture, where they differ."""


def _checked_names(labels: Sequence[str], probabilities: np.ndarray) -> tuple[str, ...]:
    if len(labels) != probabilities.shape[1] or len(set(labels)) != len(labels):
        raise InputError(
            f"metrics: {len(labels)} label names for {probabilities.shape[1]} columns of "
            "probabilities; give each column one name of its own"
        )
    return tuple(labels)


def _values(
    gold: np.ndarray, probabilities: np.ndarray, settings: QualitySettings
) -> dict[str, QualityEstimate]:
    found = quality_with_intervals(gold, probabilities, (*MACRO, *_OTHERS), settings)
    weighted = weighted_averages(gold, probabilities, settings)
    return {
        **{name: found[name] for name in MACRO},
        "precision_weighted": weighted["precision_weighted"],
        # Σ nₖ · (rightₖ / nₖ) / N: the share of right answers.
        "recall_weighted": found["accuracy"],
        "f1_weighted": weighted["f1_weighted"],
        **{name: found[name] for name in _OTHERS},
    }


def _rows(
    gold: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
    settings: QualitySettings,
) -> tuple[LabelMetrics, ...]:
    answered, f1 = answers(probabilities), f1_of_classes(gold, probabilities, settings)
    return tuple(
        LabelMetrics(
            label,
            precision=_share(gold[answered == number] == number, settings.confidence),
            recall=_share(answered[gold == number] == number, settings.confidence),
            f1=f1[number],
            support=int((gold == number).sum()),
            answered=int((answered == number).sum()),
        )
        for number, label in enumerate(labels)
    )


def _share(flags: np.ndarray, confidence: float) -> Estimate:
    """With Wilson's interval; 0 without one where there are no texts."""
    if not len(flags):
        return Estimate(0.0, float("nan"), float("nan"), 0, 0)
    return share_with_interval([bool(flag) for flag in flags], confidence)
