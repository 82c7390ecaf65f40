"""Do a model's explanations find the evidence that is known?"""

from collections.abc import Iterable
from dataclasses import dataclass

from astrid.explain.align import evidence_words
from astrid.explain.records import Explanation
from astrid.measures import auprc
from astrid.measures.statistics.bootstrap import Estimate, mean_with_interval
from astrid.text.document import Document


@dataclass(frozen=True)
class Recovery:
    """How well word scores rank the evidence before the other words.

    Attributes:
        auprc: mean area under the precision–recall curve over texts, in [0, 1].
        chance: mean over texts of what scores in random order reach.
        gain: mean over texts of the area above chance; 0 where scores find no evidence.
    """

    auprc: Estimate
    chance: Estimate
    gain: Estimate

    def to_dict(self) -> dict[str, object]:
        return {
            "auprc": self.auprc.to_dict(),
            "chance": self.chance.to_dict(),
            "gain": self.gain.to_dict(),
        }

    def __str__(self) -> str:
        return f"{self.auprc} (random scores: {self.chance}), area under precision–recall"


def evidence_recovery(
    explanations: Iterable[Explanation], documents: Iterable[Document]
) -> Recovery | None:
    """Compare explanations with the rationales of their documents; None if none has one.

    Args:
        explanations: one a document, in the same order.
        documents: those without a rationale, or with an empty one, are left out.
    """
    areas, chances = [], []
    for explanation, document in zip(explanations, documents, strict=True):
        if document.rationale:
            evidence = evidence_words(explanation.offsets, document.rationale)
            areas.append(auprc.measure(explanation.word_scores, evidence))
            chances.append(auprc.chance(evidence))
    if not areas:
        return None
    return Recovery(
        auprc=mean_with_interval(areas),
        chance=mean_with_interval(chances),
        gain=mean_with_interval(
            [area - chance for area, chance in zip(areas, chances, strict=True)]
        ),
    )
