r"""LIME: a weighted linear model of the output, fitted on texts with words left out.

$$\hat\beta = \arg\min_\beta \sum_z \pi(z) \, (f(z) - \beta_0 - \beta^\top z)^2 + \|\beta\|_2^2$$

Ribeiro, Singh & Guestrin, "Why Should I Trust You?", KDD 2016. Everything the paper leaves open
is as in the authors' `lime` package: for each sample a number of words to leave out is drawn
uniformly from 1 to W, then that many words; the kernel is exp(−d²/2·25²) with d = 100 × the
cosine distance of z from the whole text (their code takes the root of exp(−d²/25²)); the ridge
penalty is 1 and spares the intercept. With the same seed the masks are the package's own.
"""

import numpy as np
from pydantic import Field
from sklearn.linear_model import Ridge

from astrid.explain.features import Unit, token_keep, unit_of_tokens
from astrid.explain.requests import MaskedRows, Method, Replace, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("values",))


class Params(Spec):
    """Settings.

    Attributes:
        samples: texts that the linear model is fitted on, the whole text included.
        seed: of the samples.
        unit: what is left out as one: a `word` or a `token`.
        replace: what becomes of what is left out.
        kernel_width: the larger, the more a far sample weighs.
    """

    samples: int = Field(default=1000, ge=2, le=1_000_000)
    seed: int = Field(default=0, ge=0, lt=2**32)
    unit: Unit = "word"
    replace: Replace = "auto"
    kernel_width: float = Field(default=25.0, gt=0)


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]`; the pieces of one word share its coefficient equally."""
    units_T = unit_of_tokens(text, params.unit)
    count = int(units_T.max(initial=-1)) + 1
    if count == 0:
        return TokenScores(np.zeros(len(text)))
    kept_RU = sample(count, params.samples, params.seed)
    answer = yield MaskedRows(token_keep(kept_RU, units_T), params.replace)
    coefficients_U = fit(kept_RU, answer.row_values(), params.kernel_width)
    pieces_U = np.bincount(units_T[units_T >= 0], minlength=count)
    shares_T = np.where(units_T >= 0, (coefficients_U / pieces_U)[units_T], 0.0)
    return TokenScores(shares_T)


def sample(count: int, samples: int, seed: int) -> np.ndarray:
    """Rows `[samples, count]`, True where a unit is kept, drawn as `lime` draws them.

    The first row keeps everything.
    """
    random = np.random.RandomState(seed)
    kept = np.ones((samples, count), dtype=bool)
    for row, size in enumerate(random.randint(1, count + 1, samples - 1), start=1):
        kept[row, random.choice(count, size, replace=False)] = False
    return kept


def fit(kept_RU: np.ndarray, values_R: np.ndarray, kernel_width: float) -> np.ndarray:
    """Coefficients `[U]` of the weighted ridge regression."""
    # Cosine similarity of a 0/1 row with the row of ones is √(share of ones).
    distances = 100 * (1 - np.sqrt(kept_RU.mean(axis=1)))
    weights = np.sqrt(np.exp(-(distances**2) / kernel_width**2))
    model = Ridge(alpha=1.0, fit_intercept=True)
    model.fit(kept_RU.astype(float), values_R, sample_weight=weights)
    return np.asarray(model.coef_)
