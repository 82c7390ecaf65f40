"""Tests reject as often as they claim, and intervals hold what they claim, in simulation."""

import numpy as np
import pytest

from astrid.measures.statistics.bootstrap import mean_with_interval
from astrid.measures.statistics.permutation import paired_difference
from astrid.measures.statistics.wilcoxon import wilcoxon

DRAWS = 2000


def rejections(test) -> float:
    """Share of draws without any difference in which `test` finds one at 5 %."""
    random = np.random.default_rng(0)
    common = random.gamma(2.0, 1.0, (DRAWS, 25))
    first, second = common + random.normal(size=(2, DRAWS, 25))
    return float(np.mean([test(a, b) < 0.05 for a, b in zip(first, second, strict=True)]))


def test_wilcoxon_rejects_one_null_in_twenty() -> None:
    assert abs(rejections(lambda a, b: wilcoxon(a, b).p_value) - 0.05) < 0.015


def test_the_permutation_test_rejects_one_null_in_twenty() -> None:
    def p_value(a, b):
        return paired_difference(a, b, resamples=499).p_value

    assert abs(rejections(p_value) - 0.05) < 0.015


@pytest.mark.parametrize("shape", ["normal", "beta"])
def test_intervals_of_means_hold_the_mean_in_93_to_97_of_100(shape) -> None:
    random = np.random.default_rng(1)
    draws = {
        "normal": lambda: random.normal(0.3, 1, 50),
        "beta": lambda: random.beta(2, 4.67, 50),
    }[shape]
    mean = 0.3 if shape == "normal" else 2 / 6.67
    inside = np.mean(
        [mean_with_interval(draws(), seed, resamples=999).contains(mean) for seed in range(DRAWS)]
    )
    assert 0.93 <= inside <= 0.97
