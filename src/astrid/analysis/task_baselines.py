"""What several tasks are worth without a transformer: the commonest class, and a bag of words."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from pydantic import Field
from sklearn.exceptions import ConvergenceWarning

from astrid.analysis.task_units import UNKNOWN, Units, units_of
from astrid.errors import InputError
from astrid.models.outputs import Task
from astrid.spec import Spec, nearest
from astrid.text.document import Corpus

MAJORITY, BAG_OF_WORDS = "majority", "bag of words"
"""What the baselines are called."""

_WORD = r"(?u)\b\w+\b"  # one letter is a word too: "I" tells of a person


class BagOfWordsSettings(Spec):
    """Of the bag of words.

    Attributes:
        class_weight: `balanced` weighs a text by the inverse frequency of its class, as the
            training of a model does with balanced weights; None weighs all alike.
        strengths: values of C, the inverse of the L2 regularisation, to choose from.
        folds: of the cross-validation that chooses; fewer where a class has fewer units.
        min_units: units of the training that a word must occur in.
        max_words: the commonest words are kept.
        seed: of the folds.
    """

    class_weight: Literal["balanced"] | None = None
    strengths: tuple[float, ...] = Field(default=(0.1, 1.0, 10.0, 100.0), min_length=1)
    folds: int = Field(default=5, ge=2)
    min_units: int = Field(default=2, ge=1)
    max_words: int = Field(default=50_000, ge=1)
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Texts of one split with their labels.

    Attributes:
        texts: N of them.
        labels: `[N, T]` the class of each in each task, −1 where it is not known.
        groups: `[N]` the group of each; None: each text stands alone.
    """

    texts: Sequence[str]
    labels: np.ndarray
    groups: Sequence[str | None] | None = None

    @classmethod
    def of(cls, corpus: Corpus, tasks: Sequence[Task]) -> "LabelledTexts":
        """The documents of a corpus; classes are matched by name.

        Raises:
            InputError: the corpus has not the task, or a class that the task has not.
        """
        columns = [_labels_in(corpus, task) for task in tasks]
        groups = [document.group for document in corpus]
        return cls(corpus.texts, np.stack(columns, axis=1), groups)

    def units(self, tasks: Sequence[Task]) -> Units:
        """The texts gathered; InputError where labels and groups don't fit."""
        if len(self.texts) != len(self.labels):
            raise InputError(
                f"tasks: {len(self.texts)} texts but {len(self.labels)} rows of labels"
            )
        return units_of(tasks, self.labels, self.groups)


def _labels_in(corpus: Corpus, task: Task) -> np.ndarray:
    """`[N]` labels of the task's own classes, −1 where a document has none."""
    if task.name not in corpus.label_names:
        raise InputError(
            f"{corpus.name}: has no task {task.name}; {nearest(task.name, corpus.label_names)}; "
            "give data with the model's tasks"
        )
    places = {UNKNOWN: UNKNOWN}
    for number, name in enumerate(corpus.label_names[task.name]):
        if name not in task.answers:
            raise InputError(
                f"{corpus.name}: the class {name} of {task.name} is none of the model's: "
                f"{', '.join(task.answers)}"
            )
        places[number] = task.answers.index(name)
    labels = (document.labels.get(task.name, UNKNOWN) for document in corpus)
    return np.array([places[label] for label in labels], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Baseline:
    """What a baseline answers to the texts of the test.

    Attributes:
        name: of the baseline.
        tasks: those of the model, with the threshold 0.5: the model's own suit only the model.
        probabilities: `[N, K]`, in the model's columns; the same for all texts of a group.
        facts: by task, how it was made: the strength that was chosen, for example.
    """

    name: str
    tasks: tuple[Task, ...]
    probabilities: np.ndarray
    facts: dict[str, dict[str, Any]]


def majority_baseline(tasks: Sequence[Task], train: LabelledTexts, test: LabelledTexts) -> Baseline:
    """The class that most units of the training have, with their shares as probabilities.

    Raises:
        InputError: a task has no known label in the training.
    """
    units = train.units(tasks)
    rows = np.zeros((len(test.texts), _columns(tasks)))
    facts = {}
    for place, task in enumerate(tasks):
        counts = np.bincount(_known(units, place, task)[1], minlength=len(task.answers))
        shares = counts / counts.sum()
        _set(rows, task, np.tile(shares, (len(rows), 1)))
        facts[task.name] = {"class": task.answers[int(shares.argmax())], "units": int(counts.sum())}
    return Baseline(MAJORITY, _plain(tasks), rows, facts)


def bag_of_words_baseline(
    tasks: Sequence[Task],
    train: LabelledTexts,
    test: LabelledTexts,
    settings: BagOfWordsSettings | None = None,
) -> Baseline:
    """Logistic regression on the words of each unit, weighted by TF-IDF, one model a task.

    The texts of a group are joined: the baseline reads all that the group wrote, as the model
    does. The strength of the regularisation is chosen by cross-validation on the units of the
    training alone: by log loss, or by balanced accuracy where the classes are balanced by weights.
    With too few units of a class for two folds it is the middle one of those to choose from.

    Source: `sklearn.linear_model.LogisticRegression`,
    `sklearn.feature_extraction.text.TfidfTransformer` with sublinear counts.

    Raises:
        InputError: a task has no known label in the training, or the training has no words.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    settings = settings or BagOfWordsSettings()
    units, judged = train.units(tasks), test.units(tasks)
    counter = CountVectorizer(
        token_pattern=_WORD,
        min_df=min(settings.min_units, len(units)),
        max_features=settings.max_words,
    )
    try:
        counts = counter.fit_transform(units.joined(train.texts))
    except ValueError:  # scikit-learn's word for texts without words
        raise InputError(
            f"bag of words: no word occurs in {settings.min_units} units of the training; "
            "give more texts, or a smaller min_units"
        ) from None
    asked = counter.transform(judged.joined(test.texts))
    rows = np.zeros((len(test.texts), _columns(tasks)))
    facts = {}
    for place, task in enumerate(tasks):
        chosen, gold = _known(units, place, task)
        shares, facts[task.name] = _fitted(counts[chosen], gold, asked, task, settings)
        _set(rows, task, shares[judged.of_texts])
    return Baseline(BAG_OF_WORDS, _plain(tasks), rows, facts)


def _fitted(
    counts: Any, gold: np.ndarray, asked: Any, task: Task, settings: BagOfWordsSettings
) -> tuple[np.ndarray, dict[str, Any]]:
    """Probabilities `[U, C]` of the test's units, and how they were made."""
    shares = np.zeros((asked.shape[0], len(task.answers)))
    present = np.unique(gold)
    if len(present) == 1:  # nothing to tell apart
        shares[:, present[0]] = 1.0
        return shares, {"units": len(gold), "strength": None, "folds": 0}
    model, folds = _chooser(gold, settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a hard-to-reach optimum will do
        model.fit(counts, gold)
    shares[:, present] = model.predict_proba(asked)
    strength = model.best_params_["logistic__C"] if folds else _middle(settings)
    return shares, {"units": len(gold), "strength": float(strength), "folds": folds}


def _chooser(gold: np.ndarray, settings: BagOfWordsSettings) -> tuple[Any, int]:
    """What is to be fitted, and the folds that choose its strength; 0 where nothing can."""
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import Pipeline

    regression = LogisticRegression(
        C=_middle(settings), class_weight=settings.class_weight, max_iter=1000
    )
    steps = [("weights", TfidfTransformer(sublinear_tf=True)), ("logistic", regression)]
    folds = min(settings.folds, int(np.bincount(gold)[np.unique(gold)].min()))
    if folds < 2:
        return Pipeline(steps), 0
    scoring = "balanced_accuracy" if settings.class_weight else "neg_log_loss"
    parts = StratifiedKFold(folds, shuffle=True, random_state=settings.seed)
    asked = {"logistic__C": sorted(settings.strengths)}
    return GridSearchCV(Pipeline(steps), asked, scoring=scoring, cv=parts), folds


def _middle(settings: BagOfWordsSettings) -> float:
    ordered = sorted(settings.strengths)
    return ordered[(len(ordered) - 1) // 2]


def _known(units: Units, place: int, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Places of the units whose label in a task is known, and the labels."""
    chosen = np.flatnonzero(units.labels[:, place] != UNKNOWN)
    if not len(chosen):
        raise InputError(f"baseline: no label of {task.name} is known in the training")
    return chosen, units.labels[chosen, place]


def _columns(tasks: Sequence[Task]) -> int:
    return max(column for task in tasks for column in task.columns) + 1


def _set(rows: np.ndarray, task: Task, shares: np.ndarray) -> None:
    """Write the classes' probabilities `[N, C]` to the model's columns of the task."""
    rows[:, list(task.columns)] = shares[:, 1:] if task.kind == "binary" else shares


def _plain(tasks: Sequence[Task]) -> tuple[Task, ...]:
    return tuple(replace(task, threshold=0.5) for task in tasks)
