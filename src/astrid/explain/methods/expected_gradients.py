r"""Expected gradients: integrated gradients averaged over many baselines, by sampling.

$$\phi_t = \mathbb{E}_{x' \sim B,\, \alpha \sim U(0,1)} \sum_d (x_{td} - x'_{td})
    \frac{\partial f(x' + \alpha (x - x'))}{\partial x_{td}}$$

Erion, Janizek, Sturmfels, Lundberg & Lee, "Improving performance of deep learning models with
axiomatic attribution priors and expected gradients", Nature Machine Intelligence 2021. Baselines
are pieces of the background texts in the text's places. The points α are stratified: one in each
n-th of the line, in random order. In expectation the scores sum to f(x) − E f(x′).
"""

import numpy as np
from pydantic import Field

from astrid.explain.requests import Background, Method, PathRows, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("gradients",))


class Params(Spec):
    """Settings.

    Attributes:
        samples: baselines drawn, each with one point of its line.
        background: texts that baselines are made of; none draws pieces from the vocabulary.
        seed: of baselines and points.
    """

    samples: int = Field(default=100, ge=1, le=100_000)
    background: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0)


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` of a text's tokens; special tokens get 0."""
    random = np.random.default_rng(params.seed)
    strata = random.permutation(params.samples)
    alphas = (strata + random.random(params.samples)) / params.samples
    background = Background(params.background, params.seed)
    answer = yield PathRows(alphas, np.ones(params.samples), background)
    return TokenScores(answer.row_products().mean(axis=0))
