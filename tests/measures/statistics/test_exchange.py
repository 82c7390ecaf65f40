"""The exchange test of measures that only whole corpora have."""

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import f1_score

from astrid.errors import InputError
from astrid.measures.statistics.exchange import exchange_test


def certain(answers: np.ndarray) -> np.ndarray:
    return np.eye(2)[answers]


def test_it_agrees_with_all_exchanges_by_hand() -> None:
    rng = np.random.default_rng(0)
    labels, first, second = rng.integers(0, 2, (3, 8))
    first[:5] = labels[:5]

    def difference(one: np.ndarray, other: np.ndarray) -> float:
        values = [
            f1_score(labels, found, average="macro", zero_division=0) for found in (one, other)
        ]
        return abs(values[0] - values[1])

    observed = difference(first, second)
    swaps = np.array(list(product([False, True], repeat=8)))
    every = [
        difference(np.where(swap, second, first), np.where(swap, first, second)) for swap in swaps
    ]
    exact = np.mean(np.array(every) >= observed - 1e-12)
    found = exchange_test("f1", labels, certain(first), certain(second), resamples=20_000)
    assert found == pytest.approx(exact, abs=0.015)


def test_equal_models_do_not_differ_and_order_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    labels, first, second = rng.integers(0, 2, (3, 40))
    assert exchange_test("f1", labels, certain(first), certain(first)) == 1.0
    pair = certain(first), certain(second)
    assert exchange_test("f1", labels, *pair) == exchange_test("f1", labels, *pair[::-1])


def test_it_seldom_rejects_where_nothing_differs() -> None:
    rng = np.random.default_rng(2)
    found = []
    for _ in range(150):
        labels = (rng.random(60) < 0.2).astype(int)
        models = [np.where(rng.random(60) < 0.7, labels, 1 - labels) for _ in range(2)]
        found.append(exchange_test("f1", labels, *map(certain, models), resamples=200))
    assert np.mean(np.array(found) < 0.05) < 0.11


def test_a_clear_difference_is_found() -> None:
    labels = np.tile([0, 1], 30)
    assert exchange_test("f1", labels, certain(labels), certain(0 * labels)) < 0.001


def test_wrong_input_is_refused() -> None:
    labels = np.array([0, 1])
    with pytest.raises(InputError, match="no measure of predictions"):
        exchange_test("gini", labels, np.eye(2), np.eye(2))
    with pytest.raises(InputError, match="same classes"):
        exchange_test("f1", labels, np.eye(2), np.eye(3)[:2])
    assert np.isnan(exchange_test("f1", labels[:1], np.eye(2)[:1], np.eye(2)[:1]))
