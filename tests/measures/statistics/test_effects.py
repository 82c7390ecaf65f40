"""Effect sizes, Wilcoxon's test, Holm's correction and power, against hand and scipy."""

import numpy as np
import pytest
from scipy import stats

from astrid.errors import InputError
from astrid.measures.statistics.effect_size import cohens_d, cohens_d_paired
from astrid.measures.statistics.holm import holm
from astrid.measures.statistics.mcnemar import difference_from_counts, difference_of_shares
from astrid.measures.statistics.permutation import paired_difference
from astrid.measures.statistics.power import (
    power_of_paired_test,
    texts_for_difference,
    texts_for_power,
    texts_for_share,
    texts_for_width,
)
from astrid.measures.statistics.wilcoxon import wilcoxon


def test_cohens_d_by_hand() -> None:
    # Means 2 and 4; variances 1 and 4 with 3 and 3 values: pooled 2.5.
    found = cohens_d([1, 2, 3], [2, 4, 6])
    assert found.value == pytest.approx(-2 / 2.5**0.5)
    assert (found.form, found.n) == ("d", 3)
    assert found.low < found.value < found.high


def test_paired_and_unpaired_forms_are_named_and_differ() -> None:
    first, second = np.array([1.0, 2, 3, 4]), np.array([0.9, 1.7, 2.9, 3.7])
    paired = cohens_d_paired(first, second)
    differences = first - second
    assert paired.form == "d_z"
    assert paired.value == pytest.approx(differences.mean() / differences.std(ddof=1))
    assert paired.value > cohens_d(first, second).value


@pytest.mark.parametrize("pair", [([], []), ([1.0], [2.0]), ([1.0, 1.0], [1.0, 1.0])])
def test_effects_are_undefined_where_nothing_varies(pair) -> None:
    for effect in (cohens_d(*pair), cohens_d_paired(*pair)):
        assert effect.to_dict()["value"] is None


def test_differences_that_are_equal_but_for_rounding_have_no_effect_size() -> None:
    first = np.array([0.9, 0.8, 0.7, 0.33])
    assert np.ptp(first - (first - 0.1)) > 0
    assert np.isnan(cohens_d_paired(first, first - 0.1).value)
    assert np.isnan(cohens_d([0.1 + 0.2, 0.3], [0.7, 0.7]).value)
    # Small values that do vary have one.
    assert cohens_d_paired(1e-20 * first, np.zeros(4)).value == pytest.approx(
        cohens_d_paired(first, np.zeros(4)).value
    )


def test_effect_sizes_leave_out_undefined_values() -> None:
    assert cohens_d_paired([1, 2, np.nan, 4], [0, 0, 5, 1]).n == 3
    with pytest.raises(InputError, match="give pairs"):
        cohens_d_paired([1, 2], [1])


def test_the_interval_of_an_effect_covers_it() -> None:
    random = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        found = cohens_d_paired(random.normal(0.5, 1, 60), np.zeros(60), resamples=300)
        inside += found.low <= 0.5 <= found.high
    assert inside / 200 > 0.89


def test_wilcoxon_is_scipys() -> None:
    random = np.random.default_rng(1)
    first, second = random.normal(size=30), random.normal(0.4, 1, 30)
    expected = stats.wilcoxon(first - second)
    found = wilcoxon(first, second)
    assert (found.statistic, found.p_value) == (expected.statistic, expected.pvalue)


def test_wilcoxon_of_equal_and_tied_pairs_is_scipys() -> None:
    differences = np.random.default_rng(5).integers(-2, 4, 40).astype(float)
    expected = stats.wilcoxon(differences, zero_method="zsplit")
    found = wilcoxon(differences, np.zeros(40))
    assert (found.statistic, found.p_value) == (expected.statistic, expected.pvalue)
    assert found.zeros == (differences == 0).sum() > 0


def test_wilcoxon_by_hand() -> None:
    # Ranks 1 to 4, all positive: 2 of the 16 sign patterns are as extreme.
    assert wilcoxon([1, 2, 3, 4], [0, 0, 0, 0]).to_dict() == {
        "statistic": 0.0,
        "p_value": pytest.approx(2 / 16),
        "n": 4,
        "zeros": 0,
    }


def test_wilcoxon_of_equal_short_and_undefined_pairs() -> None:
    assert wilcoxon([1, 2, 3], [1, 2, 3]).p_value == 1
    assert wilcoxon([1, np.nan, 3], [0, 1, 3]).n == 2
    assert np.isnan(wilcoxon([1], [2]).p_value)
    with pytest.raises(InputError, match="give pairs"):
        wilcoxon([1, 2], [1])
    with pytest.raises(InputError, match="finite"):
        wilcoxon([np.inf, 2], [1, 2])


def test_holm_by_hand() -> None:
    found = holm([0.01, 0.04, np.nan, 0.03, 0.5])
    np.testing.assert_allclose(found, [0.04, 0.09, np.nan, 0.09, 0.5])
    assert holm([]).size == 0
    assert holm([0.5, 0.6]).tolist() == [1, 1]
    for wrong in ([-0.1], [1.1], [[0.5]]):
        with pytest.raises(InputError, match="from 0 to 1"):
            holm(wrong)


def test_holm_keeps_the_chance_of_any_false_rejection() -> None:
    random = np.random.default_rng(2)
    hits = sum((holm(random.random(8)) < 0.05).any() for _ in range(2000))
    assert abs(hits / 2000 - 0.05) < 0.015


def test_width_is_reached_with_the_texts_named_and_not_with_one_less() -> None:
    pilot = np.random.default_rng(3).normal(size=40)
    n = texts_for_width(pilot, 0.2)
    spread = pilot.std(ddof=1)
    widths = [2 * stats.t.ppf(0.975, m - 1) * spread / m**0.5 for m in (n, n - 1)]
    assert widths[0] <= 0.2 < widths[1]


def test_power_by_simulation() -> None:
    random = np.random.default_rng(4)
    draws = random.normal(0.4, 1, (4000, 30))
    noticed = (stats.ttest_1samp(draws, 0, axis=1).pvalue < 0.05).mean()
    assert power_of_paired_test(0.4, 30) == pytest.approx(noticed, abs=0.03)
    assert power_of_paired_test(0, 30) == pytest.approx(0.05)
    assert power_of_paired_test(5, 1000) == 1
    assert power_of_paired_test(-0.4, 30) == power_of_paired_test(0.4, 30)


def test_power_of_few_pairs_is_not_sure_even_of_a_large_effect() -> None:
    # With two pairs s is |z|, z standard normal, and the mean is nearly 30·√2 of its errors: t lies
    # beyond its critical value 636.6 only where |z| < 30·√2 / 636.6.
    critical = stats.t.ppf(1 - 0.001 / 2, 1)
    small = stats.norm.cdf(30 * 2**0.5 / critical) - stats.norm.cdf(-(30 * 2**0.5) / critical)
    assert power_of_paired_test(30, 2, 0.001) == pytest.approx(small, rel=0.01)


def test_texts_for_power_are_the_fewest() -> None:
    n = texts_for_power(0.3, 0.9)
    assert power_of_paired_test(0.3, n) >= 0.9 > power_of_paired_test(0.3, n - 1)
    with pytest.raises(InputError, match="more than 10,000,000 texts"):
        texts_for_power(1e-5)
    with pytest.raises(InputError, match="effect other than 0"):
        texts_for_power(0)
    with pytest.raises(InputError, match="above 0"):
        texts_for_width([1, 2], 0)
    with pytest.raises(InputError, match="all equal"):
        texts_for_width([0.7, 0.7, 0.7], 0.1)
    with pytest.raises(InputError, match="two finite values"):
        texts_for_width([0.7, np.nan], 0.1)
    with pytest.raises(InputError, match="finite effect"):
        power_of_paired_test(np.nan, 10)


def test_rounding_alone_is_no_difference() -> None:
    second = np.linspace(0.1, 0.9, 30)
    first = second * (1 + 4e-16)
    assert (first != second).any()
    assert wilcoxon(first, second).p_value == 1
    assert paired_difference(first, second).p_value == 1


@pytest.mark.parametrize(("share", "threshold"), [(0.87, 0.85), (0.6, 0.65), (1.0, 0.99)])
def test_texts_for_share_are_those_where_wilsons_end_meets_the_threshold(share, threshold) -> None:
    n = texts_for_share(share, threshold)
    z, side = 1.959963984540054, np.sign(threshold - share)

    def end(texts: int) -> float:
        centre = (share + z**2 / (2 * texts)) / (1 + z**2 / texts)
        root = np.sqrt(share * (1 - share) / texts + z**2 / (4 * texts**2))
        return float(centre + side * z * root / (1 + z**2 / texts))

    assert (threshold - end(n)) * side >= -1e-12
    assert (threshold - end(n - 1)) * side < 0
    for wrong in (threshold, 1.2):
        with pytest.raises(InputError, match="power"):
            texts_for_share(wrong, threshold)


def test_texts_for_difference_are_the_fewest() -> None:
    n = texts_for_difference(0.02, 0.01, 0.03)
    assert difference_from_counts(0.02 * n, 0.01 * n, n)[1] <= 0.03
    assert difference_from_counts(0.02 * (n - 1), 0.01 * (n - 1), n - 1)[1] > 0.03
    with pytest.raises(InputError, match="limit above"):
        texts_for_difference(0.02, 0.01, 0.01)


def test_counts_give_the_interval_of_the_flags() -> None:
    first, second = np.arange(40) < 30, np.arange(40) % 3 > 0
    counts = int((first & ~second).sum()), int((second & ~first).sum()), 40
    assert difference_from_counts(*counts) == difference_of_shares(first, second)
