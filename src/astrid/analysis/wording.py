"""Do explanations stay the same where only the wording changes?

Texts that mean the same should be explained by the same words. Compared are the scores of the words
that two texts of a group share, in their order; the value of a group is the mean over its pairs,
and the interval comes from a bootstrap over groups.

Source: Alvarez-Melis & Jaakkola, On the Robustness of Interpretability Methods, 2018
(arXiv:1806.08049), with paraphrases as the neighbours.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

import numpy as np

from astrid.analysis._agreement import AGREEMENTS, Agreement, agreement_of, mean_of_defined
from astrid.analysis._explaining import Explaining, fixed_targets
from astrid.errors import InputError
from astrid.explain.records import Explanation, Explanations
from astrid.explain.targets import Target
from astrid.measures.statistics.bootstrap import Estimate, share_with_interval
from astrid.models.protocol import TextModel
from astrid.progress import Advance, silent


@dataclass(frozen=True)
class ParaphraseStability:
    """Agreement within groups of texts that mean the same.

    Attributes:
        agreement: each measure's mean over groups, on the words that two texts share.
        chance: what the same scores in random order reach.
        shared: mean share of the words that two texts share, 2·M / (W₁ + W₂), in [0, 1].
        same_prediction: share of groups whose texts all get the same class.
    """

    agreement: Mapping[str, Estimate]
    chance: Mapping[str, Estimate]
    shared: Estimate
    same_prediction: Estimate

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "agreement": {name: mean.to_dict() for name, mean in self.agreement.items()},
            "chance": {name: mean.to_dict() for name, mean in self.chance.items()},
            "shared": self.shared.to_dict(),
            "same_prediction": self.same_prediction.to_dict(),
        }


def across_paraphrases(
    model: TextModel,
    groups: Sequence[Sequence[str]],
    settings: Explaining | None = None,
    advance: Advance = silent,
) -> dict[str, ParaphraseStability]:
    """How alike explanations are of texts that mean the same.

    All texts of a group explain the class that the model predicts for its first one.

    Args:
        model: what to explain.
        groups: at least one, each of at least two texts, such as
            `astrid.text.paraphrase.paraphrase_groups` makes them.
        settings: defaults as in `Explaining`.
        advance: told of each explained text.

    Returns:
        The stability under each method.

    Raises:
        InputError: a group of one text, or what can't be explained.
    """
    settings = settings or Explaining()
    for number, group in enumerate(groups):
        if isinstance(group, str) or len(group) < 2:
            raise InputError(f"stability: group {number} needs at least 2 texts that mean the same")
    settings.check([model], [group[0] for group in groups])
    return {
        method: _within(_grouped(model, groups, method, settings, advance), settings)
        for method in settings.methods
    }


def shared_words(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """Places in both of the words that two texts share, order kept, capitals ignored.

    The blocks that `difflib.SequenceMatcher` finds: the longest common run, and so on to its left
    and right.

    >>> shared_words(["The", "old", "van"], ["the", "very", "van"])
    [(0, 0), (2, 2)]
    """
    return [
        (block.a + offset, block.b + offset)
        for block in _matcher(first, second).get_matching_blocks()
        for offset in range(block.size)
    ]


def _matcher(first: Sequence[str], second: Sequence[str]) -> SequenceMatcher[str]:
    # autojunk would leave out the commonest words of texts above 200 words.
    return SequenceMatcher(
        None, [word.lower() for word in first], [word.lower() for word in second], autojunk=False
    )


def _grouped(
    model: TextModel,
    groups: Sequence[Sequence[str]],
    method: str,
    settings: Explaining,
    advance: Advance,
) -> list[Explanations]:
    """Explanations of each group, all of the class of its first text."""
    firsts = settings.explain(model, [group[0] for group in groups], method, None, advance)
    targets = fixed_targets(model, firsts, settings.kind)
    rest = [text for group in groups for text in group[1:]]
    asked: list[Target] = [
        target for target, group in zip(targets, groups, strict=True) for _ in group[1:]
    ]
    others = iter(settings.explain(model, rest, method, asked, advance))
    return [
        Explanations([first, *(next(others) for _ in group[1:])])
        for first, group in zip(firsts, groups, strict=True)
    ]


def _within(groups: Sequence[Explanations], settings: Explaining) -> ParaphraseStability:
    means: list[Agreement] = []
    shared: list[float] = []
    for group in groups:
        pairs = list(combinations(group, 2))
        means.append(agreement_of(_shared_scores(first, second) for first, second in pairs))
        ratios = [_matcher(first.words, second.words).ratio() for first, second in pairs]
        shared.append(math.fsum(ratios) / len(ratios))
    same = [len({item.prediction.index for item in group}) == 1 for group in groups]
    return ParaphraseStability(
        {name: settings.mean(_means([m.values[name] for m in means])) for name in AGREEMENTS},
        {name: settings.mean(_means([m.chance[name] for m in means])) for name in AGREEMENTS},
        settings.mean(shared),
        share_with_interval(same, settings.confidence),
    )


def _shared_scores(first: Explanation, second: Explanation) -> tuple[np.ndarray, np.ndarray]:
    """Scores `[M]` of both explanations on the words that their texts share."""
    places = np.array(shared_words(first.words, second.words), dtype=int).reshape(-1, 2)
    return first.word_scores[places[:, 0]], second.word_scores[places[:, 1]]


def _means(groups: Sequence[np.ndarray]) -> np.ndarray:
    """`[N]` each group's mean over its pairs."""
    return np.array([mean_of_defined(values[:, None])[0] for values in groups])
