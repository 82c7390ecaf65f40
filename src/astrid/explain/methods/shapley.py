r"""Shapley values: what each word adds to the output, averaged over all orders of the words.

$$\phi_i = \sum_{S \subseteq N \setminus i} \frac{|S|! \, (U - |S| - 1)!}{U!}
    \, (f(S \cup i) - f(S))$$

f(S) is the model's output when only the words in S are kept, U the number of words. Shapley,
"A Value for n-Person Games", 1953. Up to `exact_up_to` words all 2^U rows are run and the sum is
exact. Beyond, it is the mean over random orders, each taken forwards and backwards: Mitchell,
Cooper, Frank & Holmes, "Sampling Permutations for Shapley Value Estimation", JMLR 2022. In both
cases the values sum to f(x) − f(nothing kept).
"""

from math import comb

import numpy as np
from pydantic import Field

from astrid.explain.features import Unit, token_keep, unit_of_tokens
from astrid.explain.methods._masks import every_row, shared
from astrid.explain.requests import MaskedRows, Method, Replace, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("values",))


class Params(Spec):
    """Settings.

    Attributes:
        evaluations: most rows to run where orders are sampled. One order and its reverse are
            always run: twice as many rows as there are units.
        exact_up_to: texts of at most this many units are enumerated, whatever `evaluations` says.
        unit: what is left out as one: a `word` or a `token`.
        replace: what becomes of what is left out.
        seed: of the orders.
    """

    evaluations: int = Field(default=500, ge=2, le=1_000_000)
    exact_up_to: int = Field(default=12, ge=0, le=20)
    unit: Unit = "word"
    replace: Replace = "auto"
    seed: int = Field(default=0, ge=0)


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]` and their standard errors; the pieces of one unit share both equally."""
    units_T = unit_of_tokens(text, params.unit)
    count = int(units_T.max(initial=-1)) + 1
    if count == 0:
        return TokenScores(np.zeros(len(text)), 0.0, standard_errors=np.zeros(len(text)))
    # Orders of the units, or none where all rows are run.
    orders = None
    if count > params.exact_up_to:
        orders = sampled_orders(count, params.evaluations, params.seed)
    rows = every_row(count) if orders is None else rows_of(orders)
    answer = yield MaskedRows(token_keep(rows, units_T), params.replace)
    values = answer.row_values()
    values_U, errors_U = mean_gain(orders, values) if orders is not None else exact(rows, values)
    scores = shared(values_U, units_T)
    errors = None if errors_U is None else shared(errors_U, units_T)
    # The last row of an order, as that of all rows, keeps everything.
    gap = abs(scores.sum() - (values[-1] - values[0]))
    return TokenScores(scores, float(gap), standard_errors=errors)


def exact(rows: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shapley values `[U]` from all 2^U rows and their values, in any order; errors of zero.

    >>> rows = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=bool)
    >>> exact(rows, np.array([0.0, 1.0, 2.0, 5.0]))
    (array([2., 3.]), array([0., 0.]))
    """
    count = rows.shape[1]
    size_R = rows.sum(axis=1)
    groups = np.array([comb(count, size) for size in range(count + 1)], dtype=float)
    # A row of size k counts for its units as the row that they joined, against the others.
    joined = (values / (np.maximum(size_R, 1) * groups[size_R])) @ rows
    not_yet = (values / (np.maximum(count - size_R, 1) * groups[size_R])) @ ~rows
    return np.asarray(joined - not_yet), np.zeros(count)


def sampled_orders(count: int, evaluations: int, seed: int) -> np.ndarray:
    """Orders `[2P, count]` of the units: P random ones, each followed by its reverse.

    The two ends of all orders are the same two rows, so a pair takes 2 · (count − 1) more.
    """
    random = np.random.default_rng(seed)
    pairs = max(1, (evaluations - 2) // max(2 * (count - 1), 1))
    orders = [random.permutation(count) for _ in range(pairs)]
    return np.array([each for order in orders for each in (order, order[::-1])])


def rows_of(orders: np.ndarray) -> np.ndarray:
    """Rows `[orders · (U + 1), U]`: nothing kept, then one unit more at a time."""
    count = orders.shape[1]
    rank = np.argsort(orders, axis=1)
    return (rank[:, None, :] < np.arange(count + 1)[:, None]).reshape(-1, count)


def mean_gain(orders: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Means `[U]` of what each unit adds, and their standard errors; None from a single pair.

    Args:
        orders: `[2P, U]` pairs of an order and its reverse.
        values: of `rows_of(orders)`.
    """
    steps = values.reshape(len(orders), -1)
    gains = np.take_along_axis(np.diff(steps, axis=1), np.argsort(orders, axis=1), axis=1)
    pairs_PU = gains.reshape(-1, 2, orders.shape[1]).mean(axis=1)
    if len(pairs_PU) == 1:
        return pairs_PU[0], None
    return pairs_PU.mean(axis=0), pairs_PU.std(axis=0, ddof=1) / np.sqrt(len(pairs_PU))
