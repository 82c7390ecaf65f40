r"""Kernel SHAP: Shapley values as a weighted linear regression on rows of kept words.

$$\hat\phi = \arg\min_\phi \sum_z p(|z|) \, (f(z) - f(\emptyset) - \phi^\top z)^2
    \quad \text{subject to} \quad \sum_i \phi_i = f(x) - f(\emptyset)$$

with p(k) ∝ (U − 1) / (k (U − k)) shared by the rows that keep k of the U words. Lundberg & Lee, "A
Unified Approach to Interpreting Model Predictions", NeurIPS 2017; the constraint is imposed
exactly, and rows come in pairs z and ¬z: Covert & Lee, "Improving KernelSHAP", AISTATS 2021. No
row is run twice, and sizes whose rows all fit the budget are run completely.

With `estimator="surrogate"` the same rows fit a Gaussian process, see `astrid.explain.surrogate`,
and the values are its Shapley values, exactly. It passes through all that the model said, so its
error too falls to nothing as the rows become all rows.
"""

from math import comb
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from astrid.explain import surrogate
from astrid.explain.features import Unit, token_keep, unit_of_tokens
from astrid.explain.methods._masks import rows_a_size, rows_of_size, shared
from astrid.explain.requests import MaskedRows, Method, Replace, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("values",))


class Params(Spec):
    """Settings.

    Attributes:
        evaluations: most rows to run; all 2^U where that is fewer.
        estimator: `regression`, or `surrogate`: about half the rows, or fewer, for the same error.
        unit: what is left out as one: a `word` or a `token`.
        replace: what becomes of what is left out.
        seed: of the rows.
    """

    evaluations: int = Field(default=500, ge=4, le=1_000_000)
    estimator: Literal["regression", "surrogate"] = "regression"
    unit: Unit = "word"
    replace: Replace = "auto"
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _small_enough(self) -> Self:
        if self.estimator == "surrogate" and self.evaluations > surrogate.LARGEST:
            raise ValueError(f"a surrogate takes at most {surrogate.LARGEST} evaluations")
        return self


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]`; the pieces of one unit share its value equally."""
    units_T = unit_of_tokens(text, params.unit)
    count = int(units_T.max(initial=-1)) + 1
    if count == 0:
        return TokenScores(np.zeros(len(text)), 0.0)
    rows, mass_R = sample(count, params.evaluations, params.seed)
    answer = yield MaskedRows(token_keep(rows, units_T), params.replace)
    values = answer.row_values()
    if params.estimator == "regression" or len(rows) == 2**count:
        values_U = regression(rows, values, mass_R)
    else:
        values_U = by_surrogate(rows, values)
    scores = shared(values_U, units_T)
    return TokenScores(scores, float(abs(scores.sum() - (values[1] - values[0]))))


def sample(count: int, evaluations: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows `[R, count]` and what each weighs `[R]`.

    The first two keep nothing and everything and weigh nothing; after them each row is followed
    by its complement.
    """
    random = np.random.default_rng(seed)
    small = range(1, count // 2 + 1)
    # Pairs of sizes k and count − k, counted by the rows of the smaller size; the two halves
    # of a row are one pair.
    pairs = [comb(count, k) // (2 if 2 * k == count else 1) for k in small]
    law = np.array([(count - 1) / (k * (count - k)) * (1 if 2 * k == count else 2) for k in small])
    budget = min((evaluations - 2) // 2, sum(pairs))
    parts, masses = [np.array([[False], [True]]).repeat(count, axis=1)], [np.zeros(2)]
    for k, number, mass in zip(small, rows_a_size(law, pairs, budget, random), law, strict=True):
        if number:
            half = _halves(count, number, random) if 2 * k == count else None
            first = rows_of_size(count, k, number, random) if half is None else half
            parts.append(np.stack([first, ~first], axis=1).reshape(-1, count))
            masses.append(np.full(2 * number, mass / (2 * number)))
    return np.concatenate(parts), np.concatenate(masses)


def _halves(count: int, number: int, random: np.random.Generator) -> np.ndarray:
    """Distinct rows that keep half of the units, never one and its complement: all keep unit 0."""
    others = rows_of_size(count - 1, count // 2 - 1, number, random)
    return np.concatenate([np.ones((number, 1), dtype=bool), others], axis=1)


def regression(rows: np.ndarray, values: np.ndarray, mass_R: np.ndarray) -> np.ndarray:
    """Values `[U]` of the weighted regression under the constraint on their sum.

    What the rows don't tell apart is shared equally.
    """
    count = rows.shape[1]
    equal = (values[1] - values[0]) / count
    # φ = equal + u with Σ u = 0: taking the mean over units out of every row imposes the sum.
    root = np.sqrt(mass_R)
    centred = rows - rows.mean(axis=1, keepdims=True)
    wanted = values - values[0] - rows.sum(axis=1) * equal
    found, *_ = np.linalg.lstsq(centred * root[:, None], wanted * root, rcond=None)
    return np.asarray(equal + found - found.mean())


def by_surrogate(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values `[U]` of the process through the rows, which come in pairs as `sample` gives them."""
    count = rows.shape[1]
    found = surrogate.fit_odd(rows[1::2], (values[1::2] - values[::2]) / 2)
    size = np.arange(count + 1)
    _, joined_U = found.sums(np.where(size > 0, 1 / np.maximum(size, 1), 0.0))
    total, not_left_U = found.sums(np.where(size < count, 1 / np.maximum(count - size, 1), 0.0))
    values_U = found.slopes + joined_U - (total - not_left_U)
    # The process keeps to the ends up to its noise; the values keep to them exactly.
    return np.asarray(values_U + (values[1] - values[0] - values_U.sum()) / count)
