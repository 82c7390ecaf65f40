"""Hand-computed values of the measures of sparsity."""

import numpy as np
import pytest

from astrid.errors import InputError
from astrid.measures import (
    effective_tokens,
    entropy,
    gini,
    load_measure,
    mean_absolute,
    measure_names,
)

NAMES = measure_names("sparsity")


def _a(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=float)


def test_gini() -> None:
    assert gini.measure(_a(1, 1, 1, 1)) == pytest.approx(0)
    assert gini.measure(_a(0, 0, 0, 1)) == 0.75
    # Mean difference of all pairs / (2 · mean): (0 + 1 + 1 + 0) / 4 / (2 · 1.5) for 1 and 2.
    assert gini.measure(_a(1, -2)) == pytest.approx(1 / 6)


def test_entropy_and_effective_number() -> None:
    assert entropy.measure(_a(0, 5, 0)) == 0
    assert entropy.measure(_a(1, 1, -2)) == pytest.approx(1.5 * np.log(2))
    assert effective_tokens.measure(_a(1, 1, -2)) == pytest.approx(2**1.5)
    assert effective_tokens.measure(_a(0, 5, 0)) == 1


def test_mean_absolute() -> None:
    assert mean_absolute.measure(_a(1, -3)) == 2
    assert mean_absolute.measure(_a(0, 0)) == 0


@pytest.mark.parametrize("name", NAMES)
def test_neither_end_is_better_and_words_may_change_places(name) -> None:
    measure = load_measure(name)
    assert measure.DIRECTION == "neither"
    scores = np.random.default_rng(0).normal(size=30)
    assert measure.measure(scores[::-1].copy()) == pytest.approx(measure.measure(scores))
    assert measure.measure(-scores) == measure.measure(scores)
    low, high = measure.RANGE
    assert low <= measure.measure(scores) <= high


@pytest.mark.parametrize("name", [name for name in NAMES if name != "mean_absolute"])
def test_the_unit_of_the_scores_does_not_matter(name) -> None:
    measure = load_measure(name).measure
    scores = np.random.default_rng(0).normal(size=30)
    for factor in (1e-200, 1e200):
        assert measure(factor * scores) == pytest.approx(measure(scores))
    assert np.isnan(measure(np.zeros(4)))


@pytest.mark.parametrize("name", NAMES)
def test_no_words_are_undefined_and_nonsense_is_refused(name) -> None:
    measure = load_measure(name).measure
    assert np.isnan(measure(np.array([])))
    with pytest.raises(InputError, match="not finite"):
        measure(_a(1, np.nan))
