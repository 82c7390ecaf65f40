"""Hand-computed values of each measure of predictions, and scikit-learn's own."""

import math

import numpy as np
import pytest
from sklearn import metrics

from astrid.measures import (
    accuracy,
    auroc,
    brier,
    calibration_error,
    f1,
    load_measure,
    log_loss,
    mcc,
    measure_names,
    precision,
    recall,
)
from tests.contract.test_quality import predictions


def _two(*of_one: float) -> np.ndarray:
    """Probabilities of two classes from those of class 1."""
    return np.stack([1 - np.array(of_one), np.array(of_one)], axis=1)


# Answers 1 1 1 0 0: true positives 2, false 1, true negatives 1, false 1.
LABELS = np.array([1, 1, 0, 0, 1])
PROBABILITIES = _two(0.9, 0.6, 0.7, 0.2, 0.4)


def test_shares_by_hand() -> None:
    assert accuracy.measure(LABELS, PROBABILITIES) == pytest.approx(3 / 5)
    assert precision.measure(LABELS, PROBABILITIES) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert recall.measure(LABELS, PROBABILITIES) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert f1.measure(LABELS, PROBABILITIES) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_mcc_by_hand() -> None:
    # (2·1 − 1·1) / √(3·3·2·2)
    assert mcc.measure(LABELS, PROBABILITIES) == pytest.approx(1 / 6)


def test_auroc_by_hand() -> None:
    # Of the pairs 0.9 0.6 0.4 against 0.7 0.2, four of six are in the right order.
    assert auroc.measure(LABELS, PROBABILITIES) == pytest.approx(4 / 6)
    assert auroc.measure(np.array([1, 0, 0]), _two(0.5, 0.5, 0.1)) == pytest.approx(3 / 4)


def test_auroc_of_three_classes_by_hand() -> None:
    probabilities = np.array([[0.6, 0.3, 0.1], [0.7, 0.2, 0.1], [0.2, 0.2, 0.6]])
    # Class 0: 0.6 against 0.7 and 0.2; class 1: 0.2 against 0.3 and 0.2; class 2: all right.
    by_hand = (1 / 2 + (1 / 2) / 2 + 1) / 3
    assert auroc.measure(np.array([0, 1, 2]), probabilities) == pytest.approx(by_hand)


def test_log_loss_by_hand() -> None:
    by_hand = -sum(map(math.log, (0.9, 0.6, 0.3, 0.8, 0.4))) / 5
    assert log_loss.measure(LABELS, PROBABILITIES) == pytest.approx(by_hand)
    # Rows are scaled to the sum 1 before; 0 costs what ε costs.
    rounded = np.array([[0.9, 0.0999]])
    assert log_loss.measure(np.array([0]), rounded) == pytest.approx(-math.log(0.9 / 0.9999))
    assert log_loss.measure(np.array([1]), _two(0.0)) == pytest.approx(52 * math.log(2))


def test_brier_sums_over_the_classes() -> None:
    by_hand = 2 * (0.1**2 + 0.4**2 + 0.7**2 + 0.2**2 + 0.6**2) / 5
    assert brier.measure(LABELS, PROBABILITIES) == pytest.approx(by_hand)
    assert brier.measure(np.array([0, 2]), np.full((2, 3), 1 / 3)) == pytest.approx(1 - 1 / 3)


def test_calibration_error_by_hand() -> None:
    labels = np.array([0, 0, 1, 0, 1])
    # Bin (0.6, 0.667]: one of two right at 0.62 and 0.64. Bin (0.867, 0.933]: two of three right.
    probabilities = _two(0.38, 0.64, 0.9, 0.1, 0.1)
    by_hand = 2 / 5 * abs(1 / 2 - 0.63) + 3 / 5 * abs(2 / 3 - 0.9)
    assert calibration_error.measure(labels, probabilities) == pytest.approx(by_hand)


def test_a_bin_of_confidence_holds_its_upper_end() -> None:
    found = calibration_error.bins(np.array([1 / 15, 0.2, 0.4, 0.6, 0.6001, 0.8, 1.0]))
    assert found.tolist() == [0, 2, 5, 8, 9, 11, 14]


def test_a_calibrated_model_s_error_shrinks_with_the_texts() -> None:
    generator = np.random.default_rng(0)

    def error(texts: int) -> float:
        confidence = generator.uniform(0.5, 1.0, texts)
        right = generator.random(texts) < confidence
        return calibration_error.measure((~right).astype(int), _two(*(1 - confidence)))

    # As the docstring says: about 0.19 and 0.03, not 0.
    assert np.mean([error(20) for _ in range(200)]) == pytest.approx(0.19, abs=0.02)
    assert np.mean([error(1000) for _ in range(20)]) == pytest.approx(0.029, abs=0.006)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("seed", range(5))
def test_scikit_learn_says_the_same(classes: int, seed: int) -> None:
    labels, probabilities = predictions(60, classes, seed)
    answers = probabilities.argmax(axis=1)
    macro = {"average": "macro", "zero_division": 0}
    scores = probabilities[:, 1] if classes == 2 else probabilities
    theirs = {
        "accuracy": metrics.accuracy_score(labels, answers),
        "precision": metrics.precision_score(labels, answers, **macro),
        "recall": metrics.recall_score(labels, answers, **macro),
        "f1": metrics.f1_score(labels, answers, **macro),
        "mcc": metrics.matthews_corrcoef(labels, answers),
        "auroc": metrics.roc_auc_score(labels, scores, multi_class="ovr", average="macro"),
        "log_loss": metrics.log_loss(labels, probabilities),
        "brier": metrics.brier_score_loss(labels, scores, scale_by_half=False),
    }
    for name, value in theirs.items():
        assert load_measure(name).measure(labels, probabilities) == pytest.approx(value), name


ONE_TEXT = {
    "accuracy": 1.0,
    "auroc": math.nan,
    "brier": 2 * 0.2**2,
    "calibration_error": 0.2,
    "f1": 1.0,
    "log_loss": -math.log(0.8),
    "mcc": math.nan,
    "precision": 1.0,
    "recall": 1.0,
}


def test_one_text() -> None:
    found = {name: load_measure(name).measure(np.array([1]), _two(0.8)) for name in ONE_TEXT}
    assert found == pytest.approx(ONE_TEXT, nan_ok=True)
    assert sorted(ONE_TEXT) == measure_names("quality")


def test_labels_of_one_class() -> None:
    labels, probabilities = np.array([1, 1, 1]), _two(0.9, 0.6, 0.2)
    assert math.isnan(auroc.measure(labels, probabilities))
    assert math.isnan(mcc.measure(labels, probabilities))
    # Class 0 was answered once, and never right.
    assert recall.measure(labels, probabilities) == pytest.approx((0 + 2 / 3) / 2)
    assert precision.measure(labels, probabilities) == pytest.approx((0 + 1) / 2)


def test_constant_probabilities_know_nothing() -> None:
    labels, probabilities = np.array([0, 0, 0, 1]), _two(0.5, 0.5, 0.5, 0.5)
    assert accuracy.measure(labels, probabilities) == 0.75
    assert auroc.measure(labels, probabilities) == 0.5
    assert mcc.measure(labels, probabilities) == 0
    assert recall.measure(labels, probabilities) == 0.5
    assert log_loss.measure(labels, probabilities) == pytest.approx(math.log(2))
    assert calibration_error.measure(labels, probabilities) == pytest.approx(0.25)


def test_a_class_that_no_label_has_is_left_out() -> None:
    labels = np.array([0, 1, 0])
    probabilities = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.4, 0.3, 0.3]])
    assert auroc.measure(labels, probabilities) == 1
    assert f1.measure(labels, probabilities) == 1
    assert mcc.measure(labels, probabilities) == 1
