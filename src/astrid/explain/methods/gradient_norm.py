r"""Gradient norm (saliency): how strongly the output reacts to a change of each token's embedding.

$$\phi_t = \left\| \frac{\partial f(x)}{\partial x_t} \right\|$$

Simonyan, Vedaldi & Zisserman, "Deep Inside Convolutional Networks", ICLR 2014 workshop; for text
Li, Chen, Hovy & Jurafsky, "Visualizing and Understanding Neural Models in NLP", NAACL 2016. The
scores are never negative: they say where the output is sensitive, not in which direction.
"""

from typing import Literal

import numpy as np

from astrid.explain.requests import Method, PathRows, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("gradients",))


class Params(Spec):
    """Settings.

    Attributes:
        norm: `l2` is the Euclidean length, `l1` the sum of magnitudes (captum's Saliency, summed).
    """

    norm: Literal["l2", "l1"] = "l2"


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` of a text's tokens, special tokens included."""
    answer = yield PathRows(np.ones(1), np.ones(1), "zeros")
    order = {"l1": 1, "l2": 2}[params.norm]
    return TokenScores(np.linalg.norm(answer.summed_gradient(), ord=order, axis=1))
