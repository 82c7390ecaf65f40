"""Every measure, whatever it measures; those of predictions go on in test_quality.py."""

import numpy as np
import pytest

from astrid.errors import InputError
from astrid.measures import load_measure, measure_names

KINDS = {"agreement", "plausibility", "quality", "sparsity", "faithfulness", "sensitivity"}
OF_WORDS = [*measure_names("agreement"), *measure_names("plausibility")]
WORDS = 12


def _inputs(kind: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    first, second = generator.normal(size=(2, WORDS))
    return first, (second > np.median(second)) if kind == "plausibility" else second


@pytest.fixture(params=OF_WORDS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("name", measure_names())
def test_every_file_states_what_it_is(name: str) -> None:
    measure = load_measure(name)
    assert measure.TITLE
    assert measure.KIND in KINDS
    assert measure.DIRECTION in {"higher", "lower", "neither"}
    assert isinstance(measure.NEEDS, frozenset)
    assert measure.RANGE[0] < measure.RANGE[1]
    assert "Source:" in (measure.__doc__ or "")
    assert "NaN where" in (measure.measure.__doc__ or "")


def test_values_lie_in_the_range_and_repeat(name: str) -> None:
    measure = load_measure(name)
    values = [measure.measure(*_inputs(measure.KIND, seed)) for seed in range(50)]
    low, high = measure.RANGE
    assert all(low <= value <= high for value in values)
    assert values == [measure.measure(*_inputs(measure.KIND, seed)) for seed in range(50)]


def test_inputs_are_left_as_they_were(name: str) -> None:
    measure = load_measure(name)
    first, second = _inputs(measure.KIND, 0)
    copies = first.copy(), second.copy()
    measure.measure(first, second)
    np.testing.assert_array_equal(first, copies[0])
    np.testing.assert_array_equal(second, copies[1])


def test_no_words_are_undefined_not_an_error(name: str) -> None:
    assert np.isnan(load_measure(name).measure(np.array([]), np.array([])))


@pytest.mark.parametrize(
    ("first", "second"),
    [([1.0, 2.0], [1.0]), ([[1.0]], [[1.0]]), ([1.0, np.nan], [1.0, 0.0])],
)
def test_arrays_that_do_not_fit_are_refused(
    name: str, first: list[float], second: list[float]
) -> None:
    with pytest.raises(InputError, match="measure"):
        load_measure(name).measure(np.array(first), np.array(second))


@pytest.mark.parametrize("agreement", measure_names("agreement"))
class TestAgreement:
    def test_equal_scores_agree_fully_at_any_scale(self, agreement: str) -> None:
        measure = load_measure(agreement)
        scores = _inputs("agreement", 1)[0]
        best = measure.RANGE[measure.DIRECTION == "higher"]
        assert measure.measure(scores, scores) == best
        assert measure.measure(scores, 1e-200 * scores) == pytest.approx(best)
        assert measure.measure(scores, 1e200 * scores) == pytest.approx(best)

    def test_symmetric(self, agreement: str) -> None:
        first, second = _inputs("agreement", 2)
        measure = load_measure(agreement).measure
        assert measure(first, second) == pytest.approx(measure(second, first))

    def test_all_zero_scores_are_undefined(self, agreement: str) -> None:
        assert np.isnan(load_measure(agreement).measure(np.zeros(8), np.arange(8.0)))


def test_unknown_measure_names_the_nearest() -> None:
    with pytest.raises(InputError, match='did you mean "cosine"'):
        load_measure("cosin")


def test_statistics_are_no_measure() -> None:
    assert "statistics" not in measure_names()
