r"""Gradient × input: the first-order estimate of what each token's embedding contributes.

$$\phi_t = \sum_d x_{td} \, \frac{\partial f(x)}{\partial x_{td}}$$

Shrikumar, Greenside & Kundaje, "Learning Important Features Through Propagating Activation
Differences", 2016 (arXiv:1605.01713). One forward and one backward pass; no completeness.
"""

import numpy as np

from astrid.explain.requests import Method, PathRows, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("gradients",))


class Params(Spec):
    """The method has no settings."""


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` of a text's tokens."""
    answer = yield PathRows(np.ones(1), np.ones(1), "zeros")
    return TokenScores(answer.row_products()[0])
