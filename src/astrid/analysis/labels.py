"""Do explanations notice that the model was trained on labels without a meaning?

The data randomisation test: a model trained on shuffled labels learns, at best, the training texts
by heart. Explanations of it must differ from those of a model trained on the true labels, and by
more than two models with true labels and different seeds differ from each other: their agreement
is the ceiling. With the drop of a text

    d = agreement(true, twin) − agreement(true, shuffled)

and [low, high] the interval of its mean over texts, a method

    passes: low > tolerance    fails: high ≤ tolerance    undecided: anything else

Source: Adebayo et al., Sanity Checks for Saliency Maps, 2018 (arXiv:1810.03292), section 4; they
have neither ceiling nor threshold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from astrid.analysis._agreement import agreements, estimates, over_texts
from astrid.analysis._explaining import fixed_targets
from astrid.analysis.sanity import CheckSettings, Verdict
from astrid.measures.statistics.bootstrap import Estimate
from astrid.measures.statistics.permutation import PairedDifference, paired_difference
from astrid.models.protocol import TextModel
from astrid.progress import Advance, silent
from astrid.text.document import Corpus


@dataclass(frozen=True)
class LabelCheck:
    """One method under the test.

    Attributes:
        method: its name.
        agreement: of the model of true labels with that of shuffled ones, each measure's mean.
        chance: what the same scores in random order reach.
        ceiling: agreement of the two models of true labels.
        drop: the deciding measure's ceiling minus agreement, text by text.
        verdict: as the interval of `drop` decides.
    """

    method: str
    agreement: Mapping[str, Estimate]
    chance: Mapping[str, Estimate]
    ceiling: Mapping[str, Estimate]
    drop: PairedDifference
    verdict: Verdict

    def to_dict(self) -> dict[str, object]:
        return {
            "method": self.method,
            "agreement": {name: mean.to_dict() for name, mean in self.agreement.items()},
            "chance": {name: mean.to_dict() for name, mean in self.chance.items()},
            "ceiling": {name: mean.to_dict() for name, mean in self.ceiling.items()},
            "drop": self.drop.to_dict(),
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class LabelRandomisation:
    """The test's result for all methods; it holds for the three models that were trained."""

    methods: tuple[LabelCheck, ...]
    settings: CheckSettings

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "methods": [check.to_dict() for check in self.methods],
            "settings": self.settings.model_dump(mode="json"),
        }


def label_randomisation(
    true: TextModel,
    twin: TextModel,
    shuffled: TextModel,
    texts: Sequence[str],
    settings: CheckSettings | None = None,
    advance: Advance = silent,
) -> LabelRandomisation:
    """Compare explanations of a model with those of one that was trained on shuffled labels.

    All explain the class that `true` predicts. Train the three with the same settings and texts,
    for example by `astrid.training.fit.fit`, the last one on `with_shuffled_labels(…)`.

    Args:
        true: trained on the true labels.
        twin: trained on the true labels with another seed.
        shuffled: trained on shuffled labels, with the seed of `true`.
        texts: at least one, which no model was trained on; two for intervals.
        settings: defaults as in `CheckSettings`.
        advance: told of each explained text; there are 3 for each text and method.

    Raises:
        InputError: no texts, models with different classes, or a method that one can't be given
            to.
    """
    settings, texts = settings or CheckSettings(), list(texts)
    models = (true, twin, shuffled)
    settings.check(models, texts)
    return LabelRandomisation(
        tuple(_check(method, models, texts, settings, advance) for method in settings.methods),
        settings,
    )


def with_shuffled_labels(corpus: Corpus, seed: int = 0) -> Corpus:
    """The corpus with its documents' labels in random order.

    Labels change places only within a split, so that each keeps its share of every class; those of
    several tasks stay together. Rationales are left out: they spoke for the old labels. So are the
    corpus' facts, except that the labels are shuffled. The same seed gives the same order.

    >>> from astrid.text.document import Document
    >>> documents = tuple(Document(str(n), "text", {"label": n % 2}) for n in range(6))
    >>> corpus = with_shuffled_labels(Corpus("tiny", documents, {"label": ("no", "yes")}), seed=1)
    >>> sorted(corpus.labels), corpus.labels != [0, 1, 0, 1, 0, 1]
    ([0, 0, 0, 1, 1, 1], True)
    """
    splits: dict[str | None, list[int]] = {}
    for place, document in enumerate(corpus):
        splits.setdefault(document.split, []).append(place)
    labels = [document.labels for document in corpus]
    for split, places in splits.items():
        given = [corpus.documents[place].labels for place in places]
        Random(f"labels/{seed}/{split}").shuffle(given)
        for place, drawn in zip(places, given, strict=True):
            labels[place] = drawn
    documents = tuple(
        replace(document, labels=drawn, rationale=None)
        for document, drawn in zip(corpus, labels, strict=True)
    )
    return Corpus(corpus.name, documents, corpus.label_names, {"labels_shuffled": seed})


def _check(
    method: str,
    models: tuple[TextModel, TextModel, TextModel],
    texts: Sequence[str],
    settings: CheckSettings,
    advance: Advance,
) -> LabelCheck:
    true = settings.explain(models[0], texts, method, None, advance)
    asked = fixed_targets(models[0], true, settings.kind)
    twin, shuffled = (
        settings.explain(model, texts, method, asked, advance) for model in models[1:]
    )
    above, below = agreements(true, twin), agreements(true, shuffled)
    agreement, chance = estimates([below], lambda values: over_texts(values, settings.mean))
    ceiling, _ = estimates([above], lambda values: over_texts(values, settings.mean))
    drop = paired_difference(
        above.values[settings.measure],
        below.values[settings.measure],
        settings.seed,
        settings.confidence,
        settings.resamples,
    )
    verdict = _judged(drop.difference, settings.tolerance)
    return LabelCheck(method, agreement, chance, ceiling, drop, verdict)


def _judged(drop: Estimate, tolerance: float) -> Verdict:
    if drop.low > tolerance:
        return "passes"
    return "fails" if drop.high <= tolerance else "undecided"
