"""Contextual calibration, against the paper's formula by hand."""

import numpy as np
import pytest

from astrid.errors import InputError
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.causal.calibration import CONTENT_FREE, calibrated
from astrid.models.causal.scoring import label_probabilities
from tests import tiny, tiny_lm


@pytest.fixture(scope="module")
def model():
    return tiny_lm.language_model("llama").asking(tiny_lm.LABELS, constrained=True)


def test_probabilities_are_divided_by_those_without_content(model):
    empty = label_probabilities(model, CONTENT_FREE).mean(axis=0)
    expected = label_probabilities(model, tiny.SENTENCES) / empty
    expected /= expected.sum(axis=1, keepdims=True)
    found = label_probabilities(calibrated(model), tiny.SENTENCES)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert np.abs(found - label_probabilities(model, tiny.SENTENCES)).max() > 0.01


def test_a_text_without_content_gets_all_labels_alike(model):
    found = label_probabilities(calibrated(model, ["N/A"]), ["N/A"])
    np.testing.assert_allclose(found, 0.5, atol=1e-6)


def test_calibrating_again_changes_nothing(model):
    once = calibrated(model, ["N/A"])
    twice = calibrated(once, ["N/A"])
    np.testing.assert_allclose(
        label_probabilities(twice, tiny.SENTENCES),
        label_probabilities(once, tiny.SENTENCES),
        atol=1e-6,
    )


def test_explanations_are_of_the_calibrated_answer(model):
    ready = calibrated(model)
    (item,) = explain(ready, "good day", "occlusion", target=Target("probability", 1))
    assert item.target.value == pytest.approx(label_probabilities(ready, ["good day"])[0, 1], 1e-5)


def test_the_model_before_is_left_as_it_was_and_told_apart(model):
    before = label_probabilities(model, ["good day"])
    ready = calibrated(model)
    np.testing.assert_array_equal(label_probabilities(model, ["good day"]), before)
    assert len({model.fingerprint(), ready.fingerprint()}) == 2
    assert ready.labels == model.labels


def test_what_can_not_be_calibrated_is_refused(model):
    with pytest.raises(InputError, match="constrained=True"):
        calibrated(tiny_lm.language_model("llama"))
    for texts in ([], "N/A"):
        with pytest.raises(InputError, match="give a list of texts without content"):
            calibrated(model, texts)


@pytest.mark.parametrize("shifts", [[1.0], [1.0, float("inf")]])
def test_shifts_are_a_finite_number_a_label(model, shifts):
    with pytest.raises(InputError, match="one finite number for each of 2 labels"):
        model.shifted(shifts)
