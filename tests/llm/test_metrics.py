"""Metrics of answers among labels."""

import json

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from astrid.errors import InputError
from astrid.llm.metrics import (
    MACRO,
    classification_metrics,
    compare_metrics,
    metrics_frame,
)

LABELS = ("negative", "neutral", "positive")


def predictions(seed: int, texts: int = 60, skill: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Right classes, the first one frequent, and probabilities that lean towards them."""
    generator = np.random.default_rng(seed)
    gold = generator.choice(3, texts, p=(0.5, 0.3, 0.2))
    logits = generator.normal(size=(texts, 3)) + skill * np.eye(3)[gold]
    weights = np.exp(logits)
    return gold, weights / weights.sum(axis=1, keepdims=True)


def test_every_number_is_scikit_learn_s() -> None:
    gold, probabilities = predictions(0)
    answered = probabilities.argmax(axis=1)
    found = classification_metrics(gold, probabilities, LABELS)
    oracle = sklearn_metrics.precision_recall_fscore_support
    for average, ending in (("macro", ""), ("weighted", "_weighted")):
        expected = oracle(gold, answered, average=average, zero_division=0)
        values = [found.values[name + ending].value for name in ("precision", "recall", "f1")]
        np.testing.assert_allclose(values, expected[:3], atol=1e-12)
    rows = [
        (row.precision.value, row.recall.value, row.f1.value, row.support) for row in found.rows
    ]
    np.testing.assert_allclose(np.array(rows).T, oracle(gold, answered), atol=1e-12)
    assert found.values["accuracy"].value == sklearn_metrics.accuracy_score(gold, answered)
    expected_matrix = sklearn_metrics.confusion_matrix(gold, answered)
    np.testing.assert_array_equal(found.confusion, expected_matrix)
    assert found.values["log_loss"].value == pytest.approx(
        sklearn_metrics.log_loss(gold, probabilities)
    )


def test_every_value_lies_in_its_interval_and_more_texts_narrow_it() -> None:
    wide = classification_metrics(*predictions(1, 40), LABELS)
    narrow = classification_metrics(*predictions(1, 640), LABELS)
    for name, estimate in wide.values.items():
        assert estimate.low <= estimate.value <= estimate.high, name
        fewer, more = (found.values[name] for found in (wide, narrow))
        if name != "calibration_error":
            assert more.high - more.low < 0.5 * (fewer.high - fewer.low), name


def test_a_label_that_never_occurs_and_is_never_answered_is_a_row_of_zeros() -> None:
    gold = np.array([0, 1, 0])
    found = classification_metrics(gold, np.eye(3)[gold], LABELS)
    assert found.values["f1"].value == 1.0  # over the labels that occur, as scikit-learn's
    row = found.to_dict()["classes"][2]
    assert (row["precision"], row["recall"], row["f1"], row["support"]) == (0.0, 0.0, 0.0, 0)
    assert row["precision_low"] is None
    assert row["recall_high"] is None


def test_probabilities_are_summarised_by_hand() -> None:
    gold = np.array([0, 1, 1])
    rows = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.5, 0.3, 0.2]])
    sure = classification_metrics(gold, rows, LABELS).probabilities
    assert sure.mean_confidence.value == pytest.approx((0.9 + 0.7 + 0.5) / 3)
    assert sure.mean_confidence_right.value == pytest.approx(0.8)
    assert sure.mean_confidence_wrong.value == 0.5
    assert sure.mean_right_label_probability.value == pytest.approx((0.9 + 0.7 + 0.3) / 3)
    assert sure.confidence_quantiles[::2] == (0.5, 0.7, 0.9)
    assert sure.share_by_label == {"negative": 2 / 3, "neutral": 1 / 3, "positive": 0.0}
    assert sure.mean_by_label["neutral"] == pytest.approx(1.1 / 3)


@pytest.mark.parametrize(
    ("skill", "word"), [(4.0, "More accurate"), (0.4, "Not told apart"), (-4.0, "Less accurate")]
)
def test_the_sentence_says_what_the_interval_decides(skill: float, word: str) -> None:
    baseline = classification_metrics(*predictions(2, 200, skill), LABELS).baseline
    assert baseline.sentence.startswith(f"{word} than" if "accurate" in word else f"{word} from")
    assert baseline.majority_label == "negative"
    assert baseline.chance == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("accuracy", "word"),
    [(0.5, "More accurate than"), (0.33, "Not told apart from"), (0.1, "Less")],
)
def test_the_accuracy_is_held_against_guessing(accuracy: float, word: str) -> None:
    gold = np.zeros(100, int)
    answered = np.where(np.arange(100) < 100 * accuracy, 0, 1)
    found = classification_metrics(gold, np.eye(3)[answered], LABELS)
    interval = found.values["accuracy"]
    said, _ = found.sentences
    assert said.startswith(word)
    assert f"[{interval.low:.3f}, {interval.high:.3f}]" in said
    assert "guessing among 3 labels (0.333)" in said


def test_the_models_are_compared_text_by_text() -> None:
    gold, before = predictions(3, 80, 0.0)
    after = predictions(3, 80, 3.0)[1]
    found = compare_metrics(gold, before, after)
    gain = (after.argmax(1) == gold).mean() - (before.argmax(1) == gold).mean()
    assert found.differences["accuracy"].value == pytest.approx(gain)
    assert found.differences["accuracy"].low > 0
    assert found.mcnemar.p_value < 0.01
    assert found.mcnemar.first_only > found.mcnemar.second_only


def test_the_same_seed_gives_the_same_file_and_nothing_that_json_lacks() -> None:
    files = [
        json.dumps(classification_metrics(*predictions(4), LABELS).to_dict(), allow_nan=False)
        for _ in range(2)
    ]
    assert files[0] == files[1]
    json.dumps(classification_metrics(*predictions(4, 1), LABELS).to_dict(), allow_nan=False)


def test_the_frame_has_a_row_a_model_and_measure() -> None:
    models = {
        name: classification_metrics(*predictions(seed), LABELS)
        for seed, name in enumerate(("zero-shot", "fine-tuned"))
    }
    frame = metrics_frame(models)
    assert len(frame) == 2 * (len(MACRO) + len(LABELS))
    row = frame[(frame["model"] == "fine-tuned") & (frame["measure"] == "F1")].iloc[0]
    assert row["value"] == models["fine-tuned"].values["f1"].value
    assert frame.attrs["notes"][0].startswith("zero-shot: ")
    assert frame.attrs["notes"][-1] == "Thin lines: 95 % intervals over texts."


@pytest.mark.parametrize("names", [("a", "b"), ("a", "b", "a")])
def test_names_that_do_not_fit_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="one name of its own"):
        classification_metrics(*predictions(5), names)


def test_no_texts_are_refused() -> None:
    with pytest.raises(InputError, match="no texts"):
        classification_metrics(np.zeros(0, dtype=int), np.zeros((0, 3)), LABELS)
