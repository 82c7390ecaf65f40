"""Explaining the same texts in the same way, again and again: settings and checks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from astrid.errors import InputError
from astrid.explain.records import Explanation, Explanations, TargetKind
from astrid.explain.run import bound_method, explain
from astrid.explain.targets import Target
from astrid.measures.statistics.bootstrap import (
    CONFIDENCE,
    RESAMPLES,
    Estimate,
    mean_with_interval,
)
from astrid.models.outputs import task_of
from astrid.models.protocol import TextModel
from astrid.progress import Advance
from astrid.spec import Spec


class Explaining(Spec):
    """How texts are explained, and how figures get their intervals.

    Attributes:
        methods: names from `astrid methods`.
        params: settings of those methods that shall not have their defaults.
        kind: of output: probability, logit or logit_difference.
        seed: of all that is drawn, and of the intervals.
        resamples: of the bootstrap.
        confidence: of the intervals.
    """

    methods: tuple[str, ...] = Field(default=("integrated_gradients",), min_length=1)
    params: Mapping[str, dict[str, Any]] = Field(default_factory=dict)
    kind: TargetKind = "probability"
    seed: int = Field(default=0, ge=0)
    resamples: int = Field(default=RESAMPLES, ge=100)
    confidence: float = Field(default=CONFIDENCE, gt=0, lt=1)

    def mean(self, values: Sequence[float] | np.ndarray) -> Estimate:
        """Mean of one value a text, with the interval that these settings ask for."""
        return mean_with_interval(values, self.seed, self.confidence, self.resamples)

    def explain(
        self,
        model: TextModel,
        texts: Sequence[str],
        method: str,
        targets: Sequence[Target] | None,
        advance: Advance,
    ) -> Explanations:
        """Explanations of `targets`, or of the model's own predictions where they are None."""
        asked = Target(self.kind) if targets is None else targets
        return explain(
            model, texts, method, target=asked, params=self.params.get(method), advance=advance
        )

    def check(self, models: Sequence[TextModel], texts: Sequence[str]) -> None:
        """Refuse before anything is explained what can't be explained.

        Raises:
            InputError: no texts, models with different classes, or a method or setting that one
                of them can't be given to.
        """
        if not texts:
            raise InputError("no texts were given; give at least 1, and 2 for intervals")
        check_same_labels(models)
        for model in models:
            for method in self.methods:
                bound_method(model, method, self.params.get(method, {}))


def check_same_labels(models: Sequence[TextModel]) -> None:
    """Refuse models whose answers mean different things.

    Raises:
        InputError: the classes of one are not those of the first, in the same order.
    """
    for model in models[1:]:
        if model.labels != models[0].labels:
            raise InputError(
                f"{model.name}: its classes ({', '.join(model.labels)}) are not those of "
                f"{models[0].name} ({', '.join(models[0].labels)}), in the same order"
            )


def fixed_targets(model: TextModel, explanations: Explanations, kind: TargetKind) -> list[Target]:
    """The outputs that `explanations` are about, as columns that no other model can change."""
    return [Target(kind, item.target.index, _against(model, item, kind)) for item in explanations]


def _against(model: TextModel, item: Explanation, kind: TargetKind) -> int | None:
    """The other class of a logit difference: the next most probable one of the same question."""
    if kind != "logit_difference":
        return None
    others = [
        column
        for column in task_of(model.tasks, item.target.index).choices
        if column != item.target.index
    ]
    return max(others, key=lambda column: item.prediction.probabilities[column])
