"""Words that matter for a task: which speak for its classes in many texts, and which by chance.

A word's score in a text is the mean over its occurrences; its score in a group the mean over the
group's texts that have it; its mean score the mean over the groups that have it. Each group counts
alike, however much of the word it wrote.

Many words are compared and the most extreme shown, so that the list is selected: the shown means
are larger than they would be in new texts. The control says how extreme they get by chance: the
scores are shuffled among the words of each text, and the lowest and the highest mean of any word
noted (the maximum statistic of Westfall & Young, Resampling-Based Multiple Testing, 1993).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field

from astrid.analysis._word_means import Tokens, control_band, intervals, tokens_of
from astrid.errors import InputError
from astrid.explain.records import Explanation
from astrid.measures.statistics.bootstrap import CONFIDENCE, SEED, Estimate
from astrid.models.outputs import Task
from astrid.spec import Spec

LIMITS = (
    "Words are correlates of the model's answer, not causes of the class, and not proof that the "
    "class shows in language.",
    "The words shown are the most extreme of many; in new texts their scores will be smaller.",
)


class TooFewTextsError(InputError):
    """No word occurs in enough of the explained texts for a list."""


class WordSettings(Spec):
    """Which words are compared, and how.

    Attributes:
        min_groups: groups (texts, where there are no groups) that a word must occur in.
        drop_stop_words: whether scikit-learn's English stop words are left out; they stay by
            default, because "I" or "you" can tell of a person.
        resamples: of the intervals: how many times the groups are drawn again.
        shuffles: of the control.
        confidence: of the intervals, and of the control's band.
        seed: of both.
    """

    min_groups: int = Field(default=5, ge=2)
    drop_stop_words: bool = False
    resamples: int = Field(default=1000, ge=100)
    shuffles: int = Field(default=200, ge=20)
    confidence: float = Field(default=CONFIDENCE, gt=0, lt=1)
    seed: int = Field(default=SEED, ge=0)


_COLUMNS = (
    *("task", "against", "toward", "word", "score", "score_low", "score_high", "share"),
    *("texts", "groups", "stands_out", "control_low", "control_high"),
)


@dataclass(frozen=True)
class ImportantWord:
    """One word of a task.

    Attributes:
        word: with capitals folded.
        texts: that it occurs in.
        groups: that it occurs in; texts, where there are no groups.
        score: its mean signed score, above 0 toward the explained class, with a percentile
            bootstrap interval over groups.
        share: mean share of a text's Σ|score| that its occurrences have, in [0, 1].
        stands_out: whether its mean lies outside the control's band.
    """

    word: str
    texts: int
    groups: int
    score: Estimate
    share: float
    stands_out: bool

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {**vars(self), "score": self.score.to_dict()}


@dataclass(frozen=True)
class ImportantWords:
    """The words of one task, the one that speaks most for `toward` first.

    Attributes:
        task: its name.
        toward: the class that scores above 0 speak for.
        against: the class that scores below 0 speak for; empty where there are several.
        method: of the explanations.
        words: all that were compared.
        texts: explained.
        groups: that the texts belong to; as many as texts, where there are no groups.
        unit: `group` or `text`: what is drawn again.
        control: lowest and highest mean that shuffled scores reach for any of the words, with the
            settings' confidence at each end.
        settings: how it was made.
    """

    task: str
    toward: str
    against: str
    method: str
    words: tuple[ImportantWord, ...]
    texts: int
    groups: int
    unit: str
    control: tuple[float, float]
    settings: WordSettings

    @property
    def note(self) -> str:
        """How the list was chosen, in a sentence."""
        found = sum(word.stands_out for word in self.words)
        return (
            f"The most extreme of {len(self.words)} words that occur in at least "
            f"{self.settings.min_groups} {self.unit}s; {found} of them lie outside the band that "
            f"shuffled scores reach ({self.control[0]:+.3g} to {self.control[1]:+.3g})."
        )

    def extremes(self, count: int = 10) -> tuple[ImportantWord, ...]:
        """Up to `count` words toward each class, in the order of `words`."""
        first = [word for word in self.words if word.score.value > 0][:count]
        last = [word for word in self.words if word.score.value < 0][-count:] if count else []
        return (*first, *last)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            **{
                name: getattr(self, name)
                for name in ("task", "toward", "against", "method", "texts", "groups", "unit")
            },
            "words": [word.to_dict() for word in self.words],
            "control": {"low": self.control[0], "high": self.control[1]},
            "note": self.note,
            "settings": self.settings.model_dump(mode="json"),
        }

    def to_frame(self, count: int | None = None) -> pd.DataFrame:
        """One row a word: what the plot `important_words` draws.

        Args:
            count: words toward each class; all by default.
        """
        chosen = self.words if count is None else self.extremes(count)
        rows = [
            {
                "task": self.task,
                "against": self.against,
                "toward": self.toward,
                "word": word.word,
                "score": word.score.value,
                "score_low": word.score.low,
                "score_high": word.score.high,
                "share": word.share,
                "texts": word.texts,
                "groups": word.groups,
                "stands_out": word.stands_out,
                "control_low": self.control[0],
                "control_high": self.control[1],
            }
            for word in chosen
        ]
        frame = pd.DataFrame(rows, columns=list(_COLUMNS))
        what = self.task if self.against else f"{self.task}, {self.toward}"
        frame.attrs["notes"] = [f"{what}: {self.note}"]
        return frame


def important_words(
    task: Task,
    explanations: Sequence[Explanation],
    groups: Sequence[str | None] | None = None,
    settings: WordSettings | None = None,
) -> ImportantWords:
    """Which words speak for and against a class of a task, over many explained texts.

    Args:
        task: the one whose column was explained.
        explanations: of one method, one column and one kind of output.
        groups: `[N]` the group of each text; texts alone by default.
        settings: defaults as in `WordSettings`.

    Raises:
        InputError: no explanations, several methods or outputs, another task's, groups that
            don't fit.
        TooFewTextsError: no word is in enough groups.
    """
    settings = settings or WordSettings()
    target = _checked(task, explanations)
    numbers, unit = _numbered(explanations, groups)
    tokens = tokens_of(explanations, numbers)
    chosen = _chosen(tokens, settings)
    if not len(chosen):
        raise TooFewTextsError(
            f"important words: no word of {task.name} occurs in {settings.min_groups} {unit}s of "
            f"the {tokens.group_count} explained; explain more texts, or set a smaller min_groups"
        )
    control = control_band(tokens, chosen, settings.shuffles, settings.confidence, settings.seed)
    words = _words(tokens, chosen, control, settings)
    return ImportantWords(
        task=task.name,
        toward=task.answers[1] if task.kind == "binary" else target,
        against=_against(task, target),
        method=explanations[0].method,
        words=tuple(sorted(words, key=lambda word: (-word.score.value, word.word))),
        texts=len(explanations),
        groups=tokens.group_count,
        unit=unit,
        control=control,
        settings=settings,
    )


def _checked(task: Task, explanations: Sequence[Explanation]) -> str:
    """Name of the explained column."""
    if not len(explanations):
        raise InputError("important words: there are no explanations")
    made = {(item.method, item.target.index, item.target.kind) for item in explanations}
    if len(made) > 1:
        raise InputError(
            "important words: the explanations are of several methods, classes or kinds of output; "
            "give those of one"
        )
    if explanations[0].target.index not in task.columns:
        raise InputError(
            f"important words: the explanations are of {explanations[0].target.label}, which is "
            f"no answer of {task.name}"
        )
    return explanations[0].target.label


def _against(task: Task, target: str) -> str:
    if task.kind == "binary":
        return task.answers[0]
    others = [name for name in task.answers if name != target]
    return others[0] if len(others) == 1 else ""


def _numbered(
    explanations: Sequence[Explanation], groups: Sequence[str | None] | None
) -> tuple[np.ndarray, str]:
    """`[N]` the number of each text's group, and what is drawn again."""
    if groups is None or all(group is None for group in groups):
        return np.arange(len(explanations)), "text"
    if len(groups) != len(explanations):
        raise InputError(
            f"important words: {len(groups)} groups for {len(explanations)} texts; give one a text"
        )
    seen: dict[object, int] = {}
    keys = [("text", at) if group is None else group for at, group in enumerate(groups)]
    return np.array([seen.setdefault(key, len(seen)) for key in keys]), "group"


def _chosen(tokens: Tokens, settings: WordSettings) -> np.ndarray:
    """Numbers of the words that are compared."""
    keep = tokens.groups_with_word >= settings.min_groups
    if settings.drop_stop_words:
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        keep &= np.array([name not in ENGLISH_STOP_WORDS for name in tokens.names], dtype=bool)
    return np.flatnonzero(keep)


def _words(
    tokens: Tokens, chosen: np.ndarray, control: tuple[float, float], settings: WordSettings
) -> list[ImportantWord]:
    means = tokens.means(tokens.scores)[chosen]
    shares = tokens.means(tokens.shares * tokens.occurrences)[chosen]
    low, high = intervals(tokens, chosen, settings.resamples, settings.confidence, settings.seed)
    groups, texts = tokens.groups_with_word[chosen], tokens.texts_with_word[chosen]
    return [
        ImportantWord(
            word=tokens.names[word],
            texts=int(texts[at]),
            groups=int(groups[at]),
            score=Estimate(float(means[at]), float(low[at]), float(high[at]), int(groups[at]), 0),
            share=float(shares[at]),
            stands_out=not control[0] <= means[at] <= control[1],
        )
        for at, word in enumerate(chosen)
    ]
