r"""Attention: how much the first token looks at each token, averaged over layers and heads.

$$\phi_t = \frac{1}{L H} \sum_{l,h} A^{(l,h)}_{1t}$$

The first token is [CLS], which classifiers read. The weights are the model's own, not scaled;
they are never negative, sum to 1 with the special tokens, and say nothing of the class: Jain &
Wallace, "Attention is not Explanation", NAACL 2019.
"""

from astrid.explain.requests import Capture, Method, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("attentions",))


class Params(Spec):
    """The method has no settings."""


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` of a text's tokens, special tokens included."""
    answer = yield Capture("attentions")
    weights_LHTT = answer.attention_weights()
    return TokenScores(weights_LHTT[:, :, 0, :].mean(axis=(0, 1), dtype=float))
