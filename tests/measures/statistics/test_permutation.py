import numpy as np
import pytest

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
