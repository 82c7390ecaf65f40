"""How well one model predicts, beside what no model is needed for."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

from astrid.analysis.examine import gold_labels
from astrid.explain.run import predict
from astrid.measures.statistics.bootstrap import Estimate, mean_with_interval, share_with_interval
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
    """

    model: str
    accuracy: Estimate
    majority: float
    f1_score: float
    log_loss: Estimate
    classes: tuple[ClassQuality, ...]
    confusion: tuple[tuple[int, ...], ...]
    documents: int

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "model": self.model,
            "documents": self.documents,
            "accuracy": self.accuracy.to_dict(),
            "majority": self.majority,
            "f1_score": self.f1_score,
            "log_loss": self.log_loss.to_dict(),
            "classes": [vars(quality) for quality in self.classes],
            "confusion": [list(row) for row in self.confusion],
        }


def evaluate(model: TextModel, corpus: Corpus, advance: Advance = silent) -> Evaluation:
    """Evaluate `model` on `corpus`; classes are matched by name.

    Raises:
        InputError: the corpus has a class that the model was not trained on, or the model does
            not choose between classes.
    """
    require_classes(model.name, model.tasks)
    gold = np.asarray(gold_labels(model, corpus))
    probabilities = predict(model, corpus.texts, advance=advance)
    answers = probabilities.argmax(axis=1)
    numbers = list(range(len(model.labels)))
    losses = [
        log_loss([label], row[None], labels=numbers)
        for label, row in zip(gold, probabilities, strict=True)
    ]
    parts = precision_recall_fscore_support(gold, answers, labels=numbers, zero_division=0)
    return Evaluation(
        model=model.name,
        accuracy=share_with_interval([bool(right) for right in answers == gold]),
        majority=float(np.bincount(gold).max() / len(gold)),
        f1_score=float(f1_score(gold, answers, average="macro", zero_division=0)),
        log_loss=mean_with_interval(losses),
        classes=tuple(
            ClassQuality(label, float(precision), float(recall), float(f1), int(support))
            for label, precision, recall, f1, support in zip(model.labels, *parts, strict=True)
        ),
        confusion=tuple(
            tuple(map(int, row)) for row in confusion_matrix(gold, answers, labels=numbers)
        ),
        documents=len(corpus),
    )
