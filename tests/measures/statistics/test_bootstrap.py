import json
import math

import numpy as np
import pytest

from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import Estimate, mean_with_interval, share_with_interval


def test_undefined_values_are_counted_and_left_out() -> None:
    estimate = mean_with_interval([0.2, float("nan"), 0.4])
    assert estimate.value == pytest.approx(0.3)
    assert (estimate.n, estimate.undefined) == (2, 1)
    assert estimate.low <= 0.3 <= estimate.high


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert mean_with_interval([1.0] * 10) == Estimate(1.0, 1.0, 1.0, 10, 0)


@pytest.mark.parametrize(("values", "n"), [([], 0), ([float("nan")], 0), ([0.7], 1)])
def test_fewer_than_two_values_have_no_interval(values: list[float], n: int) -> None:
    estimate = mean_with_interval(values)
    assert estimate.n == n
    assert not estimate.has_interval
    plain = json.loads(json.dumps(estimate.to_dict(), allow_nan=False))
    assert plain["low"] is None
    assert plain["value"] == (0.7 if n else None)


def test_the_seed_decides_the_interval() -> None:
    values = np.random.default_rng(0).normal(size=30)
    assert mean_with_interval(values, seed=1) == mean_with_interval(values, seed=1)
    assert mean_with_interval(values, seed=1) != mean_with_interval(values, seed=2)


def test_values_that_are_nearly_all_equal_still_get_an_interval() -> None:
    estimate = mean_with_interval([1.0] * 49 + [0.0])
    assert estimate.has_interval
    assert estimate.low < estimate.value <= estimate.high <= 1


def test_infinite_values_are_refused() -> None:
    with pytest.raises(InputError, match="finite"):
        mean_with_interval([1.0, math.inf])


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    draws = 2 * generator.beta(5, 2, size=(300, 50)) - 1  # skewed, as cosines are
    truth = 2 * 5 / 7 - 1
    covered = [mean_with_interval(row, resamples=400).contains(truth) for row in draws]
    # Binomial, 300 trials at 0.95: four standard deviations are 0.05; the bootstrap loses a little.
    assert 0.89 <= np.mean(covered) <= 0.99


def test_share() -> None:
    estimate = share_with_interval([True, True, False, None])
    assert estimate.value == pytest.approx(2 / 3)
    assert (estimate.n, estimate.undefined) == (3, 1)
    # Wilson by hand for 2 of 3 at z = 1.95996.
    z = 1.959964
    centre, half = (
        (2 / 3 + z**2 / 6) / (1 + z**2 / 3),
        z * math.sqrt(2 / 27 + z**2 / 36) / (1 + z**2 / 3),
    )
    assert (estimate.low, estimate.high) == pytest.approx((centre - half, centre + half), abs=1e-6)
    assert not share_with_interval([]).defined
