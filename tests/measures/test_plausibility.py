"""Hand-computed values of the measures of plausibility."""

from itertools import permutations

import numpy as np
import pytest

from astrid.measures import auprc, iou_f1, load_measure, measure_names, reciprocal_rank, token_f1
from astrid.measures.auprc import chance

NAMES = measure_names("plausibility")


def _a(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=float)


def test_token_f1_at_the_length_of_the_rationale() -> None:
    assert token_f1.measure(_a(5, 4, 3, 2, 1), _a(1, 0, 1, 0, 0)) == 0.5
    # Two words share the last place, of which one is evidence.
    assert token_f1.measure(_a(5, 1, 1, 0), _a(1, 1, 0, 0)) == pytest.approx(0.75)
    assert token_f1.measure(_a(0, 0, 0, 0), _a(1, 0, 0, 0)) == pytest.approx(0.25)


def test_iou_f1_counts_spans() -> None:
    # Predicted: words 0–1 and 5; evidence: words 0–2. IoU 2/3 and 0: precision 1/2, recall 1.
    scores, flags = _a(9, 8, 0, 0, 0, 7, 0), _a(1, 1, 1, 0, 0, 0, 0)
    assert iou_f1.measure(scores, flags) == pytest.approx(2 * 0.5 * 1 / 1.5)
    # Half of a span of two words is an IoU of one half: a match.
    assert iou_f1.measure(_a(9, 0, 0, 8), _a(1, 1, 0, 0)) == pytest.approx(2 * 0.5 * 1 / 1.5)
    # A third is none.
    assert iou_f1.measure(_a(9, 0, 0, 8, 0, 7), _a(1, 1, 1, 0, 0, 0)) == 0


def test_reciprocal_rank() -> None:
    assert reciprocal_rank.measure(_a(5, 4, 3, 2), _a(0, 0, 1, 1)) == pytest.approx(1 / 3)
    assert reciprocal_rank.measure(_a(-1, -2, -3), _a(0, 1, 0)) == pytest.approx(1 / 2)


def test_reciprocal_rank_of_ties_is_the_mean_over_their_orders() -> None:
    scores, flags = _a(9, 1, 1, 1, 1), np.array([0, 1, 1, 0, 0])
    orders = [[flags[place] for place in order] for order in permutations(range(1, 5))]
    expected = np.mean([1 / (2 + order.index(1)) for order in orders])
    assert reciprocal_rank.measure(scores, flags) == pytest.approx(expected)


def test_chance_of_the_area_is_the_mean_over_all_orders() -> None:
    flags = np.array([True, True, False, False, False])
    areas = [auprc.measure(np.array(order, float), flags) for order in permutations(range(5))]
    assert chance(flags) == pytest.approx(np.mean(areas))


@pytest.mark.parametrize("name", NAMES)
def test_perfect_scores_get_the_best_value_and_random_ones_less(name) -> None:
    measure = load_measure(name)
    flags = np.zeros(12, dtype=bool)
    flags[4:7] = True
    random = np.random.default_rng(0)
    assert measure.measure(flags + 0.1 * random.random(12), flags) == measure.RANGE[1]
    values = [measure.measure(random.normal(size=12), flags) for _ in range(500)]
    expected = {
        "auprc": chance(flags),
        "token_f1": 3 / 12,
        # 1 / rank of the first of three in twelve places.
        "reciprocal_rank": sum((12 - r) * (11 - r) / 2 / 220 / r for r in range(1, 11)),
    }.get(name)
    if expected is None:
        assert np.mean(values) < 0.5
    else:
        assert abs(np.mean(values) - expected) < 3.5 * np.std(values) / 500**0.5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("flags", [[0, 0, 0], [1, 1, 1]])
def test_undefined_without_two_kinds_of_words(name, flags) -> None:
    assert np.isnan(load_measure(name).measure(_a(1, 2, 3), np.array(flags)))
