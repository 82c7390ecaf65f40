r"""Integrated gradients: the gradient averaged along the straight line from a baseline.

$$\phi_t = \sum_d (x_{td} - x'_{td}) \int_0^1
    \frac{\partial f(x' + \alpha (x - x'))}{\partial x_{td}} \, d\alpha$$

Sundararajan, Taly & Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. With a fixed number
of steps the integral is taken by the Gauss–Legendre rule. With a tolerance it is taken by the
second rule of Fejér at 8, 16, 32, … steps, each using all points of the one before, until the
completeness gap is within the tolerance. The scores sum to f(x) − f(x′) up to that gap. Neither
rule takes the gradient at the baseline itself, where a norm layer may have a jump.
"""

from collections.abc import Generator
from functools import cache

import numpy as np
from numpy.polynomial.legendre import leggauss
from pydantic import Field

from astrid.explain.requests import Answer, Baseline, Method, PathRows, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("gradients",))

FIRST = 8
"""Steps that an adaptive run begins with."""


class Params(Spec):
    """Settings.

    Attributes:
        steps: points of the integration rule, 1 to 1,000; not used with a tolerance.
        baseline: where the line begins, see `astrid.explain.requests.Baseline`.
        tolerance: largest completeness gap, in the target's units, that ends an adaptive run.
        limit: most steps of an adaptive run; a run that ends there says that it has not converged.
    """

    steps: int = Field(default=50, ge=1, le=1000)
    baseline: Baseline = "zeros"
    tolerance: float | None = Field(default=None, gt=0)
    limit: int = Field(default=256, ge=FIRST, le=4096)


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` of a text's tokens, special tokens too where the baseline moves them."""
    if params.tolerance is not None:
        return _adaptive(params.baseline, params.tolerance, params.limit)
    return _fixed(params.baseline, params.steps)


ENDS = np.array([0.0, 1.0])
"""They weigh nothing in the integral; they give f(x′) and f(x)."""


def _fixed(baseline: Baseline, steps: int) -> Method:
    points, weights = leggauss(steps)
    points, weights = (points + 1) / 2, weights / 2
    products_RT, start, end = yield from _run(points, baseline)
    scores = weights @ products_RT
    return TokenScores(scores, completeness_gap=_gap(scores, start, end))


def _adaptive(baseline: Baseline, tolerance: float, limit: int) -> Method:
    steps = FIRST
    points, weights = fejer(steps)
    products_RT, start, end = yield from _run(points, baseline)
    while True:
        scores = weights @ products_RT
        gap = _gap(scores, start, end)
        if gap <= tolerance or 2 * steps > limit:
            return TokenScores(scores, completeness_gap=gap, converged=gap <= tolerance)
        steps *= 2
        points, weights = fejer(steps)
        answer = yield PathRows(points[::2], np.ones(steps // 2), baseline)
        # Every other point is new; the others keep their order between them.
        merged_RT = np.empty((steps - 1, products_RT.shape[1]))
        merged_RT[1::2], merged_RT[::2] = products_RT, answer.row_products()
        products_RT = merged_RT


def _run(
    points: np.ndarray, baseline: Baseline
) -> Generator[PathRows, Answer, tuple[np.ndarray, float, float]]:
    """Products `[R, T]` at the points, and the values at both ends."""
    alphas = np.concatenate([points, ENDS])
    answer = yield PathRows(alphas, (alphas != 0) & (alphas != 1), baseline)
    start, end = answer.row_values()[-2:]
    return answer.row_products()[:-2], start, end


def _gap(scores: np.ndarray, start: float, end: float) -> float:
    return float(abs(scores.sum() - (end - start)))


@cache
def fejer(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The steps − 1 points, ascending, and weights of the rule on [0, 1]; `steps` is even.

    The points are (1 − cos(πk/steps))/2: those of half as many steps are every other one of them.
    Fejér, "Mechanische Quadraturen mit positiven Cotesschen Zahlen", 1933; Waldvogel, "Fast
    construction of the Fejér and Clenshaw–Curtis quadrature rules", 2006.

    >>> fejer(4)[1].round(4).tolist()
    [0.3333, 0.3333, 0.3333]
    """
    angles = np.pi * np.arange(1, steps) / steps
    odd = np.arange(1, steps, 2)
    weights = 2 * np.sin(angles) / steps * (np.sin(np.outer(angles, odd)) @ (1 / odd))
    return (1 - np.cos(angles)) / 2, weights
