r"""Attention: how much the token that is read looks at each token, mean of layers and heads.

$$\phi_t = \frac{1}{L H} \sum_{l,h} A^{(l,h)}_{rt}$$

The token r that a classifier reads is the first of an encoder ([CLS]) and the last of a decoder,
where the first token draws attention whatever it is. The weights are the model's own, not scaled;
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
    answer = yield Capture()
    weights_LHTT = answer.attention_weights()
    return TokenScores(weights_LHTT[:, :, text.reader, :].mean(axis=(0, 1), dtype=float))
