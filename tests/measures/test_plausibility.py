"""Hand-computed values of the measures of plausibility."""

from itertools import combinations, permutations

import numpy as np
import pytest

from astrid.measures import auprc, iou_f1, reciprocal_rank, token_f1
from astrid.measures.auprc import chance


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
    # Predicted: words 2–4; evidence: 2–3 and 5. IoU 2/3 with the first: precision 1, recall 1/2.
    assert iou_f1.measure(_a(1, 2, 8, 9, 7, 1), _a(0, 0, 1, 1, 0, 1)) == pytest.approx(2 / 3)
    # Predicted: words 0–1 and 4; evidence: 0–1 and 6. One of two matches on both sides.
    assert iou_f1.measure(_a(9, 8, 0, 0, 7, 0, 0), _a(1, 1, 0, 0, 0, 0, 1)) == 0.5
    # The sign counts: a large negative score is at the end.
    assert iou_f1.measure(_a(-9, 1, 0), _a(1, 0, 0)) == 0


def test_iou_f1_leaves_out_ties_that_do_not_fit() -> None:
    assert iou_f1.measure(_a(0, 0, 0, 0), _a(1, 0, 0, 0)) == 0
    # Words 1 to 3 share places 2 to 4, two of which are in the top: word 0 alone is predicted.
    assert iou_f1.measure(_a(9, 1, 1, 1), _a(1, 1, 1, 0)) == 0
    assert iou_f1.measure(_a(9, 1, 1, 1), _a(1, 1, 0, 0)) == 1
    # Words 0 and 1 share places 1 and 2, both in the top.
    assert iou_f1.measure(_a(1, 1, 0, 0), _a(1, 1, 0, 0)) == 1


def _eraser_f1(predicted: list[range], wanted: list[range]) -> float:
    """F1 of one text from the definition: sets of words, precision and recall apart."""
    best = [
        max(len(set(one) & set(other)) / len(set(one) | set(other)) for other in wanted)
        for one in predicted
    ]
    matched = sum(iou >= 0.5 for iou in best)
    precision, recall = matched / len(predicted), matched / len(wanted)
    assert precision <= 1
    assert recall <= 1
    return 2 * precision * recall / (precision + recall) if matched else 0.0


def test_iou_f1_is_that_of_the_definition_on_random_texts() -> None:
    random = np.random.default_rng(6)
    found = []
    for _ in range(300):
        words = int(random.integers(3, 15))
        flags = np.zeros(words)
        flags[: random.integers(1, words)] = 1
        random.shuffle(flags)
        scores = flags + random.normal(0, 0.7, words)
        top = np.isin(np.arange(words), np.argsort(scores)[-int(flags.sum()) :])
        sets = [[range(*span) for span in iou_f1.spans(each)] for each in (top, flags == 1)]
        found.append(iou_f1.measure(scores, flags))
        assert found[-1] == pytest.approx(_eraser_f1(*sets))
    assert len(set(found)) > 5


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


def test_random_scores_get_the_value_of_chance() -> None:
    flags = np.zeros(12, dtype=bool)
    flags[4:7] = True
    # All 220 places that the three highest words can have.
    tops = [np.isin(np.arange(12), top).astype(float) for top in combinations(range(12), 3)]
    expected = {
        auprc: chance(flags),
        token_f1: 3 / 12,
        iou_f1: np.mean([iou_f1.measure(top, flags) for top in tops]),
        # 1 / rank of the first of three in twelve places.
        reciprocal_rank: sum((12 - r) * (11 - r) / 2 / 220 / r for r in range(1, 11)),
    }
    random = np.random.default_rng(0)
    draws = random.normal(size=(500, 12))
    for measure, mean in expected.items():
        values = [measure.measure(scores, flags) for scores in draws]
        assert abs(np.mean(values) - mean) < 3.5 * np.std(values) / 500**0.5


@pytest.mark.parametrize("measure", [auprc, token_f1, iou_f1, reciprocal_rank])
def test_only_the_order_of_the_scores_counts(measure) -> None:
    scores, flags = np.random.default_rng(2).normal(size=12), np.arange(12) % 3 == 0
    assert measure.measure(np.exp(scores), flags) == pytest.approx(measure.measure(scores, flags))
