r"""Attention rollout: attention followed through the layers down to the tokens.

$$\tilde A^{(l)} = \tfrac12 \left( \tfrac1H \sum_h A^{(l,h)} + I \right), \qquad
\phi_t = \left( \tilde A^{(L)} \cdots \tilde A^{(1)} \right)_{rt}$$

Abnar & Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020. The identity stands for
the residual connection; r is the token that the classifier reads. Every row of the product sums
to 1. The scores are never negative and say nothing of the class; in a decoder the first token
draws attention whatever it is.
"""

import numpy as np

from astrid.explain.requests import Capture, Method, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("attentions",))


class Params(Spec):
    """The method has no settings."""


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` of a text's tokens, special tokens included; they sum to 1."""
    answer = yield Capture()
    return TokenScores(rollout(answer.attention_weights())[text.reader])


def rollout(weights_LHTT: np.ndarray) -> np.ndarray:
    """`[T, T]` how much of each token (column) arrives at each token of the last layer (row)."""
    flow_TT = np.eye(weights_LHTT.shape[-1])
    for weights_HTT in weights_LHTT.astype(float):
        flow_TT = (weights_HTT.mean(axis=0) @ flow_TT + flow_TT) / 2
    return flow_TT
