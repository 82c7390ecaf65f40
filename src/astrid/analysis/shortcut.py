"""How much of an explanation falls on a word that only goes with the label by accident.

The corpus `verdicts` can plant a shortcut: a town that goes with the label in training and says
nothing in the test. A model that learnt it is known to use that word, so an explanation of it has
to say so. Per text, with the words' scores s,

    share  = Σ |s_w| over shortcut words / Σ |s_w| over all words      in [0, 1]
    toward = Σ s_w over shortcut words / Σ |s_w| over all words        in [−1, 1]

`toward` is positive where the shortcut speaks for the predicted class; a shortcut that goes with
one class speaks against the other where that is predicted all the same. Chance is the share of
words that are shortcut words; random scores reach it on average. Texts without the shortcut, and
those whose scores are all 0, are undefined: counted and left out.

Source: planted features as ground truth, as in Adebayo et al., Debugging Tests for Model
Explanations, 2020 (arXiv:2011.05429), and Bastings et al., "Will You Find These Shortcuts?", 2022
(arXiv:2111.07367).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from astrid.analysis._explaining import Explaining
from astrid.errors import InputError
from astrid.explain.records import Explanation
from astrid.measures.statistics.bootstrap import Estimate
from astrid.measures.statistics.permutation import PairedDifference, paired_difference
from astrid.models.protocol import TextModel
from astrid.progress import Advance, silent
from astrid.text.document import Corpus
from astrid.text.words import find_words

CONTROL = "random"
"""The method that never looks at the model."""


@dataclass(frozen=True)
class ShortcutShare:
    """One method's scores on the shortcut.

    Attributes:
        method: its name.
        share: of Σ|score|.
        toward: the predicted class, signed, of Σ|score|.
        beyond_random: `share` minus that of random scores, text by text.
    """

    method: str
    share: Estimate
    toward: Estimate
    beyond_random: PairedDifference

    def to_dict(self) -> dict[str, object]:
        return {
            "method": self.method,
            "share": self.share.to_dict(),
            "toward": self.toward.to_dict(),
            "beyond_random": self.beyond_random.to_dict(),
        }


@dataclass(frozen=True)
class ShortcutReliance:
    """What all methods say about the shortcut.

    Attributes:
        word: the shortcut.
        methods: one entry a method, the last one for random scores.
        chance: share of words that are the shortcut.
        settings: how it was made.
    """

    word: str
    methods: tuple[ShortcutShare, ...]
    chance: Estimate
    settings: Explaining

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "word": self.word,
            "methods": [found.to_dict() for found in self.methods],
            "chance": self.chance.to_dict(),
            "settings": self.settings.model_dump(mode="json"),
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a method, and one for chance."""
        columns = [f"{name}{end}" for name in ("share", "toward") for end in ("", "_low", "_high")]
        rows = [(found.method, *_ends(found.share), *_ends(found.toward)) for found in self.methods]
        nothing = (math.nan,) * 3
        return pd.DataFrame(
            [*rows, ("chance", *_ends(self.chance), *nothing)], columns=["method", *columns]
        )


def shortcut_reliance(
    model: TextModel,
    corpus: Corpus,
    settings: Explaining | None = None,
    word: str | None = None,
    advance: Advance = silent,
) -> ShortcutReliance:
    """Explain the model's predictions, and measure what falls on the shortcut.

    Args:
        model: trained on texts in which the shortcut goes with the label.
        corpus: texts in which it doesn't, such as the test split.
        settings: methods, kind of output, seed, intervals.
        word: the shortcut; by default what the corpus records in `facts["shortcut_word"]`.
        advance: told of each explained text; each text that has the shortcut is explained once a
            method, and once at random.

    Raises:
        InputError: no shortcut is known or no text has it, or a method that the model can't be
            given to.
    """
    word = _word(corpus, word)
    settings = _with_control(settings or Explaining())
    texts = [text for text in corpus.texts if _has(text, word)]
    if not texts:
        raise InputError(f'{corpus.name}: no text has the word "{word}"')
    settings.check([model], texts)
    found = {
        method: settings.explain(model, texts, method, None, advance) for method in settings.methods
    }
    left_out = [math.nan] * (len(corpus) - len(texts))
    shares = {
        method: [*(shortcut_share(item, word) for item in items), *left_out]
        for method, items in found.items()
    }
    towards = {
        method: [*(shortcut_toward(item, word) for item in items), *left_out]
        for method, items in found.items()
    }
    chance = [*(word_share(item, word) for item in found[CONTROL]), *left_out]
    methods = tuple(
        _summary(method, shares[method], shares[CONTROL], towards[method], settings)
        for method in settings.methods
    )
    return ShortcutReliance(word, methods, settings.mean(chance), settings)


def word_share(explanation: Explanation, word: str) -> float:
    """Share of the words that the model saw that are `word`; NaN where none is."""
    flags = _flags(explanation, word)
    return float(flags.mean()) if flags.any() else math.nan


def shortcut_share(explanation: Explanation, word: str) -> float:
    """Share of Σ|score| that falls on words equal to `word`, in [0, 1].

    NaN where the text has no such word, the model did not see it, or all scores are 0.
    """
    flags, scores = _flags(explanation, word), np.abs(explanation.word_scores)
    if not flags.any() or not scores.any():
        return math.nan
    return float(scores[flags].sum() / scores.sum())


def shortcut_toward(explanation: Explanation, word: str) -> float:
    """Signed score of words equal to `word`, as a share of Σ|score|, in [−1, 1].

    Positive: it speaks for the predicted class. NaN as for `shortcut_share`.

    Raises:
        InputError: another class than the predicted one was explained.
    """
    if explanation.target.index != explanation.prediction.index:
        raise InputError(
            f"shortcut: class {explanation.target.index} was explained and class "
            f"{explanation.prediction.index} predicted; explain the predicted class"
        )
    flags, scores = _flags(explanation, word), explanation.word_scores
    if not flags.any() or not scores.any():
        return math.nan
    return float(scores[flags].sum() / np.abs(scores).sum())


def _flags(explanation: Explanation, word: str) -> np.ndarray:
    return np.array([each == word for each in explanation.words], dtype=bool)


def _has(text: str, word: str) -> bool:
    return any(text[start:end] == word for start, end in find_words(text))


def _word(corpus: Corpus, word: str | None) -> str:
    known = word or corpus.facts.get("shortcut_word")
    if not known:
        raise InputError(
            f"{corpus.name}: records no shortcut; give the word, or load verdicts with "
            "shortcut=true"
        )
    return str(known)


def _with_control(settings: Explaining) -> Explaining:
    """The same settings, with random scores as the last method."""
    methods = (*(name for name in settings.methods if name != CONTROL), CONTROL)
    params = {**settings.params, CONTROL: {"seed": settings.seed}}
    return settings.model_copy(update={"methods": methods, "params": params})


def _summary(
    method: str,
    shares: Sequence[float],
    control: Sequence[float],
    towards: Sequence[float],
    settings: Explaining,
) -> ShortcutShare:
    beyond = paired_difference(
        shares, control, settings.seed, settings.confidence, settings.resamples
    )
    return ShortcutShare(method, settings.mean(shares), settings.mean(towards), beyond)


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high
