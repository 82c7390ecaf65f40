r"""Integrated gradients: the gradient averaged along the straight line from a baseline.

$$\phi_t = \sum_d (x_{td} - x'_{td}) \int_0^1
    \frac{\partial f(x' + \alpha (x - x'))}{\partial x_{td}} \, d\alpha$$

Sundararajan, Taly & Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. With a fixed number
of steps the integral is taken by the Gauss–Legendre rule. With a tolerance it is taken by the
Clenshaw–Curtis rule at 8, 16, 32, … steps, each rule using all points of the one before, until
the completeness gap is within the tolerance. The scores sum to f(x) − f(x′) up to that gap.
"""

from functools import cache

import numpy as np
from numpy.polynomial.legendre import leggauss
from pydantic import Field

from astrid.explain.requests import Baseline, Method, PathRows, TokenScores
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


def _fixed(baseline: Baseline, steps: int) -> Method:
    points, weights = leggauss(steps)
    # The two ends weigh nothing in the integral; they give f(x') and f(x).
    alphas = np.concatenate([(points + 1) / 2, [0.0, 1.0]])
    weights = np.concatenate([weights / 2, [0.0, 0.0]])
    answer = yield PathRows(alphas, weights, baseline)
    scores = weights @ answer.row_products()
    start, end = answer.row_values()[-2:]
    return TokenScores(scores, completeness_gap=_gap(scores, start, end))


def _adaptive(baseline: Baseline, tolerance: float, limit: int) -> Method:
    steps = FIRST
    alphas, weights = clenshaw_curtis(steps)
    answer = yield PathRows(alphas, np.ones(len(alphas)), baseline)
    products_RT, values = answer.row_products(), answer.row_values()
    while True:
        scores = weights @ products_RT
        gap = _gap(scores, values[0], values[-1])
        if gap <= tolerance or 2 * steps > limit:
            return TokenScores(scores, completeness_gap=gap, converged=gap <= tolerance)
        steps *= 2
        alphas, weights = clenshaw_curtis(steps)
        answer = yield PathRows(alphas[1::2], np.ones(steps // 2), baseline)
        # Every other point is new; the others keep their order between them.
        merged_RT = np.empty((steps + 1, products_RT.shape[1]))
        merged_RT[::2], merged_RT[1::2] = products_RT, answer.row_products()
        products_RT = merged_RT


def _gap(scores: np.ndarray, start: float, end: float) -> float:
    return float(abs(scores.sum() - (end - start)))


@cache
def clenshaw_curtis(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Points, ascending, and weights of the rule on [0, 1] with an even number of `steps`.

    The points are (1 − cos(πk/steps))/2: those of half as many steps are every other one of them.
    Clenshaw & Curtis, "A method for numerical integration on an automatic computer", 1960.

    >>> clenshaw_curtis(2)[1].round(4).tolist()
    [0.1667, 0.6667, 0.1667]
    """
    angles = np.pi * np.arange(steps + 1) / steps
    orders = np.arange(1, steps // 2 + 1)
    factors = np.where(orders == steps // 2, 1.0, 2.0) / (4.0 * orders**2 - 1)
    weights = (1 - np.cos(2 * np.outer(angles, orders)) @ factors) / steps
    weights[[0, -1]] /= 2
    return (1 - np.cos(angles)) / 2, weights
