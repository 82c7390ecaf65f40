"""Hand-computed values of each measure."""

import numpy as np
import pytest

from astrid.measures import auprc, cosine, spearman, top_k


def _a(*numbers: float) -> np.ndarray:
    return np.array(numbers)


def test_cosine() -> None:
    assert cosine.measure(_a(1, 0), _a(0, 1)) == 0
    assert cosine.measure(_a(1, 2), _a(-1, -2)) == -1
    assert cosine.measure(_a(1, 1), _a(1, 0)) == pytest.approx(2**-0.5)
    assert np.isnan(cosine.measure(_a(0, 0), _a(1, 2)))


def test_spearman() -> None:
    assert spearman.measure(_a(1, 2, 3), _a(30, 20, 10)) == -1
    assert spearman.measure(_a(1, 2, 3, 4), _a(1, 2, 4, 3)) == pytest.approx(1 - 6 * 2 / 60)
    # Ranks 1.5 1.5 3 against 1 2 3: covariance 1.5, variances 1.5 and 2.
    assert spearman.measure(_a(1, 1, 2), _a(1, 2, 3)) == pytest.approx(1.5 / 3**0.5)
    assert np.isnan(spearman.measure(_a(1, 1, 1), _a(1, 2, 3)))
    assert np.isnan(spearman.measure(_a(1), _a(1)))


def test_top_k_counts_common_words_whatever_their_sign() -> None:
    first = _a(9, -8, 7, 6, 5, 0.1, 0.2)
    assert top_k.measure(first, -first) == 1
    assert top_k.measure(first, _a(0.1, 0.2, 7, 6, 5, 9, 8)) == pytest.approx(3 / 5)


def test_top_k_of_sparse_scores_counts_no_zeros() -> None:
    first, second = _a(1, 0, 0, 0, 0, 0, 0), _a(0, 0, 0, 0, 0, 0, 1)
    assert top_k.measure(first, second) == 0
    assert top_k.measure(first, first) == 1


def test_top_k_is_undefined_where_all_words_are_in_the_top() -> None:
    assert np.isnan(top_k.measure(_a(1, 2, 3, 4, 5), _a(5, 4, 3, 2, 1)))


def test_auprc() -> None:
    # In falling order: evidence, other, evidence: (1/2)·1 + (1/2)·(2/3).
    assert auprc.measure(_a(3, 2, 1), _a(1, 0, 1)) == pytest.approx(1 / 2 + 1 / 3)
    # The sign counts: evidence of negative score comes last.
    assert auprc.measure(_a(-9, 1, 2), _a(1, 0, 0)) == pytest.approx(1 / 3)
    # All scores equal: the share of evidence.
    assert auprc.measure(_a(0, 0, 0, 0), _a(1, 0, 0, 0)) == pytest.approx(1 / 4)


@pytest.mark.parametrize("flags", [[0, 0, 0], [1, 1, 1]])
def test_auprc_is_undefined_without_two_kinds_of_words(flags: list[int]) -> None:
    assert np.isnan(auprc.measure(_a(1, 2, 3), np.array(flags)))
