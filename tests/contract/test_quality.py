"""Every measure of predictions."""

import numpy as np
import pytest

from astrid.errors import InputError
from astrid.measures import load_measure, measure_names

TEXTS = 40


def predictions(
    texts: int, classes: int, seed: int, present: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Labels `[N]` of `present` classes, and probabilities `[N, K]` with some equal values."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, present or classes, texts)
    lean = 1.5 * np.eye(classes)[labels] + generator.normal(size=(texts, classes)).round(1)
    return labels, np.exp(lean) / np.exp(lean).sum(axis=1, keepdims=True)


@pytest.fixture(params=measure_names("quality"))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_values_lie_in_the_range_and_repeat(name: str, classes: int) -> None:
    found = load_measure(name)
    low, high = found.RANGE
    for seed in range(20):
        inputs = predictions(TEXTS, classes, seed)
        value = found.measure(*inputs)
        assert low <= value <= high
        assert value == found.measure(*inputs)


def test_inputs_are_left_as_they_were(name: str) -> None:
    labels, probabilities = predictions(TEXTS, 3, seed=0)
    copies = labels.copy(), probabilities.copy()
    load_measure(name).measure(labels, probabilities)
    np.testing.assert_array_equal(labels, copies[0])
    np.testing.assert_array_equal(probabilities, copies[1])


def test_no_texts_are_undefined_not_an_error(name: str) -> None:
    assert np.isnan(load_measure(name).measure(np.zeros(0, int), np.zeros((0, 2))))


def test_the_order_of_the_texts_does_not_count(name: str) -> None:
    labels, probabilities = predictions(TEXTS, 3, seed=1)
    measure = load_measure(name).measure
    value = measure(labels[::-1], probabilities[::-1])
    assert value == pytest.approx(measure(labels, probabilities))


def test_right_and_sure_is_best_and_wrong_and_sure_is_worst(name: str) -> None:
    found = load_measure(name)
    labels = np.array([0, 1, 0, 1, 1])
    sure = np.eye(2)[labels]
    best, worst = found.RANGE if found.DIRECTION == "lower" else found.RANGE[::-1]
    assert found.measure(labels, sure) == pytest.approx(best, abs=1e-12)
    assert found.measure(labels, sure[:, ::-1]) == pytest.approx(worst)


BAD = {
    "lengths": ([0, 1], [[0.5, 0.5]]),
    "one number a text": ([0, 1], [0.5, 0.5]),
    "one class": ([0], [[1.0]]),
    "no class": ([2], [[0.5, 0.5]]),
    "a negative class": ([-1], [[0.5, 0.5]]),
    "not whole": ([0.5], [[0.5, 0.5]]),
    "not finite": ([0], [[np.nan, 0.5]]),
    "not summing to 1": ([0], [[0.5, 0.4]]),
    "outside": ([0], [[1.5, -0.5]]),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_prediction_is_refused(name: str, case: str) -> None:
    labels, probabilities = map(np.array, BAD[case])
    with pytest.raises(InputError, match="measure: "):
        load_measure(name).measure(labels, probabilities)


@pytest.mark.parametrize(("classes", "present"), [(2, 2), (2, 1), (3, 3), (5, 3), (4, 1)])
def test_many_resamples_at_once_give_what_each_gives_alone(
    name: str, classes: int, present: int
) -> None:
    found = load_measure(name)
    if not hasattr(found, "weighted"):
        pytest.skip("the measure has no such way; the bootstrap calls measure")
    labels, probabilities = predictions(12, classes, seed=2, present=present)
    places = np.random.default_rng(3).integers(0, 12, (60, 12))
    places[0] = 0  # one text over and over: one class
    weights = np.stack([np.bincount(row, minlength=12) for row in places]).astype(float)
    alone = [found.measure(labels[row], probabilities[row]) for row in places]
    np.testing.assert_allclose(found.weighted(labels, probabilities, weights), alone, atol=1e-12)
