import warnings

import numpy as np
import pytest
from scipy import stats

from astrid.analysis.slopes import slope, slope_within, slopes_differ
from astrid.errors import InputError

NAN = float("nan")

# Anscombe's first set (The American Statistician, 1973): slope 0.500, standard error 0.118.
X = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0]
Y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]


def test_anscombes_slope() -> None:
    found = slope(X, Y)
    reach = 0.1179 * stats.t.ppf(0.975, 9)
    assert found.estimate.value == pytest.approx(0.5001, abs=1e-4)
    assert found.estimate.low == pytest.approx(0.5001 - reach, abs=1e-3)
    assert found.estimate.high == pytest.approx(0.5001 + reach, abs=1e-3)
    assert (found.intercept, found.p_value) == pytest.approx((3.0001, 0.00217), abs=1e-4)
    assert found.estimate.n == 11


def test_points_with_a_nan_are_counted_and_left_out() -> None:
    found = slope([*X, NAN, 3.0], [*Y, 1.0, NAN])
    assert found.estimate.value == slope(X, Y).estimate.value
    assert found.estimate.undefined == 2


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ([], [], "0 points"),
        ([1.0, 2.0], [1.0, 2.0], "2 points"),
        ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], "same x"),
        ([1.0, 2.0, NAN], [1.0, 2.0, 3.0], "2 points"),
    ],
)
def test_no_line_has_a_reason_and_no_warning(x: list[float], y: list[float], reason: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = slope(x, y)
    assert not found.estimate.defined
    assert np.isnan(found.p_value)
    assert reason in found.reason


def test_equal_values_show_no_slope() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = slope([1.0, 2.0, 3.0], [0.1 + 0.2, 0.3, 0.3])
    assert (found.estimate.value, found.p_value, found.reason) == (0.0, 1.0, "")


def _by_least_squares(x: np.ndarray, y: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    names = list(dict.fromkeys(groups))
    flags = np.array([groups == name for name in names], dtype=float).T
    sums = []
    for design in (np.column_stack([flags, x]), np.column_stack([flags, flags * x[:, None]])):
        solved, *_ = np.linalg.lstsq(design, y, rcond=None)
        sums.append(float(((y - design @ solved) ** 2).sum()))
    between, within = len(names) - 1, len(x) - 2 * len(names)
    f = ((sums[0] - sums[1]) / between) / (sums[1] / within)
    return f, float(stats.f.sf(f, between, within))


@pytest.mark.parametrize("seed", range(5))
def test_the_f_test_is_that_of_nested_least_squares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.choice(["a", "b", "ü"], 30)
    x, y = rng.normal(size=30), rng.normal(size=30)
    y += x * (groups == "a")
    found = slopes_differ(x, y, list(groups))
    assert (found.between, found.within, found.n) == (2, 24, 30)
    assert (found.f, found.p_value) == pytest.approx(_by_least_squares(x, y, groups))


def test_of_two_groups_the_f_test_is_the_t_test_of_their_slopes() -> None:
    """With a pooled variance F = t², t = (b₁ − b₂) / (s·√(1/Sxx₁ + 1/Sxx₂))."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=24), rng.normal(size=24)
    halves = [(x[:10], y[:10]), (x[10:], y[10:])]
    lines = [stats.linregress(*half) for half in halves]
    left = sum(
        float(((v - line.intercept - line.slope * u) ** 2).sum())
        for (u, v), line in zip(halves, lines, strict=True)
    )
    spread = sum(1 / float(((u - u.mean()) ** 2).sum()) for u, _ in halves)
    t = (lines[0].slope - lines[1].slope) / np.sqrt(left / 20 * spread)
    found = slopes_differ(x, y, ["a"] * 10 + ["b"] * 14)
    assert found.f == pytest.approx(t**2)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(t), 20))


def test_five_per_cent_of_equal_slopes_are_taken_for_different_ones() -> None:
    rng = np.random.default_rng(0)
    x, groups = np.tile([0.0, 1.0, 2.0, 3.0], 5), [name for name in "abcde" for _ in range(4)]
    p_values = np.array(
        [slopes_differ(x, rng.normal(size=20), groups).p_value for _ in range(2000)]
    )
    assert 0.035 < (p_values < 0.05).mean() < 0.065


@pytest.mark.parametrize(
    ("x", "y", "groups", "reason"),
    [
        ([], [], [], "fewer than two groups"),
        ([1, 2, 3], [1, 2, 4], ["a"] * 3, "fewer than two groups"),
        ([1, 2, 3, 1, 1, 1], [1, 2, 4, 1, 2, 3], ["a"] * 3 + ["b"] * 3, "fewer than two groups"),
        ([1, 2, 1, 2], [1, 2, 2, 1], ["a", "a", "b", "b"], "degrees of freedom"),
        ([1, 2, 3] * 2, [1] * 6, ["a"] * 3 + ["b"] * 3, "exactly on their lines"),
        ([1, 2, 3] * 2, [1, 2, 3, 3, 2, 1], ["a"] * 3 + ["b"] * 3, "exactly on their lines"),
    ],
)
def test_what_cannot_be_tested_has_a_reason(
    x: list[float], y: list[float], groups: list[str], reason: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = slopes_differ(x, y, groups)
    assert np.isnan(found.f)
    assert np.isnan(found.p_value)
    assert reason in found.reason


def test_the_slope_within_groups_is_that_of_least_squares_with_an_intercept_each() -> None:
    rng = np.random.default_rng(2)
    groups = np.array(["a"] * 5 + ["b"] * 8)
    x, y = rng.normal(size=13), rng.normal(size=13)
    design = np.column_stack([groups == "a", groups == "b", x]).astype(float)
    solved, left, *_ = np.linalg.lstsq(design, y, rcond=None)
    error = np.sqrt(left[0] / 10 * np.linalg.inv(design.T @ design)[2, 2])
    found = slope_within(x, y, list(groups))
    reach = stats.t.ppf(0.975, 10) * error
    assert found.estimate.value == pytest.approx(solved[2])
    assert found.estimate.high - found.estimate.value == pytest.approx(reach)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(solved[2]) / error, 10))
    shifted = slope_within(x, y + 100 * (groups == "a"), list(groups))
    assert shifted.estimate.value == pytest.approx(solved[2])


def test_a_slope_within_groups_of_one_point_is_undefined() -> None:
    found = slope_within([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], ["a", "b", "c"])
    assert np.isnan(found.estimate.value)
    assert "too few" in found.reason
    assert slope_within([1.0, 2.0] * 3, [1.0] * 6, ["a", "a", "b", "b", "c", "c"]).p_value == 1.0


def test_series_of_other_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="2 x against 1 y"):
        slope([1.0, 2.0], [1.0])
    with pytest.raises(InputError, match="2 points against 1 groups"):
        slopes_differ([1.0, 2.0], [1.0, 2.0], ["a"])
