"""The surrogate: its exact sums, its gradient, and what it says of a game."""

from math import comb

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from astrid.explain import surrogate
from astrid.explain.methods._masks import every_row


def test_sums_equal_those_over_all_rows():
    random = np.random.default_rng(0)
    kept, left, mass = random.random((3, 7)), random.random((3, 7)), random.random(8)
    rows = every_row(7)
    shares = np.array([mass[size] / comb(7, size) for size in rows.sum(axis=1)])
    products = np.where(rows, kept[:, None], left[:, None]).prod(axis=2) * shares
    totals, insides = surrogate.size_sums(kept, left, mass)
    np.testing.assert_allclose(totals, products.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(insides, products @ rows, rtol=1e-12)


def test_sums_of_long_texts_stay_finite():
    random = np.random.default_rng(0)
    rows = random.random((3, 1500)) < 0.5
    kept, left = np.where(rows, 1.0, 0.9), np.where(rows, 0.9, 1.0)
    totals, insides = surrogate.size_sums(kept, left, np.full(1501, 1 / 1501))
    assert np.isfinite(totals).all()
    assert np.isfinite(insides).all()
    assert (insides <= totals[:, None]).all()


@pytest.mark.parametrize("odd", [False, True])
def test_the_gradient_is_the_slope(odd):
    random = np.random.default_rng(1)
    rows = every_row(5)[1::2] if odd else every_row(5)[random.permutation(32)[:18]]
    likelihood = surrogate._Likelihood(2.0 * rows - 1, random.normal(size=len(rows)), odd)
    settings = random.normal(size=8) * 0.3
    slope = approx_fprime(settings, lambda point: likelihood(point)[0], 1e-6)
    np.testing.assert_allclose(likelihood(settings)[1], slope, atol=1e-4)


def test_it_passes_through_what_it_saw():
    random = np.random.default_rng(2)
    rows = every_row(6)[random.permutation(64)[:30]]
    values = np.tanh(rows @ random.normal(size=6)) + 5
    found = surrogate.fit(rows, values)
    near = np.where(rows[:, None] != found.rows, found.ratios, 1.0).prod(axis=2)
    given = near @ found.weights + rows @ found.slopes
    np.testing.assert_allclose(np.ptp(values - given), 0, atol=1e-3)


@pytest.mark.parametrize("values", [np.full(8, 0.25), np.full(8, np.nan)])
def test_equal_and_missing_values_are_no_fault(values):
    rows = every_row(3)
    for found in (surrogate.fit(rows, values), surrogate.fit_odd(rows[1::2], 0 * values[1::2])):
        total, inside = found.sums(np.ones(4))
        expected = 0.0 if np.isfinite(values).all() else np.nan
        np.testing.assert_array_equal([total, *inside], np.full(4, expected))
