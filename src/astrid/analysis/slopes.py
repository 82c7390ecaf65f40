"""Straight lines through points: how steep, how sure, and are several equally steep?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import CONFIDENCE, EQUAL, Estimate

FEW_POINTS = 3
"""With fewer points every line fits, and nothing tells how sure it is."""


@dataclass(frozen=True)
class Slope:
    """How steep the line through the points is.

    Attributes:
        estimate: the slope with its t interval; `n` counts points; NaN where undefined.
        intercept: of the line at x = 0.
        p_value: two-sided, of a slope of 0; NaN where undefined.
        reason: why it is undefined; empty where it is not.
    """

    estimate: Estimate
    intercept: float
    p_value: float
    reason: str


@dataclass(frozen=True)
class SlopesDiffer:
    """Whether the lines of several groups have different slopes.

    Attributes:
        f: the ratio of variances; NaN where undefined.
        between: degrees of freedom of the slopes, groups − 1.
        within: degrees of freedom of what is left, points − 2·groups.
        p_value: in [0, 1]; NaN where undefined.
        n: points.
        reason: why it is undefined; empty where it is not.
    """

    f: float
    between: int
    within: int
    p_value: float
    n: int
    reason: str


def slope(
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    confidence: float = CONFIDENCE,
) -> Slope:
    """The least squares slope of y on x with its t interval and p-value.

    b ± t(n − 2)·s_b with s_b² = Σ residual² / ((n − 2)·Σ(x − x̄)²). Points with a NaN are left out.
    Undefined with fewer than three points or where all x are equal.

    Source: Draper & Smith, Applied Regression Analysis, 1998; `scipy.stats.linregress`.

    Raises:
        InputError: the series differ in length.

    >>> found = slope([0, 1, 2, 3], [0.0, 1.1, 1.9, 3.0])
    >>> print(found.estimate)
    0.980 [0.797, 1.163]
    """
    x, y, undefined = _known(x, y)
    n = len(x)
    if reason := _no_line(x):
        return Slope(
            Estimate(math.nan, math.nan, math.nan, n, undefined), math.nan, math.nan, reason
        )
    if _equal(y):
        level = float(y.mean())
        return Slope(Estimate(0.0, 0.0, 0.0, n, undefined), level, 1.0, "")
    line = stats.linregress(x, y)
    reach = float(stats.t.ppf((1 + confidence) / 2, n - 2) * line.stderr)
    value = float(line.slope)
    return Slope(
        Estimate(value, value - reach, value + reach, n, undefined),
        float(line.intercept),
        float(line.pvalue),
        "",
    )


def slope_within(
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    groups: Sequence[str],
    confidence: float = CONFIDENCE,
) -> Slope:
    """The slope that all groups share, each with an intercept of its own.

    What groups differ in is taken out: b = Σ Sxy / Σ Sxx over the groups, with n − k − 1 degrees of
    freedom for k groups. Points with a NaN are left out. `intercept` is NaN.

    Source: Snedecor & Cochran, Statistical Methods, 1989, chapter 18.

    Raises:
        InputError: the series differ in length.

    >>> found = slope_within([0, 1, 2] * 2, [0, 1.1, 2, 5, 5.9, 7], ["a"] * 3 + ["b"] * 3)
    >>> print(found.estimate)
    1.000 [0.894, 1.106]
    """
    parts = _by_group(x, y, groups)
    n = sum(len(some) for some, _ in parts)
    undefined, freedom = len(np.asarray(x)) - n, n - len(parts) - 1
    if not parts or freedom < 1:
        reason = f"{n} points in {len(parts)} groups with unlike x are too few for a slope"
        empty = Estimate(math.nan, math.nan, math.nan, n, undefined)
        return Slope(empty, math.nan, math.nan, reason)
    xx, xy, _ = _squares(parts).sum(axis=0)
    common, _, total = _residuals(parts)
    if total <= EQUAL:
        return Slope(Estimate(0.0, 0.0, 0.0, n, undefined), math.nan, 1.0, "")
    value, error = float(xy / xx), math.sqrt(max(common, 0.0) / freedom / xx)
    reach = float(stats.t.ppf((1 + confidence) / 2, freedom)) * error
    p_value = float(2 * stats.t.sf(abs(value) / error, freedom)) if error else 0.0
    estimate = Estimate(value, value - reach, value + reach, n, undefined)
    return Slope(estimate, math.nan, p_value, "")


def slopes_differ(
    x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray, groups: Sequence[str]
) -> SlopesDiffer:
    """The F test of the interaction in an analysis of covariance.

    A line a group, against lines that share one slope: F = ((R₁ − R) / (k − 1)) / (R / (n − 2k)),
    where R₁ and R are the residual sums of squares with one slope and with k. Points with a NaN
    are left out. A group whose x are all equal has no slope and is left out.

    Source: Snedecor & Cochran, Statistical Methods, 1989, chapter 18.

    Args:
        x: `[N]`.
        y: `[N]`.
        groups: `[N]` the group of each point.

    Raises:
        InputError: the series differ in length.

    >>> found = slopes_differ([0, 1, 2] * 2, [0, 1.1, 2, 0, 0.1, 0], ["a"] * 3 + ["b"] * 3)
    >>> found.between, found.within, round(found.f, 1), round(found.p_value, 3)
    (1, 2, 150.0, 0.007)
    """
    parts = _by_group(x, y, groups)
    n, between = sum(len(some) for some, _ in parts), len(parts) - 1
    within = n - 2 * len(parts)
    if between < 1 or within < 1:
        reason = (
            "fewer than two groups have a slope"
            if between < 1
            else "no residual degrees of freedom: every group needs points beyond its two"
        )
        return SlopesDiffer(math.nan, max(between, 0), max(within, 0), math.nan, n, reason)
    common, own, total = _residuals(parts)
    if own <= EQUAL * max(total, EQUAL):
        reason = "the points lie exactly on their lines: nothing tells chance from effect"
        return SlopesDiffer(math.nan, between, within, math.nan, n, reason)
    f = max(0.0, (common - own) / between) / (own / within)
    return SlopesDiffer(f, between, within, float(stats.f.sf(f, between, within)), n, "")


def _by_group(
    x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray, groups: Sequence[str]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """x and y of each group that has unlike x."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(groups) != len(x):
        raise InputError(f"slopes: {len(x)} points against {len(groups)} groups")
    names = np.asarray(groups, dtype=object)
    parts = [_known(x[names == name], y[names == name])[:2] for name in dict.fromkeys(groups)]
    return [(some, values) for some, values in parts if len(some) and not _equal(some)]


def _squares(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """`[K, 3]` sums of squares and products about the group's means: xx, xy, yy."""
    centred = [(x - x.mean(), y - y.mean()) for x, y in parts]
    return np.array([(x @ x, x @ y, y @ y) for x, y in centred])


def _residuals(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float, float]:
    """Residual sums of squares with one slope, with one a group, and of the means alone."""
    squares = _squares(parts)
    xx, xy, yy = squares.sum(axis=0)
    own = float((squares[:, 2] - squares[:, 1] ** 2 / squares[:, 0]).sum())
    return float(yy - xy**2 / xx), own, float(yy)


def _known(
    x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray
) -> tuple[np.ndarray, np.ndarray, int]:
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        raise InputError(f"slope: {x.size} x against {y.size} y; give one of each a point")
    known = np.isfinite(x) & np.isfinite(y)
    return x[known], y[known], int((~known).sum())


def _no_line(x: np.ndarray) -> str:
    if len(x) < FEW_POINTS:
        return f"{len(x)} points are too few for a slope; it takes {FEW_POINTS}"
    return "all points have the same x" if _equal(x) else ""


def _equal(values: np.ndarray) -> bool:
    return bool(np.ptp(values) <= EQUAL * max(1.0, float(np.abs(values).max())))
