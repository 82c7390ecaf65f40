"""Intervals over seeds and texts."""

import numpy as np
import pytest

from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import mean_with_interval
from astrid.measures.statistics.hierarchical import mean_over_seeds_and_texts


def test_the_mean_is_that_of_the_seeds_means() -> None:
    values = np.array([[1.0, 3.0, np.nan], [5.0, 5.0, 5.0]])
    assert mean_over_seeds_and_texts(values).value == pytest.approx((2 + 5) / 2)


def test_seeds_that_differ_widen_the_interval() -> None:
    random = np.random.default_rng(0)
    texts = random.normal(size=80)
    values = texts + np.array([-1.0, -0.5, 0, 0.5, 1.0])[:, None]
    found = mean_over_seeds_and_texts(values)
    over_texts = mean_with_interval(values.mean(axis=0))
    assert found.high - found.low > 1.5 * (over_texts.high - over_texts.low)


def test_it_covers_the_mean_of_other_seeds_and_texts() -> None:
    random = np.random.default_rng(1)
    inside = 0
    for draw in range(200):
        values = 1 + random.normal(0, 0.5, (20, 1)) + random.normal(0, 1, 50)
        found = mean_over_seeds_and_texts(values + random.normal(0, 1, (20, 50)), draw, 0.95, 400)
        inside += found.contains(1)
    assert inside / 200 > 0.89


def test_one_seed_or_text_has_no_interval() -> None:
    assert not mean_over_seeds_and_texts(np.array([[1.0, 2.0, 3.0]])).has_interval
    assert not mean_over_seeds_and_texts(np.array([[1.0], [2.0]])).has_interval
    assert not mean_over_seeds_and_texts(np.full((3, 4), np.nan)).defined


def test_undefined_texts_are_counted() -> None:
    values = np.array([[1.0, np.nan, 2.0], [1.0, np.nan, np.nan]])
    found = mean_over_seeds_and_texts(values)
    assert (found.n, found.undefined) == (2, 1)


def test_nonsense_is_refused() -> None:
    for values in (np.array([1.0, 2.0]), np.array([[np.inf, 1.0]])):
        with pytest.raises(InputError, match="one row of finite values a seed"):
            mean_over_seeds_and_texts(values)
