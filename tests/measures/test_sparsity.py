"""Hand-computed values of the measures of sparsity."""

import numpy as np
import pytest
from scipy import stats

from astrid.measures import effective_tokens, entropy, gini, mean_absolute


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


@pytest.mark.parametrize("measure", [gini, entropy, effective_tokens])
def test_shares_are_undefined_without_any_score(measure) -> None:
    assert np.isnan(measure.measure(np.zeros(4)))


@pytest.mark.parametrize("measure", [gini, entropy, effective_tokens, mean_absolute])
def test_neither_end_is_better(measure) -> None:
    assert measure.DIRECTION == "neither"


def test_entropy_is_scipys_and_gini_the_mean_difference_of_all_pairs() -> None:
    scores = np.random.default_rng(0).normal(size=30)
    sizes = np.abs(scores)
    assert entropy.measure(scores) == pytest.approx(stats.entropy(sizes))
    differences = np.abs(sizes[:, None] - sizes[None]).mean()
    assert gini.measure(scores) == pytest.approx(differences / (2 * sizes.mean()))
