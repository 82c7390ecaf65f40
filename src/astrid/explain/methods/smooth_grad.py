r"""SmoothGrad: the gradient averaged over noisy copies of the text's embeddings.

$$g_t = \frac{1}{n} \sum_{i=1}^{n} \frac{\partial f(x + \epsilon_i)}{\partial x_t},
\qquad \epsilon_i \sim N(0, \sigma^2), \qquad
\phi_t = \sum_d x_{td}\, g_{td} \;\text{ or }\; \| g_t \|_2$$

Smilkov, Thorat, Kim, Viégas & Wattenberg, "SmoothGrad: removing noise by adding noise", 2017
(arXiv:1706.03825). σ is given, as there, as a share of the range of the input's numbers.
"""

from typing import Literal

import numpy as np
from pydantic import Field

from astrid.explain.requests import Method, Noise, PathRows, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("gradients",))


class Params(Spec):
    """Settings.

    Attributes:
        samples: noisy copies, each a forward and a backward pass.
        noise: standard deviation as a share of the range of the text's embeddings, 0 to 1.
        seed: of the noise.
        by: `input` multiplies the mean gradient with the embeddings, with signs; `norm` takes its
            Euclidean length, without.
    """

    samples: int = Field(default=25, ge=1, le=100_000)
    noise: float = Field(default=0.1, ge=0, le=1)
    seed: int = Field(default=0, ge=0)
    by: Literal["input", "norm"] = "input"


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` of a text's tokens, special tokens included."""
    weights = np.full(params.samples, 1 / params.samples)
    noise = Noise(params.noise, params.seed)
    answer = yield PathRows(np.ones(params.samples), weights, "zeros", noise)
    if params.by == "norm":
        return TokenScores(np.linalg.norm(answer.summed_gradient(), axis=1))
    return TokenScores(weights @ answer.row_products())
