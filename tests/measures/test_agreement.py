"""Hand-computed values of the measures of agreement."""

from itertools import permutations

import numpy as np
import pytest

from astrid.measures import (
    kendall,
    load_measure,
    pearson,
    rank_biased_overlap,
    sign_agreement,
    top_10,
    top_share,
)


def _a(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=float)


def test_pearson_takes_out_factor_and_shift() -> None:
    assert pearson.measure(_a(1, 2, 3), _a(10, 8, 6)) == -1
    assert pearson.measure(_a(0, 0, 1), _a(0, 1, 0)) == pytest.approx(-1 / 2)
    assert np.isnan(pearson.measure(_a(2, 2, 2), _a(1, 2, 3)))


def test_kendall_counts_pairs() -> None:
    # Of six pairs, five in the same order.
    assert kendall.measure(_a(1, 2, 3, 4), _a(1, 2, 4, 3)) == pytest.approx(4 / 6)
    # Pairs untied in the first: 2; in the second: 3; both concordant.
    assert kendall.measure(_a(1, 1, 2), _a(1, 2, 3)) == pytest.approx(2 / 6**0.5)
    assert np.isnan(kendall.measure(_a(1, 1), _a(1, 2)))


def test_tops_of_ten_and_of_a_fifth() -> None:
    first = np.arange(20.0)
    assert top_10.measure(first, first[::-1].copy()) == 0
    assert top_10.measure(first, np.roll(first, 5)) == pytest.approx(0.5)
    assert np.isnan(top_10.measure(np.arange(10.0), np.arange(10.0)))
    assert top_share.measure(first, np.roll(first, 2)) == pytest.approx(0.5)
    assert top_share.measure(_a(1, 2), _a(2, 1)) == 0
    assert np.isnan(top_share.measure(_a(1), _a(1)))


def test_sign_agreement_leaves_out_what_both_leave_out() -> None:
    assert sign_agreement.measure(_a(1, -1, 0, 0), _a(2, 3, 0, -1)) == pytest.approx(1 / 3)
    assert np.isnan(sign_agreement.measure(_a(0, 0), _a(1, 1)))


def test_rank_biased_overlap_by_hand() -> None:
    # First words differ, first two are the same: A = 0, 1, 1; then 1 for ever.
    expected = 0.1 * (0 + 0.9 + 0.81) + 0.9**3
    assert rank_biased_overlap.measure(_a(3, 2, 1), _a(2, 3, 1)) == pytest.approx(expected)
    # The opposite order: A = 0, 0, 2/3, 1.
    expected = 0.1 * (0 + 0.9 * 0 + 0.81 * 2 / 3 + 0.729) + 0.9**4
    assert rank_biased_overlap.measure(_a(4, 3, 2, 1), _a(1, 2, 3, 4)) == pytest.approx(expected)
    # The sign doesn't rank.
    assert rank_biased_overlap.measure(_a(-3, 2, 1), _a(3, -2, 1)) == 1
    assert np.isnan(rank_biased_overlap.measure(_a(1, -1), _a(1, 2)))


def test_rank_biased_overlap_of_ties_is_that_of_their_orders() -> None:
    # Chances to be first: ½, ½, 0 against 1, 0, 0, so A = ½ / √½; the first two are the same.
    expected = 0.1 * (0.5**0.5 + 0.9 + 0.81) + 0.9**3
    assert rank_biased_overlap.measure(_a(2, 2, 1), _a(3, 2, 1)) == pytest.approx(expected)
    first, second = _a(2, -2, 1, 1, 0), _a(1, 2, 3, 1, 1)
    chances = _among_the_first(first), _among_the_first(second)
    agreement = [
        one @ other / np.sqrt(one @ one * (other @ other))
        for one, other in zip(*chances, strict=True)
    ]
    expected = 0.1 * 0.9 ** np.arange(5) @ agreement + 0.9**5
    assert rank_biased_overlap.measure(first, second) == pytest.approx(expected)


def _among_the_first(scores: np.ndarray) -> np.ndarray:
    """`[D, W]` how often each word is among the first d, over all orders that the scores allow."""
    orders = [
        list(order)
        for order in permutations(range(len(scores)))
        if (np.diff(np.abs(scores)[list(order)]) <= 0).all()
    ]
    places = np.array([np.argsort(order) for order in orders])
    return np.array([(places <= depth).mean(axis=0) for depth in range(len(scores))])


def test_ties_don_t_depend_on_the_order_of_the_words() -> None:
    first, second = _a(2, 2, 1, 1, 0), _a(1, 2, 3, 1, 1)
    order = np.array([4, 2, 0, 3, 1])
    for name in ("rank_biased_overlap", "kendall", "spearman"):
        measure = load_measure(name).measure
        assert measure(first[order], second[order]) == pytest.approx(measure(first, second))


DEPTHS = np.arange(1, 21)
CHANCE = {
    "cosine": 0.0,
    "pearson": 0.0,
    "spearman": 0.0,
    "kendall": 0.0,
    "sign_agreement": 0.5,
    "top_k": 5 / 20,
    "top_10": 10 / 20,
    "top_share": 0.2,
    "rank_biased_overlap": float(0.1 * 0.9 ** (DEPTHS - 1) @ (DEPTHS / 20) + 0.9**20),
}


@pytest.mark.parametrize("name", CHANCE)
def test_random_scores_of_20_words_get_the_value_of_chance(name) -> None:
    random = np.random.default_rng(5)
    measure = load_measure(name).measure
    values = [measure(*random.normal(size=(2, 20))) for _ in range(600)]
    assert abs(np.mean(values) - CHANCE[name]) < 3.5 * np.std(values) / 600**0.5
