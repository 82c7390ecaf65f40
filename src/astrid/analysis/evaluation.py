"""How well one model predicts, beside what no model is needed for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from astrid.analysis.examine import gold_labels
from astrid.analysis.reliability import (
    ConfidenceCounts,
    ReliabilityBin,
    confidence_counts,
    reliability_frame,
    reliability_table,
)
from astrid.explain.run import predict
from astrid.measures.statistics.bootstrap import Estimate
from astrid.measures.statistics.quality import (
    QualityEstimate,
    QualitySettings,
    quality_with_intervals,
)
from astrid.models.outputs import require_classes
from astrid.models.protocol import TextModel
from astrid.progress import Advance, silent
from astrid.text.document import Corpus


@dataclass(frozen=True)
class ClassQuality:
    """One class: of those predicted, found, and how many there are."""

    label: str
    precision: float
    recall: float
    f1_score: float
    support: int


@dataclass(frozen=True)
class Evaluation:
    """Quality of a model's predictions on labelled documents.

    Attributes:
        model: its name.
        accuracy: share of right answers, with Wilson's interval.
        majority: accuracy of always answering the most frequent class of these documents.
        f1_score: macro average over the classes.
        log_loss: mean −ln probability of the right class, in nats, with a bootstrap interval.
        classes: one entry a class of the model.
        confusion: rows the right class, columns the predicted one.
        documents: how many.
        quality: each measure of predictions with its interval, by name.
        confidence: right and wrong answers by the model's confidence.
        reliability: accuracy against confidence, one entry a bin of confidence.
    """

    model: str
    accuracy: Estimate
    majority: float
    f1_score: float
    log_loss: Estimate
    classes: tuple[ClassQuality, ...]
    confusion: tuple[tuple[int, ...], ...]
    documents: int
    quality: Mapping[str, QualityEstimate]
    confidence: ConfidenceCounts
    reliability: tuple[ReliabilityBin, ...]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "model": self.model,
            "documents": self.documents,
            "accuracy": self.accuracy.to_dict(),
            "majority": self.majority,
            "f1_score": self.f1_score,
            "log_loss": self.log_loss.to_dict(),
            "classes": [vars(quality) for quality in self.classes],
            "confusion": [list(row) for row in self.confusion],
            "quality": {name: estimate.to_dict() for name, estimate in self.quality.items()},
            "confidence": self.confidence.to_dict(),
            "reliability": [row.to_dict() for row in self.reliability],
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a bin of confidence: what the plot `reliability` draws."""
        return reliability_frame(self.reliability, self.confidence)


def evaluate(
    model: TextModel,
    corpus: Corpus,
    advance: Advance = silent,
    settings: QualitySettings | None = None,
) -> Evaluation:
    """Evaluate `model` on `corpus`; classes are matched by name.

    Args:
        model: one that chooses between classes.
        corpus: labelled documents, at least one.
        advance: told of each document that is done.
        settings: of the intervals; defaults as in `QualitySettings`.

    Raises:
        InputError: the corpus has a class that the model was not trained on, or the model does
            not choose between classes.
    """
    require_classes(model.name, model.tasks)
    settings = settings or QualitySettings()
    gold = np.asarray(gold_labels(model, corpus))
    probabilities = predict(model, corpus.texts, advance=advance)
    answers = probabilities.argmax(axis=1)
    numbers = list(range(len(model.labels)))
    parts = precision_recall_fscore_support(gold, answers, labels=numbers, zero_division=0)
    quality = quality_with_intervals(gold, probabilities, settings=settings)
    return Evaluation(
        model=model.name,
        accuracy=quality["accuracy"],
        majority=float(np.bincount(gold).max() / len(gold)),
        f1_score=quality["f1"].value,
        log_loss=quality["log_loss"],
        classes=tuple(
            ClassQuality(label, float(precision), float(recall), float(f1), int(support))
            for label, precision, recall, f1, support in zip(model.labels, *parts, strict=True)
        ),
        confusion=tuple(
            tuple(map(int, row)) for row in confusion_matrix(gold, answers, labels=numbers)
        ),
        documents=len(corpus),
        quality=quality,
        confidence=confidence_counts(gold, probabilities),
        reliability=reliability_table(gold, probabilities, settings.confidence),
    )
