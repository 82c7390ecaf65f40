"""A gate for continuous integration: may this candidate take the teacher's place?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from astrid.analysis.comparison import Comparison, compare_explanations
from astrid.analysis.examine import check_same_classes, chosen_documents, gold_labels
from astrid.analysis.family import LIMITS, package_versions
from astrid.analysis.gate_checks import Check, GateSettings, Measured, decide_checks
from astrid.analysis.gate_notes import Context, notes_on
from astrid.errors import InputError
from astrid.explain import methods
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.measures.statistics.bootstrap import Estimate
from astrid.models.protocol import TextModel
from astrid.progress import Advance, Bar, no_bar
from astrid.text.document import Corpus

_UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"), 0, 0)


@dataclass(frozen=True, eq=False)
class GateResult:
    """What was asked of a candidate, and whether all of it is shown.

    Attributes:
        teacher: name of the reference.
        candidate: name of the model that wants to take its place.
        checks: one a requirement.
        teacher_accuracy: on the same documents; undefined where nothing asked needs labels.
        prediction_agreement: share of documents for which both predict the same class.
        chance: similarity of shuffled scores; undefined where no similarity was asked.
        notes: what a reader must know before acting on the answer.
        settings: what was asked.
        corpus: its name.
        fingerprint: of the corpus.
        documents: how many it has.
        versions: of the packages that made the figures.
    """

    teacher: str
    candidate: str
    checks: tuple[Check, ...]
    teacher_accuracy: Estimate
    prediction_agreement: Estimate
    chance: Estimate
    notes: tuple[str, ...]
    settings: GateSettings
    corpus: str
    fingerprint: str
    documents: int
    versions: Mapping[str, str]

    @property
    def passed(self) -> bool:
        """Whether every check is."""
        return all(check.passed for check in self.checks)

    @property
    def answer(self) -> str:
        """The decision in one sentence."""
        failed = [check.asked for check in self.checks if not check.passed]
        who = f"{self.candidate} against {self.teacher}"
        if failed:
            return f"FAILED: {who}: not shown: {'; '.join(failed)}."
        return f"PASSED: {who}: shown: {'; '.join(check.asked for check in self.checks)}."

    @property
    def limits(self) -> tuple[str, ...]:
        """What has to stand wherever a similarity is shown."""
        return () if self.settings.min_similarity is None else LIMITS

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "passed": self.passed,
            "answer": self.answer,
            "teacher": self.teacher,
            "candidate": self.candidate,
            "checks": [check.to_dict() for check in self.checks],
            "teacher_accuracy": self.teacher_accuracy.to_dict(),
            "prediction_agreement": self.prediction_agreement.to_dict(),
            "chance": self.chance.to_dict(),
            "notes": list(self.notes),
            "limits": list(self.limits),
            "settings": self.settings.model_dump(mode="json"),
            "corpus": {
                "name": self.corpus,
                "fingerprint": self.fingerprint,
                "documents": self.documents,
            },
            "versions": dict(self.versions),
        }


def gate(
    teacher: TextModel,
    candidate: TextModel,
    corpus: Corpus,
    settings: GateSettings,
    progress: Bar = no_bar,
) -> GateResult:
    """Ask of `candidate` what `settings` say, on documents that no model was trained on.

    Both models explain the class that the teacher predicts.

    Args:
        teacher: the reference.
        candidate: a model with the same classes, in the same order.
        corpus: the documents; labelled where accuracy or drop is asked.
        settings: at least one requirement.
        progress: shows how far predictions and explanations are.

    Raises:
        InputError: other classes, no labels where they are needed, or a method that one of the
            models can't be given to.
    """
    models = (teacher, candidate)
    check_same_classes(teacher, candidate)
    gold = _gold(teacher, corpus, settings)
    compared = settings.min_similarity is not None
    if compared:
        _require_method(models, settings)
    chosen = chosen_documents(corpus, settings.texts, settings.seed)
    judged = corpus if settings.needs_labels else chosen
    with progress("predicting", 2 * len(judged)) as advance:
        first, second = (_predicted(model, judged.texts, advance) for model in models)
    comparison = _comparison(models, chosen.texts, settings, progress) if compared else None
    measured = Measured(cosines=_cosines(comparison))
    if gold is not None:
        measured = Measured(first == gold, second == gold, measured.cosines)
    checks = decide_checks(measured, settings)
    share = settings.comparing.share
    context = Context(
        candidate=candidate.name,
        teacher_accuracy=share(measured.teacher_right.tolist()),
        prediction_agreement=share((first == second).tolist()),
        chance=_UNKNOWN if comparison is None else comparison.chance["cosine"],
        majority=0.0 if gold is None else float(np.bincount(gold).max() / len(gold)),
    )
    return GateResult(
        teacher=teacher.name,
        candidate=candidate.name,
        checks=checks,
        teacher_accuracy=context.teacher_accuracy,
        prediction_agreement=context.prediction_agreement,
        chance=context.chance,
        notes=notes_on(checks, context, settings),
        settings=settings,
        corpus=corpus.name,
        fingerprint=corpus.fingerprint(),
        documents=len(corpus),
        versions=package_versions(),
    )


def _gold(teacher: TextModel, corpus: Corpus, settings: GateSettings) -> np.ndarray | None:
    """Index of each document's class, `[N]`; None where nothing that is asked needs it."""
    if not len(corpus):
        raise InputError(f"{corpus.name}: there are no documents to decide on; give some")
    if not settings.needs_labels:
        return None
    bare = sum("label" not in document.labels for document in corpus)
    if bare:
        raise InputError(
            f"{corpus.name}: {bare} of {len(corpus)} documents have no label, and accuracy and "
            "drop need one for each; give labelled documents, or ask for min_similarity alone"
        )
    return np.asarray(gold_labels(teacher, corpus))


def _require_method(models: Sequence[TextModel], settings: GateSettings) -> None:
    """Refuse a method that asks the models nothing, or more than both can answer."""
    name = settings.method
    methods.params(name, settings.params)
    able = [
        other
        for other in methods.names()
        if methods.needs(other) and all(methods.runs_on(other, model) for model in models)
    ]
    if name in able:
        return
    if not methods.needs(name):
        problem = "asks the models nothing, so that any candidate would look like the teacher"
    else:
        unable = next(model for model in models if not methods.runs_on(name, model))
        missing = " and ".join(sorted(methods.needs(name) - unable.answers))
        problem = f"needs {missing}, which {unable.name} can't give"
    raise InputError(f"gate: {name} {problem}; use a method that both can: {', '.join(able)}")


def _predicted(model: TextModel, texts: Sequence[str], advance: Advance) -> np.ndarray:
    """Index of the predicted class of each text, `[N]`."""
    choices = np.asarray(model.tasks[0].choices)
    found: np.ndarray = choices[predict(model, texts, advance=advance)[:, choices].argmax(axis=1)]
    return found


def _comparison(
    models: tuple[TextModel, TextModel],
    texts: Sequence[str],
    settings: GateSettings,
    progress: Bar,
) -> Comparison:
    """Both models' explanations of the classes that the teacher predicts."""
    teacher, candidate = models
    kind, method, params = settings.kind, settings.method, settings.params
    with progress(f"explaining ({method})", 2 * len(texts)) as advance:
        first = explain(teacher, texts, method, target=Target(kind), params=params, advance=advance)
        asked = [Target(kind, item.target.index) for item in first]
        second = explain(candidate, texts, method, target=asked, params=params, advance=advance)
    return compare_explanations(first, second, settings.comparing)


def _cosines(comparison: Comparison | None) -> np.ndarray:
    rows = comparison.rows if comparison else ()
    return np.asarray([row.agreement["cosine"] for row in rows], dtype=float)
