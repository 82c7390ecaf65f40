"""Do explanations notice that the model's weights became random?

The model parameter randomisation test, cascading: the same texts and the same outputs are explained
with copies of the model whose weights are random from the output downwards (head; last layer; …;
first layer; embeddings), and each explanation is compared with the original one. An explanation of
what a model learnt must lose its agreement by the end; one that keeps it describes the text, or the
architecture, and not the model. Tokens are compared, not words: a word's score is the sum over its
pieces, and words of many pieces would score high under any weights.

Source: Adebayo et al., Sanity Checks for Saliency Maps, 2018 (arXiv:1810.03292), section 3. They
name no threshold. Here [low, high] is the interval, over texts and draws of the weights, of the
mean agreement with the fully random model minus that of scores in random order, and a method

    passes: high ≤ tolerance    fails: low > tolerance    undecided: anything else

The tolerance is not 0, because models that share nothing but the text still agree a little: places
and repeated tokens have their effects under any weights.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from astrid.analysis._agreement import (
    Agreement,
    agreement_of,
    crossed,
    estimates,
    excess,
    mean_of_defined,
    stacked,
)
from astrid.analysis._explaining import Explaining, fixed_targets
from astrid.analysis.randomised import ORIGINAL, parts_of, randomised
from astrid.measures.statistics.bootstrap import Estimate, plain_number
from astrid.models.text_model import TransformerClassifier
from astrid.progress import Advance, silent

Verdict = Literal["passes", "fails", "undecided"]
AgreementName = Literal["spearman_absolute", "spearman", "cosine"]


class CheckSettings(Explaining):
    """What the sanity checks have in common.

    Attributes:
        measure: the agreement that decides; the others are told beside it.
        tolerance: how much agreement beyond chance, or how small a drop, is still none.
    """

    measure: AgreementName = "spearman_absolute"
    tolerance: float = Field(default=0.1, ge=0, lt=1)


class RandomisationSettings(CheckSettings):
    """How the weights are randomised.

    Attributes:
        steps: how many randomised models a draw has; None: one a part of the model.
        draws: how often the weights are drawn, with the seeds `seed`, `seed` + 1, …
    """

    steps: int | None = Field(default=None, ge=1)
    draws: int = Field(default=5, ge=1)

    def interval(self, values_RN: np.ndarray) -> Estimate:
        """Mean over texts and draws, and its interval over both."""
        return crossed(values_RN, self.seed, self.confidence, self.resamples)


@dataclass(frozen=True)
class RandomisationStep:
    """Agreement with the original explanations after one step.

    Attributes:
        random: the last part that became random; `nothing` at the start.
        agreement: each measure's mean over texts.
        chance: what the same scores in random order reach.
        by_draw: the deciding measure's mean over texts, of each draw.
    """

    random: str
    agreement: Mapping[str, Estimate]
    chance: Mapping[str, Estimate]
    by_draw: tuple[float, ...]

    def to_dict(self) -> dict[str, object]:
        return {
            "random": self.random,
            "agreement": {name: mean.to_dict() for name, mean in self.agreement.items()},
            "chance": {name: mean.to_dict() for name, mean in self.chance.items()},
            "by_draw": [plain_number(value) for value in self.by_draw],
        }


@dataclass(frozen=True)
class MethodCheck:
    """One method under the test.

    Attributes:
        method: its name.
        steps: from the original model to the fully random one.
        excess: the deciding agreement minus chance, with the fully random model.
        verdict: as the interval of `excess` decides.
    """

    method: str
    steps: tuple[RandomisationStep, ...]
    excess: Estimate
    verdict: Verdict

    def to_dict(self) -> dict[str, object]:
        return {
            "method": self.method,
            "steps": [step.to_dict() for step in self.steps],
            "excess": self.excess.to_dict(),
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class SanityCheck:
    """The test's result for all methods."""

    methods: tuple[MethodCheck, ...]
    settings: RandomisationSettings

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "methods": [check.to_dict() for check in self.methods],
            "settings": self.settings.model_dump(mode="json"),
        }

    def to_frame(self, measure: str | None = None) -> pd.DataFrame:
        """One row a method and step, as the plot `sanity` reads it; by default what decides."""
        name = measure or self.settings.measure
        rows = [
            {
                "method": check.method,
                "step": number,
                "random": step.random,
                "agreement": step.agreement[name].value,
                "agreement_low": step.agreement[name].low,
                "agreement_high": step.agreement[name].high,
                "chance": step.chance[name].value,
            }
            for check in self.methods
            for number, step in enumerate(check.steps)
        ]
        return pd.DataFrame(rows)


def model_randomisation(
    model: TransformerClassifier,
    texts: Sequence[str],
    settings: RandomisationSettings | None = None,
    advance: Advance = silent,
) -> SanityCheck:
    """Compare explanations with those of ever more random copies of the model.

    Args:
        model: a transformers classifier with plain weights; it is never changed.
        texts: at least one; two for intervals.
        settings: defaults as in `RandomisationSettings`.
        advance: told of each explained text; there are `explained_texts(…)` of them.

    Raises:
        InputError: no texts, a method that the model can't be given to, or weights that can't be
            randomised.
    """
    settings, texts = settings or RandomisationSettings(), list(texts)
    settings.check([model], texts)
    originals = {
        method: settings.explain(model, texts, method, None, advance) for method in settings.methods
    }
    plain = [~model.encode(text).special for text in texts]
    found: dict[str, dict[str, list[Agreement]]] = {method: {} for method in settings.methods}
    for random, copy in _copies(model, settings):
        for method, original in originals.items():
            asked = fixed_targets(model, original, settings.kind)
            after = settings.explain(copy, texts, method, asked, advance)
            pairs = (
                (one.token_scores[own], other.token_scores[own])
                for one, other, own in zip(original, after, plain, strict=True)
            )
            found[method].setdefault(random, []).append(agreement_of(pairs))
    checks = tuple(_check(method, steps, settings) for method, steps in found.items())
    return SanityCheck(checks, settings)


def explained_texts(
    model: TransformerClassifier, texts: int, settings: RandomisationSettings
) -> int:
    """How many texts `model_randomisation` explains: what a bar's total is."""
    parts = len(parts_of(model.module))
    steps = parts if settings.steps is None else min(settings.steps, parts)
    return texts * len(settings.methods) * (2 + settings.draws * steps)


def judged(excess: Estimate, tolerance: float) -> Verdict:
    """What the interval of an agreement beyond chance says.

    >>> judged(Estimate(0.02, -0.01, 0.05, 50, 0), tolerance=0.1)
    'passes'
    """
    if excess.high <= tolerance:
        return "passes"
    return "fails" if excess.low > tolerance else "undecided"


def _copies(
    model: TransformerClassifier, settings: RandomisationSettings
) -> Iterator[tuple[str, TransformerClassifier]]:
    """The unchanged copy once, then each draw's copies."""
    for draw in range(settings.draws):
        for random, copy in randomised(model, settings.steps, settings.seed + draw):
            if draw == 0 or random != ORIGINAL:
                yield random, copy


def _check(
    method: str, found: Mapping[str, Sequence[Agreement]], settings: RandomisationSettings
) -> MethodCheck:
    steps = []
    for random, draws in found.items():
        by_draw = mean_of_defined(stacked(draws, settings.measure).T)
        steps.append(
            RandomisationStep(random, *estimates(draws, settings.interval), tuple(by_draw.tolist()))
        )
    beyond = settings.interval(excess(draws, settings.measure))
    return MethodCheck(method, tuple(steps), beyond, judged(beyond, settings.tolerance))
