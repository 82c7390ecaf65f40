r"""Integrated gradients: the gradient averaged along the straight line from a baseline.

$$\phi_t = \sum_d (x_{td} - x'_{td}) \int_0^1
    \frac{\partial f(x' + \alpha (x - x'))}{\partial x_{td}} \, d\alpha$$

Sundararajan, Taly & Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. The integral is
taken by the Gauss–Legendre rule. The scores sum to f(x) − f(x′) up to the completeness gap.
"""

import numpy as np
from numpy.polynomial.legendre import leggauss
from pydantic import Field

from astrid.explain.requests import Baseline, Method, PathRows, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("gradients",))


class Params(Spec):
    """Settings.

    Attributes:
        steps: points of the integration rule, 1 to 1,000.
        baseline: where the line begins, see `astrid.explain.requests.Baseline`.
    """

    steps: int = Field(default=50, ge=1, le=1000)
    baseline: Baseline = "zeros"


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` of a text's tokens, special tokens too where the baseline moves them."""
    points, weights = leggauss(params.steps)
    # The two ends weigh nothing in the integral; they give f(x') and f(x).
    alphas = np.concatenate([(points + 1) / 2, [0.0, 1.0]])
    answer = yield PathRows(alphas, np.concatenate([weights / 2, [0.0, 0.0]]), params.baseline)
    gradient, delta = answer.line()
    scores = (delta * gradient).sum(axis=1)
    start, end = answer.row_values()[-2:]
    return TokenScores(scores, completeness_gap=float(abs(scores.sum() - (end - start))))
