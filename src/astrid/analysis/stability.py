"""Do explanations stay the same where nothing that matters has changed?

Two things that should not matter: the seed of a method that draws at random, and the seed of the
training; `astrid.analysis.wording` has a third. Explanations are compared pair by pair: the value
of a text is the mean over its pairs of runs, and the interval comes from a bootstrap over texts.

- Seeds of a method: Visani et al., Statistical stability indices for LIME, 2020 (arXiv:2001.11757).
- Seeds of the training: Zafar et al., On the Lack of Robust Interpretability of Neural Text
  Classifiers, 2021 (arXiv:2106.04631). Texts share the trained models, so that an interval over
  texts alone is about these models, and too narrow for others: `interval` takes another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from astrid.analysis._agreement import (
    AGREEMENTS,
    Interval,
    agreements,
    estimates,
    over_texts,
    stacked,
)
from astrid.analysis._explaining import Explaining, fixed_targets
from astrid.errors import InputError
from astrid.explain import methods
from astrid.explain.records import Explanation
from astrid.measures.statistics.bootstrap import Estimate
from astrid.models.protocol import TextModel
from astrid.progress import Advance, silent


@dataclass(frozen=True, eq=False)
class Stability:
    """Agreement of R runs over the same N texts.

    Attributes:
        agreement: each measure's mean over texts.
        chance: what the same scores in random order reach.
        values: `[P, N]` of each measure, a row for each pair of runs, in the order of
            `itertools.combinations`; NaN where undefined.
        pairs: the runs that each row compares.
    """

    agreement: Mapping[str, Estimate]
    chance: Mapping[str, Estimate]
    values: Mapping[str, np.ndarray]
    pairs: tuple[tuple[int, int], ...]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            "agreement": {name: mean.to_dict() for name, mean in self.agreement.items()},
            "chance": {name: mean.to_dict() for name, mean in self.chance.items()},
            "runs": 1 + max(second for _, second in self.pairs),
        }


def across_runs(
    runs: Sequence[Sequence[Explanation]], interval: Interval = over_texts
) -> Stability:
    """How alike several explanations of the same texts are, word by word.

    Args:
        runs: at least two, each with one explanation a text, in the same order.
        interval: from `[P, N]` values of pairs and texts to their mean; by default the mean over
            pairs, and a bootstrap over texts.

    Raises:
        InputError: fewer than two runs, no texts, or other texts or outputs in one of them.
    """
    if len(runs) < 2:
        raise InputError(f"stability: {len(runs)} runs can't be compared; give at least 2")
    if not runs[0] or any(len(run) != len(runs[0]) for run in runs):
        raise InputError("stability: every run must explain the same texts, at least 1")
    pairs = tuple(combinations(range(len(runs)), 2))
    found = [agreements(runs[first], runs[second]) for first, second in pairs]
    values = {name: stacked(found, name) for name in AGREEMENTS}
    return Stability(*estimates(found, interval), values, pairs)


def across_seeds(
    model: TextModel,
    texts: Sequence[str],
    seeds: Sequence[int] = (0, 1, 2),
    settings: Explaining | None = None,
    advance: Advance = silent,
) -> dict[str, Stability]:
    """How alike explanations of one model are that differ in the method's seed alone.

    Args:
        model: what to explain.
        texts: at least one; two for intervals.
        seeds: at least two, all different.
        settings: their methods must have a setting `seed`, such as lime or kernel_shap.
        advance: told of each explained text; there are one for each seed, method and text.

    Returns:
        The stability of each method.

    Raises:
        InputError: a method without a seed, equal seeds, or what can't be explained.
    """
    settings, texts = settings or Explaining(methods=("lime",)), list(texts)
    if len(set(seeds)) < max(2, len(seeds)):
        raise InputError(f"stability: the seeds {list(seeds)} must be at least 2, all different")
    settings.check([model], texts)
    for method in settings.methods:
        if not hasattr(methods.params(method, settings.params.get(method, {})), "seed"):
            raise InputError(f"stability: {method} draws nothing at random; it has no seed")
    found = {}
    for method in settings.methods:
        runs = [
            _seeded(settings, method, seed).explain(model, texts, method, None, advance)
            for seed in seeds
        ]
        found[method] = across_runs(runs, _over_texts(settings))
    return found


def across_models(
    models: Sequence[TextModel],
    texts: Sequence[str],
    settings: Explaining | None = None,
    interval: Interval | None = None,
    advance: Advance = silent,
) -> dict[str, Stability]:
    """How alike explanations by models are that were trained with different seeds.

    All explain the class that the first model predicts.

    Args:
        models: at least two with the same classes.
        texts: at least one; two for intervals.
        settings: defaults as in `Explaining`.
        interval: as for `across_runs`; a hierarchical bootstrap over models and texts belongs
            here.
        advance: told of each explained text; there are one for each model, method and text.

    Returns:
        The stability of each method.

    Raises:
        InputError: fewer than two models, models with different classes, or what can't be
            explained.
    """
    settings, texts = settings or Explaining(), list(texts)
    if len(models) < 2:
        raise InputError(f"stability: {len(models)} models can't be compared; give at least 2")
    settings.check(models, texts)
    found = {}
    for method in settings.methods:
        first = settings.explain(models[0], texts, method, None, advance)
        asked = fixed_targets(models[0], first, settings.kind)
        others = [settings.explain(model, texts, method, asked, advance) for model in models[1:]]
        found[method] = across_runs([first, *others], interval or _over_texts(settings))
    return found


def _over_texts(settings: Explaining) -> Interval:
    return lambda values: over_texts(values, settings.mean)


def _seeded(settings: Explaining, method: str, seed: int) -> Explaining:
    own = {**settings.params.get(method, {}), "seed": seed}
    return settings.model_copy(update={"params": {**settings.params, method: own}})
