"""Measures of faithfulness for explanations that are there: all texts and measures in one run."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from astrid.errors import InputError
from astrid.explain.engine import TOKEN_BUDGET, Engine, Job
from astrid.explain.joint import together
from astrid.explain.records import Explanation
from astrid.explain.requests import Asking, Replace
from astrid.explain.targets import Target
from astrid.measures import load_measure
from astrid.measures._explained import explained
from astrid.models.protocol import EncodedText, TextModel
from astrid.progress import Advance, silent

Key = tuple[str, str]
"""Names of a method and of a measure."""


def faithfulness(
    model: TextModel,
    explanations: Mapping[str, Sequence[Explanation]],
    measures: Sequence[str],
    *,
    replace: Replace = "auto",
    seed: int = 0,
    token_budget: int = TOKEN_BUDGET,
    advance: Advance = silent,
) -> dict[Key, np.ndarray]:
    """The value of each measure for each method's explanation of each text.

    Rows that several methods and measures ask for are run once a text.

    Args:
        model: the one that was explained.
        explanations: by name of the method: one a text, the same texts in the same order, all
            of the same class of a text.
        measures: names of measures of faithfulness.
        replace: what becomes of words that are left out.
        seed: for measures that draw rows.
        token_budget: tokens in one batch; bounds the memory.
        advance: told of each finished text.

    Returns:
        For each method and measure `[N]` values, NaN where undefined.

    Raises:
        InputError: explanations of different texts or classes, or a measure of another kind.
    """
    for name in measures:
        if load_measure(name).KIND != "faithfulness":
            raise InputError(f"{name} is a measure of {load_measure(name).KIND}, not faithfulness")
    count = _checked(explanations)
    found = {(method, name): np.full(count, np.nan) for method in explanations for name in measures}

    def jobs() -> Iterator[Job[dict[Key, float]]]:
        for number in range(count):
            of_text = {method: items[number] for method, items in explanations.items()}
            first = next(iter(of_text.values()))
            target = Target("probability", first.target.index)
            ask = _asker(of_text, measures, replace, seed + number)
            yield Job(model.encode(first.text), "faithfulness", ask, target)

    for number, outcome in Engine(model, token_budget).run(jobs()):
        for key, value in outcome.result.items():
            found[key][number] = value
        advance()
    return found


def _asker(
    of_text: Mapping[str, Explanation], measures: Sequence[str], replace: Replace, seed: int
) -> Callable[[EncodedText], Asking[dict[Key, float]]]:
    def ask(text: EncodedText) -> Asking[dict[Key, float]]:
        return together(
            {
                (method, name): load_measure(name).measure(
                    explained(text, explanation, replace, seed)
                )
                for method, explanation in of_text.items()
                for name in measures
            }
        )

    return ask


def _checked(explanations: Mapping[str, Sequence[Explanation]]) -> int:
    """How many texts; InputError where the methods explain different things."""
    if not explanations:
        raise InputError("faithfulness: give the explanations of at least one method")
    (first_name, first), *others = explanations.items()
    for name, items in others:
        if len(items) != len(first):
            raise InputError(
                f"faithfulness: {name} explains {len(items)} texts and {first_name} {len(first)}"
            )
        for number, (one, other) in enumerate(zip(first, items, strict=True)):
            if one.text != other.text or one.target.index != other.target.index:
                raise InputError(
                    f"faithfulness: text {number} or its explained class differs between "
                    f"{first_name} and {name}; explain the same class of the same texts"
                )
    return len(first)
