"""Is a model of several tasks better than what needs no model? Task by task, paired, corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from astrid.analysis.task_baselines import (
    MAJORITY,
    BagOfWordsSettings,
    Baseline,
    LabelledTexts,
    bag_of_words_baseline,
    majority_baseline,
)
from astrid.analysis.task_evaluation import (
    OF_ANSWERS,
    TOTAL,
    TaskAnswers,
    TaskEvaluation,
    answers_of,
    evaluate_answers,
)
from astrid.measures.statistics.bootstrap import Estimate, plain_number
from astrid.measures.statistics.exchange import exchange_test
from astrid.measures.statistics.holm import holm
from astrid.measures.statistics.mcnemar import McNemar, difference_of_shares, mcnemar
from astrid.measures.statistics.quality import QualitySettings, compare_quality
from astrid.models.outputs import Task

Verdict = Literal["better", "worse", "not shown"]

_LOWER = ("log_loss",)
_MEASURES = {**OF_ANSWERS, "log_loss": "log_loss"}
_WORDS = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "f1": "macro F1"}


class TaskSettings(QualitySettings):
    """How a model is judged beside its baselines.

    Attributes:
        level: of significance, after Holm's correction over the tasks.
        bag_of_words: settings of this baseline.
    """

    level: float = Field(default=0.05, gt=0, lt=1)
    bag_of_words: BagOfWordsSettings = BagOfWordsSettings()

    def of_intervals(self) -> QualitySettings:
        """The part that intervals need."""
        return QualitySettings(
            **{name: getattr(self, name) for name in QualitySettings.model_fields}
        )


@dataclass(frozen=True)
class TaskDifference:
    """Model − baseline in one measure of one task, over the same units.

    Attributes:
        difference: with its paired interval over units.
        p_value: two-sided: of accuracy McNemar's exact test, otherwise an exchange of answers.
        p_adjusted: after Holm's correction over the tasks.
        verdict: decided by `p_adjusted`; `not shown` is no proof that there is no difference.
    """

    difference: Estimate
    p_value: float
    p_adjusted: float
    verdict: Verdict

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "difference": self.difference.to_dict(),
            "p_value": plain_number(self.p_value),
            "p_adjusted": plain_number(self.p_adjusted),
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class TasksBeside:
    """A model against one baseline.

    Attributes:
        baseline: its name.
        evaluation: of the baseline.
        facts: by task, how the baseline was made.
        differences: by task and measure; the task `total` has the accuracy alone, and is not
            among those of Holm's correction.
        mcnemar: by task, units that only one of the two has right.
    """

    baseline: str
    evaluation: TaskEvaluation
    facts: Mapping[str, Mapping[str, object]]
    differences: Mapping[tuple[str, str], TaskDifference]
    mcnemar: Mapping[str, McNemar]

    def sentence(self, task: str) -> str:
        """What was shown of a task, in words that the tests decide."""
        measures = ["accuracy"] if task == TOTAL else ["accuracy", self._second]
        verdicts = {name: self.differences[task, name].verdict for name in measures}
        if len(set(verdicts.values())) == 1:
            joint = " or " if verdicts["accuracy"] == "not shown" else " and "
            names = joint.join(_WORDS[name] for name in measures)
            return _words(self.baseline, names, verdicts["accuracy"])
        return "; ".join(
            _words(self.baseline, _WORDS[name], found) for name, found in verdicts.items()
        )

    @property
    def _second(self) -> str:
        """Guessing beats the majority's macro F1 without knowing anything, but not its recall."""
        return "balanced_accuracy" if self.baseline == MAJORITY else "f1"

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        tasks = dict.fromkeys(task for task, _ in self.differences)
        return {
            "baseline": self.baseline,
            "evaluation": self.evaluation.to_dict(),
            "facts": {task: dict(facts) for task, facts in self.facts.items()},
            "tasks": {
                task: {
                    "words": self.sentence(task),
                    "mcnemar": self.mcnemar[task].to_dict(),
                    "differences": {
                        name: found.to_dict()
                        for (of, name), found in self.differences.items()
                        if of == task
                    },
                }
                for task in tasks
            },
        }


@dataclass(frozen=True)
class TaskBoard:
    """A model of several tasks beside its baselines.

    Attributes:
        model: its name.
        evaluation: of the model.
        beside: one entry a baseline, the majority first.
        settings: how it was made.
    """

    model: str
    evaluation: TaskEvaluation
    beside: tuple[TasksBeside, ...]
    settings: TaskSettings

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "model": self.model,
            "evaluation": self.evaluation.to_dict(),
            "baselines": [found.to_dict() for found in self.beside],
            "settings": self.settings.model_dump(mode="json"),
        }

    def to_frame(self) -> pd.DataFrame:
        """As `TaskEvaluation.to_frame`, with `name` of model or baseline: what is plotted."""
        parts = {self.model: self.evaluation}
        parts |= {found.baseline: found.evaluation for found in self.beside}
        frames = [found.to_frame().assign(name=name) for name, found in parts.items()]
        frame = pd.concat(frames, ignore_index=True)
        frame.attrs["notes"] = [intervals_note(self.evaluation)]
        return frame


def intervals_note(found: TaskEvaluation) -> str:
    """What the intervals of an evaluation are, in a sentence."""
    what = "groups of texts, each judged as one" if found.unit == "group" else "texts"
    made = {"bca": "BCa bootstrap", "percentile": "percentile bootstrap"}[found.settings.interval]
    return (
        f"Whiskers: {found.settings.confidence * 100:g} % intervals over {found.units} {what} "
        f"(accuracy: Wilson; otherwise {made}, {found.settings.resamples} resamples)."
    )


def judge_tasks(
    model: str,
    tasks: Sequence[Task],
    probabilities: np.ndarray,
    train: LabelledTexts,
    test: LabelledTexts,
    settings: TaskSettings | None = None,
) -> TaskBoard:
    """Evaluate a model's tasks beside the majority class and a bag of words.

    Both baselines are made from the training alone and judged on the same units as the model.

    Args:
        model: its name.
        tasks: T of them, with the names of their classes.
        probabilities: `[N, K]` the model's, of the test's texts.
        train: what the model was trained on.
        test: what it is judged on, N texts.
        settings: defaults as in `TaskSettings`.

    Raises:
        InputError: as `evaluate_tasks` and the baselines.
    """
    settings = settings or TaskSettings()
    given = answers_of(tasks, probabilities, test.labels, test.groups)
    made = (
        majority_baseline(tasks, train, test),
        bag_of_words_baseline(tasks, train, test, settings.bag_of_words),
    )
    evaluation = evaluate_answers(given, settings.of_intervals())
    beside = tuple(compare_tasks(given, baseline, test, settings) for baseline in made)
    return TaskBoard(model, evaluation, beside, settings)


def compare_tasks(
    given: TaskAnswers,
    baseline: Baseline,
    test: LabelledTexts,
    settings: TaskSettings | None = None,
) -> TasksBeside:
    """A model's answers against a baseline's, task by task, on the same units.

    Args:
        given: the model's answers, as `answers_of` gives them.
        baseline: what it is set against.
        test: the texts that both are judged on.
        settings: defaults as in `TaskSettings`.
    """
    settings = settings or TaskSettings()
    other = answers_of(baseline.tasks, baseline.probabilities, test.labels, test.groups)
    raw: dict[tuple[str, str], tuple[Estimate, float]] = {}
    tests = {}
    for place, task in enumerate(given.tasks):
        found, tests[task.name] = _differences(given, other, place, settings)
        raw |= {(task.name, measure): pair for measure, pair in found.items()}
    raw[TOTAL, "accuracy"], tests[TOTAL] = _total(given, other, settings)
    return TasksBeside(
        baseline.name,
        evaluate_answers(other, settings.of_intervals()),
        baseline.facts,
        _corrected(raw, settings.level),
        tests,
    )


def _differences(
    given: TaskAnswers, other: TaskAnswers, place: int, settings: TaskSettings
) -> tuple[dict[str, tuple[Estimate, float]], McNemar]:
    """By measure the difference and its p-value."""
    gold, intervals = given.labels(place), settings.of_intervals()
    certain = given.certain(place), other.certain(place)
    chances = given.probabilities(place), other.probabilities(place)
    of_answers = compare_quality(gold, *certain, list(OF_ANSWERS.values()), intervals)
    of_chances = compare_quality(gold, *chances, ["log_loss"], intervals)
    differences = {**of_answers.differences, **of_chances.differences}
    found: dict[str, tuple[Estimate, float]] = {}
    for name, file in _MEASURES.items():
        pair = chances if name in _LOWER else certain
        p_value = (
            of_answers.mcnemar.p_value
            if name == "accuracy"
            else exchange_test(file, gold, *pair, settings.seed, settings.resamples)
        )
        found[name] = differences[file], p_value
    return found, of_answers.mcnemar


def _total(
    given: TaskAnswers, other: TaskAnswers, settings: TaskSettings
) -> tuple[tuple[Estimate, float], McNemar]:
    """The same for the accuracy of all tasks at once."""
    first, second = given.all_right(), other.all_right()
    found = mcnemar(first, second)
    low, high = difference_of_shares(first, second, settings.confidence)
    value = float(first.mean() - second.mean()) if len(first) else float("nan")
    return (
        Estimate(value, low, high, len(first), len(given.units) - len(first)),
        found.p_value,
    ), found


def _corrected(
    raw: Mapping[tuple[str, str], tuple[Estimate, float]], level: float
) -> dict[tuple[str, str], TaskDifference]:
    """Each measure's tests corrected over the tasks; `total`, which they make up, by itself."""
    families: dict[tuple[bool, str], list[tuple[str, str]]] = {}
    for key in raw:
        families.setdefault((key[0] == TOTAL, key[1]), []).append(key)
    adjusted: dict[tuple[str, str], float] = {}
    for keys in families.values():
        corrected = holm([raw[key][1] for key in keys])
        adjusted |= dict(zip(keys, map(float, corrected), strict=True))
    return {
        key: TaskDifference(
            difference, p_value, adjusted[key], _verdict(key[1], difference, adjusted[key], level)
        )
        for key, (difference, p_value) in raw.items()
    }


def _verdict(measure: str, difference: Estimate, p_adjusted: float, level: float) -> Verdict:
    if not p_adjusted < level or not difference.value:
        return "not shown"
    return "better" if (difference.value > 0) != (measure in _LOWER) else "worse"


def _words(baseline: str, measures: str, verdict: Verdict) -> str:
    called = "the majority class" if baseline == MAJORITY else f"the {baseline}"
    if verdict == "not shown":
        return f"not shown to be better than {called} in {measures}"
    return f"{verdict} than {called} in {measures}"
