"""Every measure, whatever it measures, on inputs of its kind.

Those of predictions go on in test_quality.py; those of faithfulness and sensitivity, which need a
model, in tests/measures/test_faithfulness.py.
"""

from typing import get_args

import numpy as np
import pytest

from astrid.errors import InputError
from astrid.measures import Kind, load_measure, measure_names

OF_WORDS = [
    name for kind in ("agreement", "plausibility", "sparsity") for name in measure_names(kind)
]
WORDS = 12


def _inputs(kind: str, seed: int) -> tuple[np.ndarray, ...]:
    generator = np.random.default_rng(seed)
    first, second = generator.normal(size=(2, WORDS))
    return {
        "agreement": (first, second),
        "plausibility": (first, second > np.median(second)),
        "sparsity": (first,),
    }[kind]


def _chance(name: str, draws: int = 300) -> tuple[float, float]:
    """Mean of a measure over random scores, and its standard error."""
    measure = load_measure(name)
    values = [measure.measure(*_inputs(measure.KIND, seed)) for seed in range(draws)]
    return float(np.mean(values)), float(np.std(values) / draws**0.5)


@pytest.fixture(params=OF_WORDS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("name", measure_names())
def test_every_file_states_what_it_is(name: str) -> None:
    measure = load_measure(name)
    assert measure.TITLE
    assert measure.KIND in get_args(Kind)
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
    inputs = _inputs(measure.KIND, 0)
    copies = [array.copy() for array in inputs]
    measure.measure(*inputs)
    for array, copy in zip(inputs, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_no_words_are_undefined_not_an_error(name: str) -> None:
    measure = load_measure(name)
    assert np.isnan(measure.measure(*(array[:0] for array in _inputs(measure.KIND, 0))))


@pytest.mark.parametrize("wrong", [[[1.0]], [1.0, np.nan], [1.0, np.inf]])
def test_scores_that_are_no_numbers_a_word_are_refused(name: str, wrong: list[float]) -> None:
    measure = load_measure(name)
    others = [array[:2] for array in _inputs(measure.KIND, 0)[1:]]
    with pytest.raises(InputError, match="measure"):
        measure.measure(np.array(wrong), *others)


@pytest.mark.parametrize(
    "name", [name for name in OF_WORDS if load_measure(name).KIND != "sparsity"]
)
def test_arrays_of_different_lengths_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="measure"):
        load_measure(name).measure(np.array([1.0, 2.0]), np.array([1.0]))


@pytest.mark.parametrize("agreement", measure_names("agreement"))
class TestAgreement:
    def test_equal_scores_agree_fully_at_any_scale(self, agreement: str) -> None:
        measure = load_measure(agreement)
        scores = _inputs("agreement", 1)[0]
        best = measure.RANGE[measure.DIRECTION == "higher"]
        assert measure.measure(scores, scores) == best
        assert measure.measure(scores, 1e-200 * scores) == pytest.approx(best)
        assert measure.measure(scores, 1e200 * scores) == pytest.approx(best)

    def test_equal_scores_agree_fully_whatever_ties_and_zeros_they_have(
        self, agreement: str
    ) -> None:
        measure = load_measure(agreement)
        best = measure.RANGE[measure.DIRECTION == "higher"]
        for seed in range(20):
            scores = np.random.default_rng(seed).integers(-2, 3, WORDS).astype(float)
            assert measure.measure(scores, scores) == pytest.approx(best)

    def test_a_positive_factor_changes_nothing(self, agreement: str) -> None:
        measure = load_measure(agreement).measure
        first, second = _inputs("agreement", 3)
        for factor in (1e-200, 0.3, 1e200):
            assert measure(first, factor * second) == pytest.approx(measure(first, second))

    def test_random_scores_agree_less(self, agreement: str) -> None:
        measure = load_measure(agreement)
        mean, error = _chance(agreement)
        best = measure.RANGE[measure.DIRECTION == "higher"]
        assert abs(best - mean) > 10 * error

    def test_symmetric(self, agreement: str) -> None:
        first, second = _inputs("agreement", 2)
        measure = load_measure(agreement).measure
        assert measure(first, second) == pytest.approx(measure(second, first))

    def test_all_zero_scores_are_undefined(self, agreement: str) -> None:
        assert np.isnan(load_measure(agreement).measure(np.zeros(8), np.arange(8.0)))


@pytest.mark.parametrize("plausibility", measure_names("plausibility"))
class TestPlausibility:
    def test_scores_that_are_the_evidence_are_best_and_random_ones_worse(
        self, plausibility: str
    ) -> None:
        measure = load_measure(plausibility)
        scores, flags = _inputs("plausibility", 1)
        best = measure.RANGE[measure.DIRECTION == "higher"]
        assert measure.measure(flags + 0.1 * np.tanh(scores), flags) == best
        assert measure.measure(flags.astype(float), flags) == best
        mean, error = _chance(plausibility)
        assert abs(best - mean) > 10 * error

    def test_a_positive_factor_changes_nothing(self, plausibility: str) -> None:
        measure = load_measure(plausibility).measure
        scores, flags = _inputs("plausibility", 2)
        for factor in (1e-200, 0.3, 1e200):
            assert measure(factor * scores, flags) == pytest.approx(measure(scores, flags))

    def test_equal_scores_have_the_same_value_wherever_the_evidence_stands(
        self, plausibility: str
    ) -> None:
        measure = load_measure(plausibility).measure
        flags = np.array([1, 1, 0, 0, 0, 0])
        values = [measure(np.zeros(6), np.roll(flags, shift)) for shift in range(5)]
        assert values == pytest.approx([values[0]] * 5)

    @pytest.mark.parametrize("flags", [[0, 0, 0], [1, 1, 1]])
    def test_undefined_without_two_kinds_of_words(
        self, plausibility: str, flags: list[int]
    ) -> None:
        measure = load_measure(plausibility).measure
        assert np.isnan(measure(np.array([1.0, 2.0, 3.0]), np.array(flags)))

    def test_flags_other_than_0_and_1_are_refused(self, plausibility: str) -> None:
        with pytest.raises(InputError, match="one flag a word"):
            load_measure(plausibility).measure(np.array([1.0, 2.0]), np.array([0.5, 1.0]))


@pytest.mark.parametrize("sparsity", measure_names("sparsity"))
class TestSparsity:
    def test_neither_places_nor_signs_of_the_words_count(self, sparsity: str) -> None:
        measure = load_measure(sparsity).measure
        (scores,) = _inputs("sparsity", 1)
        expected = pytest.approx(measure(scores))
        assert measure(scores[::-1]) == expected
        assert measure(-scores) == expected
        assert measure(np.abs(scores)) == expected

    def test_a_factor_changes_nothing_or_is_the_unit(self, sparsity: str) -> None:
        measure = load_measure(sparsity).measure
        (scores,) = _inputs("sparsity", 2)
        for factor in (1e-200, 0.3, 1e200):
            ratio = measure(factor * scores) / measure(scores)
            assert min(abs(ratio - 1), abs(ratio / factor - 1)) < 1e-9


def test_unknown_measure_names_the_nearest() -> None:
    with pytest.raises(InputError, match='did you mean "cosine"'):
        load_measure("cosin")


def test_statistics_are_no_measure() -> None:
    assert "statistics" not in measure_names()
