r"""A Gaussian process that stands for the model on rows of kept units, and exact sums over it.

The process is fitted on the few rows that the model has run. What an explanation needs of the
model on all $2^U$ rows is then taken of the process, exactly and without another model call:

$$k(z, z') = b \sum_i \chi_i \chi'_i + s \prod_i r_i^{[z_i \ne z'_i]} + c, \qquad \chi = 2z - 1$$

$r_i$ near 1 means that unit i hardly takes part in interactions; r, s, b and c are the most
probable ones given the seen values, under wide log-normal priors. The process passes through the
values that it was fitted on, so that what it says of all rows becomes the model's own as more of
them are seen.

Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006, chapter 5; sums of product
kernels over all subsets: Mohammadi et al., "Computing Exact Shapley Values in Polynomial Time for
Product-Kernel Methods", 2025 (arXiv:2505.16516). U units, R rows.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize
from threadpoolctl import ThreadpoolController

LARGEST = 2000
"""Rows that a surrogate is fitted on at most: its time grows with their cube."""

STEPS = 60
"""Steps of the search for the kernel's settings, at most."""

NOISE = 1e-6
"""Variance added to every row's value, as a share of the values' own: single precision."""


@dataclass(frozen=True, eq=False)
class Surrogate:
    """g(z) = constant + slopes·z + Σ_r weights_r ∏_i ratios_i^[z_i ≠ rows_ri].

    Attributes:
        rows: `[R, U]` the rows that it was fitted on.
        ratios: `[U]` in (0, 1).
        weights: `[R]` of the products.
        slopes: `[U]` of the linear part.
    """

    rows: np.ndarray
    ratios: np.ndarray
    weights: np.ndarray
    slopes: np.ndarray

    def sums(self, mass: np.ndarray) -> tuple[float, np.ndarray]:
        """Sums of the products' part over all rows z: of all, and `[U]` of those that keep unit i.

        Args:
            mass: `[U + 1]` what the rows of each size weigh together; they share it equally.
        """
        kept = np.where(self.rows, 1.0, self.ratios)
        left = np.where(self.rows, self.ratios, 1.0)
        total, inside_U = 0.0, np.zeros(len(self.ratios))
        at_once = max(1, 4_000_000 // len(mass) ** 2)
        for start in range(0, len(kept), at_once):
            part = slice(start, start + at_once)
            totals_R, insides_RU = size_sums(kept[part], left[part], mass)
            total += float(self.weights[part] @ totals_R)
            inside_U += self.weights[part] @ insides_RU
        return total, inside_U


def size_sums(
    kept_RU: np.ndarray, left_RU: np.ndarray, mass: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sums of products over all subsets S of the units, in U² steps instead of 2^U.

    The product of S is ∏_{i∈S} kept_i · ∏_{i∉S} left_i; it weighs mass[|S|] / C(U, |S|).

    Returns:
        `[R]` the sums over all S, and `[R, U]` over those that hold unit i.

    >>> size_sums(np.array([[2.0, 3.0]]), np.ones((1, 2)), np.array([0.0, 2.0, 1.0]))
    (array([11.]), array([[8., 9.]]))
    """
    rows, count = kept_RU.shape
    # means[j][:, k]: the mean product of the subsets of size k of the first j units.
    means = [np.ones((rows, 1))]
    for unit in range(count):
        size = np.arange(unit + 1)
        mean = np.zeros((rows, unit + 2))
        mean[:, :-1] = (unit + 1 - size) * left_RU[:, [unit]] * means[-1]
        mean[:, 1:] += (size + 1) * kept_RU[:, [unit]] * means[-1]
        means.append(mean / (unit + 1))
    insides_RU = np.zeros((rows, count))
    # Backwards: what the units after j make of a subset of size k of the first j.
    after = np.broadcast_to(mass, (rows, count + 1))
    for unit in reversed(range(count)):
        size = np.arange(unit + 1)
        joined = (size + 1) * kept_RU[:, [unit]] * after[:, 1:] / (unit + 1)
        insides_RU[:, unit] = (means[unit] * joined).sum(axis=1)
        after = joined + (unit + 1 - size) * left_RU[:, [unit]] * after[:, :-1] / (unit + 1)
    return after[:, 0], insides_RU


def fit(rows_RU: np.ndarray, values_R: np.ndarray) -> Surrogate:
    """The process through the values of distinct rows."""
    centre, scale = float(values_R.mean()), float(values_R.std())
    return _fitted(rows_RU, values_R - centre, scale, odd=False)


def fit_odd(rows_RU: np.ndarray, values_R: np.ndarray) -> Surrogate:
    """As `fit`, for a function with g(¬z) = −g(z): give one row of each pair z, ¬z.

    Half the rows take an eighth of the time, and half of a game is all that its Shapley values
    depend on: (f(z) − f(¬z)) / 2.
    """
    scale = float(np.sqrt(np.mean(values_R**2)))
    found = _fitted(rows_RU, values_R, scale, odd=True)
    rows = np.concatenate([found.rows, ~found.rows])
    weights = np.concatenate([found.weights, -found.weights])
    return Surrogate(rows, found.ratios, weights, found.slopes)


def _fitted(rows_RU: np.ndarray, values_R: np.ndarray, scale: float, odd: bool) -> Surrogate:
    count = rows_RU.shape[1]
    if not np.isfinite(scale) or scale < 1e-12:
        # All values are equal (or not numbers, which the engine reports): there is nothing to fit.
        nothing = np.full(len(rows_RU), 0.0 if scale < 1e-12 else np.nan)
        return Surrogate(rows_RU, np.full(count, 0.5), nothing, np.zeros(count))
    likelihood = _Likelihood(2.0 * rows_RU - 1, values_R / scale, odd)
    # Matrices this small take ten times as long on several threads, which wait for each other.
    with _linear_algebra().limit(limits=1, user_api="blas"):
        settings = likelihood.best()
        solved = scale * likelihood.solved(settings)
    lengths, product, linear, _ = likelihood.unpacked(settings)
    slopes = 2 * linear * (solved @ likelihood.signs)
    return Surrogate(rows_RU, np.exp(-lengths), product * solved, slopes)


@cache
def _linear_algebra() -> ThreadpoolController:
    return ThreadpoolController()


class _Likelihood:
    """How improbable settings of the kernel are, given the values: logarithms of the lengths
    −ln r_i, then of s, b and c."""

    def __init__(self, signs: np.ndarray, values: np.ndarray, odd: bool) -> None:
        count = signs.shape[1]
        self.signs = signs
        self._values = values
        self._odd = odd
        self._linear = signs @ signs.T
        # Priors: e-fold around one length for all, twice as wide for the variances.
        self._usual = np.log(np.concatenate([np.full(count, 1 / count), [0.5, 0.5 / count, 0.5]]))
        self._precision = np.concatenate([np.ones(count), np.full(3, 0.25)])

    def unpacked(self, settings: np.ndarray) -> tuple[np.ndarray, float, float, float]:
        """Lengths `[U]`, and the variances s, b and c; an odd function has no constant."""
        product, linear, constant = map(float, np.exp(settings[-3:]))
        return np.exp(settings[:-3]), product, linear, 0.0 if self._odd else constant

    def best(self) -> np.ndarray:
        """The most probable settings, by L-BFGS."""
        bounds = [(np.log(1e-3), np.log(5.0))] * self.signs.shape[1] + [(-12.0, 8.0)] * 3
        # To the end: stopped on the way, the search would make rounding errors visible.
        options = {"maxiter": STEPS, "ftol": 1e-10, "gtol": 1e-5, "maxcor": 20}
        start = np.clip(self._usual, *np.transpose(bounds))
        found = minimize(self, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        return np.asarray(found.x)

    def solved(self, settings: np.ndarray) -> np.ndarray:
        """`[R]` the kernel's inverse times the values."""
        kernel, _, _ = self._kernel(settings)
        return np.asarray(cho_solve(cho_factor(kernel, lower=True), self._values))

    def __call__(self, settings: np.ndarray) -> tuple[float, np.ndarray]:
        """The negative logarithm of the probability, and its gradient in the settings."""
        kernel, near, far = self._kernel(settings)
        lengths, product, linear, constant = self.unpacked(settings)
        factor, inverse = _inverted(kernel)
        solved = inverse @ self._values
        value = self._values @ solved / 2 + np.log(np.diag(factor)).sum()
        slope = (inverse - np.outer(solved, solved)) / 2
        # Units that differ shrink the product; in the opposite row those that agree do.
        by_near, near_sum = self._weighted(near, slope)
        by_far, far_sum = self._weighted(far, slope) if self._odd else (0.0, 0.0)
        by_length = product * (by_far + far_sum - near_sum + by_near) / 2
        by_product = product * (near_sum - far_sum)
        by_linear = linear * np.vdot(slope, self._linear)
        gradient = np.append(by_length * lengths, [by_product, by_linear, constant * slope.sum()])
        unusual = settings - self._usual
        value += (self._precision * unusual**2).sum() / 2
        return float(value), gradient + self._precision * unusual

    def _kernel(self, settings: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The kernel with its noise, the product with each row and that with its opposite."""
        lengths, product, linear, constant = self.unpacked(settings)
        distance = (lengths.sum() - (self.signs * lengths) @ self.signs.T) / 2
        near = np.exp(-distance)
        far = np.exp(distance - lengths.sum()) if self._odd else np.zeros_like(near)
        kernel = product * (near - far) + linear * self._linear + constant
        kernel[np.diag_indices(len(kernel))] += NOISE
        return kernel, near, far

    def _weighted(self, pairs: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, float]:
        """For weights pairs · slope of pairs of rows: `[U]` their sum over pairs that agree on
        unit i minus that over pairs that differ, and their sum."""
        pairs = pairs * slope
        agreeing = np.einsum("ru,ru->u", self.signs, pairs @ self.signs)
        return agreeing, float(pairs.sum())


def _inverted(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The Cholesky factor and the inverse of a positive definite matrix."""
    factor, wrong = dpotrf(kernel, lower=True, clean=True)
    if wrong:
        raise LinAlgError("the kernel is not positive definite")
    lower, _ = dpotri(factor, lower=True)
    return factor, np.asarray(np.tril(lower) + np.tril(lower, -1).T)
