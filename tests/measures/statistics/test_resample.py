import math
import warnings

import numpy as np
import pytest
from scipy import stats

from astrid.measures.statistics import resample
from astrid.measures.statistics.mcnemar import difference_of_shares, mcnemar


def _mean(values: np.ndarray) -> dict[str, resample.Statistic]:
    return {"mean": lambda weights: weights @ values / weights.sum(axis=1)}


VALUES = np.random.default_rng(0).exponential(size=30)


def test_bca_is_scipy_s() -> None:
    theirs = stats.bootstrap(
        (VALUES,), np.mean, n_resamples=1000, method="BCa", rng=np.random.default_rng(7)
    ).confidence_interval
    many = resample.resampled(_mean(VALUES), 30, 1000, 7)["mean"]
    without = resample.left_out(_mean(VALUES), 30)["mean"]
    ours = resample.bca_interval(VALUES.mean(), many, without, 0.95)
    assert ours == pytest.approx((theirs.low, theirs.high), rel=1e-12)


def test_groups_left_out_give_about_the_acceleration_of_single_texts() -> None:
    values = np.random.default_rng(1).exponential(size=3000)
    many = resample.resampled(_mean(values), 3000, 1000, 0)["mean"]
    ends = [
        resample.bca_interval(
            values.mean(), many, resample.left_out(_mean(values), 3000, groups)["mean"], 0.95
        )
        for groups in (150, 3000)
    ]
    width = ends[1][1] - ends[1][0]
    assert ends[0] == pytest.approx(ends[1], abs=0.02 * width)


def test_all_statistics_see_the_same_resamples_and_all_texts() -> None:
    seen: list[np.ndarray] = []
    same = {
        "first": lambda weights: weights[:, 0],
        "last": lambda weights: 5 - weights[:, 1:].sum(1),
    }
    statistics = {**same, "look": lambda weights: seen.append(weights) or weights.sum(axis=1)}
    found = resample.resampled(statistics, 5, 300, 0)
    np.testing.assert_array_equal(found["first"], found["last"])
    assert (found["look"] == 5).all()
    assert np.concatenate(seen).mean(axis=0) == pytest.approx(np.ones(5), abs=0.2)


def test_batches_don_t_change_the_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = resample.resampled(_mean(VALUES), 30, 100, 3)["mean"]
    monkeypatch.setattr(resample, "_BATCH_NUMBERS", 7 * 30)
    np.testing.assert_allclose(resample.resampled(_mean(VALUES), 30, 100, 3)["mean"], whole)


def test_where_bca_has_no_answer_the_percentiles_stand_in() -> None:
    values, without = np.linspace(1, 2, 101), np.array([1.0, 2.0])
    assert resample.bca_interval(0.5, values, without, 0.9) == pytest.approx((1.05, 1.95))
    assert resample.bca_interval(1.0, np.ones(9), np.ones(3), 0.9) == (1.0, 1.0)


def test_undefined_resamples_are_left_out() -> None:
    values = np.array([math.nan, 1.0, math.nan, 3.0])
    assert resample.percentile_interval(values, 0.5) == (1.5, 2.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(resample.percentile_interval(values[[0, 2]], 0.5)).all()
        assert np.isnan(resample.bca_interval(1.0, values[[0, 2]], values[[0, 2]], 0.5)).all()


def test_mcnemar_by_hand() -> None:
    # Nine texts on which one is right: 8 and 1. P(at most 1 of 9) = 10 / 512, on either side.
    first = np.array([True] * 8 + [False] + [True] * 5 + [False] * 3)
    second = np.array([False] * 8 + [True] + [True] * 5 + [False] * 3)
    found = mcnemar(first, second)
    assert (found.first_only, found.second_only) == (8, 1)
    assert found.p_value == pytest.approx(20 / 512)
    assert mcnemar(first, first).p_value == 1


def test_difference_of_shares_by_hand() -> None:
    first, second = (
        np.array([True] * 3 + [False] * 5),
        np.array([False] * 2 + [True] * 2 + [False] * 4),
    )
    # Two texts and one that only one model has right, of eight: p = 0.3, q = 0.2.
    reach = 1.959964 * math.sqrt((0.3 + 0.2 - 0.1**2) / 10)
    found = difference_of_shares(first, second)
    assert found == pytest.approx((0.1 - reach, 0.1 + reach), abs=1e-6)
    assert difference_of_shares(~second, ~first) == found
    assert np.isnan(difference_of_shares(first[:0], second[:0])).all()
