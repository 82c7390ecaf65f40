r"""LIME: a weighted linear model of the output, fitted on texts with words left out.

$$\hat\beta = \arg\min_\beta \sum_z \pi(z) \, (f(z) - \beta_0 - \beta^\top z)^2 + \|\beta\|_2^2$$

Ribeiro, Singh & Guestrin, "Why Should I Trust You?", KDD 2016. Everything the paper leaves open
is as in the authors' `lime` package: for each sample a number of words to leave out is drawn
uniformly from 1 to W, then that many words; the kernel is exp(−d²/2·25²) with d = 100 × the
cosine distance of z from the whole text (their code takes the root of exp(−d²/25²)); the ridge
penalty is 1 and spares the intercept. With the same seed the masks are the package's own.

With `sampling="surrogate"` the coefficients are those that this converges to with ever more
samples (there the penalty no longer counts), from far fewer rows: a Gaussian process is fitted on
distinct rows, see `astrid.explain.surrogate`, and its LIME coefficients over all 2^W rows are
taken exactly. Where all rows fit the budget, they are run and there is no process.
"""

from math import comb
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator
from sklearn.linear_model import Ridge

from astrid.explain import surrogate
from astrid.explain.features import Unit, token_keep, unit_of_tokens
from astrid.explain.methods._masks import every_row, rows_a_size, rows_of_size, shared
from astrid.explain.requests import MaskedRows, Method, Replace, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("values",))


class Params(Spec):
    """Settings.

    Attributes:
        samples: texts that the linear model is fitted on, the whole text included.
        sampling: `plain`, as `lime` does; or `surrogate`: 100 to 260 samples then do for 1,000.
        seed: of the samples.
        unit: what is left out as one: a `word` or a `token`.
        replace: what becomes of what is left out.
        kernel_width: the larger, the more a far sample weighs; 1e-6 to 1e6.
    """

    samples: int = Field(default=1000, ge=2, le=1_000_000)
    sampling: Literal["plain", "surrogate"] = "plain"
    seed: int = Field(default=0, ge=0, lt=2**32)
    unit: Unit = "word"
    replace: Replace = "auto"
    kernel_width: float = Field(default=25.0, ge=1e-6, le=1e6)

    @model_validator(mode="after")
    def _small_enough(self) -> Self:
        if self.sampling == "surrogate" and self.samples > surrogate.LARGEST:
            raise ValueError(f"a surrogate takes at most {surrogate.LARGEST} samples")
        return self


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]`; the pieces of one word share its coefficient equally."""
    units_T = unit_of_tokens(text, params.unit)
    count = int(units_T.max(initial=-1)) + 1
    if count == 0:
        return TokenScores(np.zeros(len(text)))
    if params.sampling == "plain":
        kept_RU = sample(count, params.samples, params.seed)
        answer = yield MaskedRows(token_keep(kept_RU, units_T), params.replace)
        coefficients_U = fit(kept_RU, answer.row_values(), params.kernel_width)
    else:
        mass = size_mass(count, params.kernel_width)
        kept_RU = distinct_sample(mass, params.samples, params.seed)
        answer = yield MaskedRows(token_keep(kept_RU, units_T), params.replace)
        coefficients_U = converged(kept_RU, answer.row_values(), mass)
    return TokenScores(shared(coefficients_U, units_T))


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
    model = Ridge(alpha=1.0, fit_intercept=True)
    weights = kernel(kept_RU.mean(axis=1), kernel_width)
    model.fit(kept_RU.astype(float), values_R, sample_weight=weights)
    return np.asarray(model.coef_)


def kernel(share: np.ndarray, width: float) -> np.ndarray:
    """Weights of rows that keep this share of the units."""
    # Cosine similarity of a 0/1 row with the row of ones is √(share of ones).
    distances = 100 * (1 - np.sqrt(share))
    return np.asarray(np.sqrt(np.exp(-(distances**2) / width**2)))


def size_mass(count: int, kernel_width: float) -> np.ndarray:
    """What the rows of each size weigh together `[count + 1]`, as `sample` draws them."""
    mass = kernel(np.arange(count + 1) / count, kernel_width) / count
    # The whole text is drawn once in all the samples.
    mass[count] = 0.0
    # A narrow kernel weighs all but the largest rows down to nothing; the shares are what counts.
    return np.asarray(mass / mass.max() if mass.any() else np.eye(count + 1)[count - 1])


def distinct_sample(mass: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Distinct rows `[R, U]`, more of the sizes with more mass; all 2^U where they fit.

    The first row keeps everything.
    """
    count = len(mass) - 1
    if 2**count <= samples:
        return every_row(count)[::-1]
    random = np.random.default_rng(seed)
    most = [comb(count, size) for size in range(count + 1)]
    # Large rows weigh most but differ least in their values: measured best between the two.
    numbers = rows_a_size(mass**0.7, most, samples - 1, random)
    parts = [
        rows_of_size(count, size, number, random) for size, number in enumerate(numbers) if number
    ]
    return np.concatenate([np.ones((1, count), dtype=bool), *parts])


def converged(kept_RU: np.ndarray, values_R: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Coefficients `[U]` of the weighted least squares over all 2^U rows.

    Args:
        kept_RU: distinct rows; all of them, or those that a surrogate is fitted on.
        values_R: their values.
        mass: `[U + 1]` what the rows of each size weigh together.
    """
    count = len(mass) - 1
    if len(kept_RU) == 2**count:
        sizes = kept_RU.sum(axis=1)
        groups = np.array([comb(count, size) for size in range(count + 1)], dtype=float)
        weighted = values_R * (mass / groups)[sizes]
        return _solved(float(weighted.sum()), weighted @ kept_RU, mass)
    found = surrogate.fit(kept_RU, values_R)
    return found.slopes + _solved(*found.sums(mass), mass)


def _solved(total: float, inside_U: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """The normal equations, solved for the coefficients.

    Args:
        total: Σ_z π(z) f(z).
        inside_U: `[U]` Σ_z π(z) z_i f(z).
        mass: `[U + 1]` Σ_z π(z) over the rows of each size.
    """
    count = len(mass) - 1
    size = np.arange(count + 1)
    all_ = mass.sum()
    # Σ π z_i, and Σ π z_i z_j for two units: the same for all units, as only sizes count.
    one = (mass * size).sum() / count
    two = (mass * size * (size - 1)).sum() / max(count * (count - 1), 1)
    covaried_U = inside_U - one / all_ * total
    together = two - one * one / all_
    # The matrix has `one − two` more on its diagonal than beside it.
    spread = one - two
    whole = spread + count * together
    mean = covaried_U.mean()
    inverse_whole = 0.0 if whole <= 1e-12 * all_ else 1 / whole
    inverse_spread = 0.0 if spread <= 1e-12 * all_ else 1 / spread
    return np.asarray((covaried_U - mean) * inverse_spread + mean * inverse_whole)
