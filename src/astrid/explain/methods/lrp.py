r"""Layer-wise relevance propagation with AttnLRP's rules for transformers.

The output's value is handed down layer by layer until it rests on the word embeddings. With the
rules written as gradients (∂̃: a normalisation's standard deviation is a constant, an activation a
constant factor f(x)/x, a product of two variables gives half to each) it is one backward pass:

$$\phi_t = \sum_d x_{td} \, \frac{\tilde\partial f(x)}{\tilde\partial x_{td}}$$

Achtibat et al., "AttnLRP: Attention-Aware Layer-Wise Relevance Propagation for Transformers",
ICML 2024. Biases, position embeddings and softmaxes take relevance too, so that the scores need not
sum to f(x): the completeness gap says by how much they don't.

Layer-wise relevance propagation may be covered by patents: check before commercial use.
"""

import numpy as np

from astrid.explain.requests import Method, PathRows, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("relevance",))


class Params(Spec):
    """The method has no settings."""


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` of a text's tokens, special tokens included."""
    answer = yield PathRows(np.ones(1), np.ones(1), "zeros", rules="relevance")
    scores = answer.row_products()[0]
    gap = abs(float(scores.sum()) - float(answer.row_values()[0]))
    return TokenScores(scores, completeness_gap=gap)
