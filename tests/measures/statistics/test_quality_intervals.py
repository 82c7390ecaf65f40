import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from astrid.errors import InputError
from astrid.measures import load_measure, measure_names
from astrid.measures.statistics import quality
from astrid.measures.statistics.bootstrap import share_with_interval
from astrid.measures.statistics.quality import (
    QualitySettings,
    compare_quality,
    quality_with_intervals,
)
from tests.contract.test_quality import predictions

QUICK = QualitySettings(resamples=200)


def test_values_are_the_measures_own_and_lie_in_their_intervals() -> None:
    labels, probabilities = predictions(80, 3, seed=0)
    found = quality_with_intervals(labels, probabilities, settings=QUICK)
    assert list(found) == measure_names("quality")
    for name, estimate in found.items():
        assert estimate.value == load_measure(name).measure(labels, probabilities)
        assert estimate.low < estimate.value < estimate.high
        assert (estimate.n, estimate.undefined, estimate.undefined_resamples) == (80, 0, 0)


def test_accuracy_has_wilson_s_interval() -> None:
    labels, probabilities = predictions(80, 3, seed=0)
    found = quality_with_intervals(labels, probabilities, ["accuracy"])["accuracy"]
    share = share_with_interval(list(probabilities.argmax(1) == labels))
    assert (found.value, found.low, found.high) == (share.value, share.low, share.high)


@pytest.mark.parametrize("interval", ["bca", "percentile"])
def test_the_seed_decides_and_the_company_does_not(interval: str) -> None:
    inputs = predictions(50, 2, seed=1)
    settings = QUICK.model_copy(update={"interval": interval})
    found = quality_with_intervals(*inputs, settings=settings)
    assert found == quality_with_intervals(*inputs, settings=settings)
    assert found["f1"] == quality_with_intervals(*inputs, ["f1"], settings)["f1"]
    other = quality_with_intervals(*inputs, settings=settings.model_copy(update={"seed": 1}))
    assert found["f1"] != other["f1"]
    assert found["f1"].value == other["f1"].value


def test_a_measure_without_a_fast_way_gets_the_same_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels, probabilities = predictions(30, 3, seed=2)
    fast = quality_with_intervals(labels, probabilities, ["mcc", "auroc"], QUICK)
    slow = {
        name: SimpleNamespace(KIND="quality", RANGE=one.RANGE, measure=one.measure)
        for name in fast
        for one in [load_measure(name)]
    }
    monkeypatch.setattr(quality, "load_measure", slow.__getitem__)
    for name, estimate in quality_with_intervals(
        labels, probabilities, ["mcc", "auroc"], QUICK
    ).items():
        assert (estimate.low, estimate.high) == pytest.approx((fast[name].low, fast[name].high))


def test_undefined_resamples_are_counted() -> None:
    labels = np.array([1] + [0] * 9)
    probabilities = np.linspace(0.9, 0.1, 10)
    found = quality_with_intervals(labels, np.stack([1 - probabilities, probabilities], 1))
    # The one text of class 1 is in no resample with probability 0.9¹⁰ = 0.349.
    assert found["auroc"].undefined_resamples == pytest.approx(349, abs=60)
    assert found["mcc"].undefined_resamples == found["auroc"].undefined_resamples
    assert found["auroc"].value == 1
    assert found["log_loss"].undefined_resamples == 0


@pytest.mark.parametrize(("texts", "n"), [(0, 0), (1, 1)])
def test_no_text_and_one_text(texts: int, n: int) -> None:
    found = quality_with_intervals(*predictions(texts, 2, seed=0), settings=QUICK)
    assert math.isnan(found["auroc"].value)
    assert (found["auroc"].n, found["auroc"].undefined) == (0, texts)
    assert found["brier"].n == n
    assert not found["brier"].has_interval
    assert found["accuracy"].has_interval == bool(texts)
    json.dumps([estimate.to_dict() for estimate in found.values()], allow_nan=False)


def test_labels_of_one_class_and_constant_probabilities() -> None:
    half = np.full((20, 2), 0.5)
    found = quality_with_intervals(np.zeros(20, int), half, settings=QUICK)
    assert not found["auroc"].defined
    assert not found["mcc"].defined
    assert found["accuracy"].high == 1 > found["accuracy"].low
    found = quality_with_intervals(np.arange(20) % 2, half, settings=QUICK)
    assert (found["auroc"].low, found["auroc"].high) == (0.5, 0.5)
    assert (found["log_loss"].low, found["log_loss"].high) == pytest.approx([math.log(2)] * 2)


def test_only_measures_of_predictions_are_taken() -> None:
    with pytest.raises(InputError, match='"cosine" is no measure of predictions'):
        quality_with_intervals(*predictions(5, 2, 0), ["cosine"])
    with pytest.raises(InputError, match='did you mean "brier"'):
        quality_with_intervals(*predictions(5, 2, 0), ["briar"])


def _drawn(generator: np.random.Generator, texts: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers of a model that is too sure; 30 % of the texts are of class 1."""
    labels = (generator.random(texts) < 0.3).astype(int)
    lean = 2 * (2 * labels - 1 + generator.normal(size=texts))
    of_one = 1 / (1 + np.exp(-2 * lean))
    return labels, np.stack([1 - of_one, of_one], axis=1)


def test_intervals_hold_the_true_value_about_as_often_as_they_say() -> None:
    generator = np.random.default_rng(0)
    labels, probabilities = _drawn(generator, 300_000)
    names = measure_names("quality")
    truth = {name: load_measure(name).measure(labels, probabilities) for name in names}
    found = [
        quality_with_intervals(
            *_drawn(generator, 120), settings=QUICK.model_copy(update={"seed": seed})
        )
        for seed in range(200)
    ]
    for name in names:
        covered = np.mean([one[name].contains(truth[name]) for one in found])
        # Binomial, 200 trials at 0.95: four standard deviations are 0.06.
        assert (0.75 if name == "calibration_error" else 0.87) <= covered <= 1.0, name


def test_a_model_does_not_differ_from_itself() -> None:
    labels, probabilities = predictions(40, 3, seed=3)
    found = compare_quality(labels, probabilities, probabilities, settings=QUICK)
    for name, estimate in found.differences.items():
        assert estimate.value == 0
        # Forty texts prove no two models equally often right.
        assert (estimate.low, estimate.high) == (0, 0) or name == "accuracy"
    assert found.differences["accuracy"].low == -found.differences["accuracy"].high < 0
    assert found.mcnemar.p_value == 1


def test_two_models_by_hand() -> None:
    labels = np.array([0, 0, 1, 1])
    first = np.eye(2)[labels]
    second = np.eye(2)[[0, 1, 1, 0]]
    found = compare_quality(labels, first, second, settings=QUICK)
    assert found.differences["accuracy"].value == 0.5
    assert found.differences["brier"].value == -1
    assert (found.mcnemar.first_only, found.mcnemar.second_only) == (2, 0)
    assert found.mcnemar.p_value == 0.5
    json.dumps(found.to_dict(), allow_nan=False)


def test_pairing_makes_the_interval_of_a_difference_narrow() -> None:
    labels, probabilities = predictions(150, 2, seed=4)
    nearly = 0.95 * probabilities + 0.05 / 2
    pair = compare_quality(labels, probabilities, nearly, ["log_loss"], QUICK)
    alone = quality_with_intervals(labels, probabilities, ["log_loss"], QUICK)["log_loss"]
    difference = pair.differences["log_loss"]
    assert difference.high - difference.low < (alone.high - alone.low) / 3


def test_paired_intervals_hold_the_true_difference() -> None:
    generator = np.random.default_rng(5)

    def pair(texts: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        labels, first = _drawn(generator, texts)
        return labels, first, 0.7 * first + 0.3 * generator.dirichlet([1, 1], texts)

    names = ["accuracy", "auroc", "brier"]
    labels, first, second = pair(300_000)
    truth = {
        name: load_measure(name).measure(labels, first) - load_measure(name).measure(labels, second)
        for name in names
    }
    found = [compare_quality(*pair(120), names, QUICK).differences for _ in range(150)]
    for name in names:
        covered = np.mean([one[name].contains(truth[name]) for one in found])
        assert 0.86 <= covered <= 1.0, name


def test_models_with_other_classes_are_refused() -> None:
    labels = np.array([0, 1])
    with pytest.raises(InputError, match="2 classes against 3"):
        compare_quality(labels, np.full((2, 2), 1 / 2), np.full((2, 3), 1 / 3))
