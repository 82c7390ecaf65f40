import numpy as np
import pytest
from scipy import stats

from astrid.errors import InputError
from astrid.measures.statistics.permutation import paired_difference


def test_exact_p_value_of_a_small_sample() -> None:
    # All four differences positive: 2 of the 16 sign patterns are as extreme.
    result = paired_difference([2.0, 3.0, 4.0, 5.0], [1.0, 1.0, 1.0, 1.0])
    assert result.p_value == pytest.approx(2 / 16)
    assert result.difference.value == pytest.approx(2.5)


def test_pairs_with_an_undefined_side_are_left_out() -> None:
    nan = float("nan")
    result = paired_difference([1.0, nan, 2.0, 3.0], [0.0, 1.0, nan, 1.0])
    assert (result.difference.n, result.difference.undefined) == (2, 2)
    assert result.difference.value == pytest.approx(1.5)


def test_a_clear_difference_is_found_and_none_is_not() -> None:
    generator = np.random.default_rng(0)
    base, noise = generator.normal(size=(2, 40))
    assert paired_difference(base + 1 + 0.1 * noise, base).p_value < 0.01
    assert paired_difference(base, base).p_value == 1


def test_too_few_pairs_have_no_p_value() -> None:
    assert paired_difference([1.0], [0.0]).to_dict()["p_value"] is None


def test_series_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="same texts"):
        paired_difference([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("texts", "shift"), [(2, 0.5), (8, 0.4), (12, 0.0), (60, 0.0), (60, 0.25)])
@pytest.mark.parametrize("rounded", [False, True], ids=["distinct", "ties"])
def test_p_values_are_those_of_scipy(texts: int, shift: float, rounded: bool) -> None:
    differences = np.random.default_rng(texts).normal(shift, 1, texts)
    differences = np.round(differences) if rounded else differences
    oracle = stats.permutation_test(
        (differences, np.zeros(texts)),
        lambda first, second, axis: np.mean(first - second, axis=axis),
        permutation_type="samples",
        n_resamples=5000,
        rng=np.random.default_rng(1),
    ).pvalue
    found = paired_difference(differences, np.zeros(texts)).p_value
    # All flips of few texts give the p-value itself; of many, both draw some.
    assert found == pytest.approx(oracle, abs=1e-12 if texts <= 12 else 0.04)
