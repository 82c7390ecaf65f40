r"""Attention × gradient: attention weights, weighed by how the output reacts to them.

$$\phi_t = \frac{1}{L H} \sum_{l,h} \sum_q A^{(l,h)}_{qt} \,
    \frac{\partial f}{\partial A^{(l,h)}_{qt}}$$

Barkan et al., "Grad-SAM: Explaining Transformers via Gradient Self-Attention Maps", CIKM 2021,
without their division by T, which does not change the order. They keep positive gradients only
(`rectify`); by default both signs count, so that the scores speak for or against the class.
"""

import numpy as np

from astrid.explain.requests import Capture, Method, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("attentions", "gradients"))


class Params(Spec):
    """Settings.

    Attributes:
        rectify: count positive gradients only, as Grad-SAM does.
    """

    rectify: bool = False


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` of a text's tokens, special tokens included."""
    answer = yield Capture(gradients=True)
    gradients_LHTT = answer.gradients_of_attention().astype(float)
    if params.rectify:
        gradients_LHTT = np.maximum(gradients_LHTT, 0)
    return TokenScores((answer.attention_weights() * gradients_LHTT).mean(axis=(0, 1)).sum(axis=0))
