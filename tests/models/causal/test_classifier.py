"""From a folder or a pair to a classifier by one call."""

import warnings

import numpy as np
import peft
import pytest
import torch

from astrid.errors import InputError
from astrid.explain.run import explain
from astrid.models.causal.calibration import calibrated
from astrid.models.causal.classifier import language_classifier
from astrid.models.causal.load import load_language_model
from astrid.models.causal.scoring import label_probabilities
from astrid.models.causal.templates import Example, Template
from tests import tiny, tiny_lm

SHORT = Template(instruction="", text_name="Case", answer_name="It was")
LABELS = ["good", "refused"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A base model, and an adapter for it with large weights; and the adapted model."""
    place = tmp_path_factory.mktemp("models")
    model, tokenizer = tiny_lm.build("llama")
    model.save_pretrained(place / "base")
    tokenizer.save_pretrained(place / "base")
    settings = peft.LoraConfig(
        r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM", init_lora_weights=False
    )
    adapted = peft.get_peft_model(model, settings).eval()
    adapted.peft_config["default"].base_model_name_or_path = str(place / "base")
    adapted.save_pretrained(place / "adapter")
    return place / "base", place / "adapter", adapted


def test_the_answer_is_that_of_transformers(folders):
    found = language_classifier(folders[0], LABELS, template=SHORT)
    assert found.labels == ("good", "refused")
    assert found.facts.warnings == ()
    module, tokenizer = tiny_lm.build("llama")
    columns = [tokenizer(word)["input_ids"][0] for word in (" good", " refused")]
    for text, row in zip(tiny.SENTENCES, label_probabilities(found, tiny.SENTENCES), strict=True):
        ids = tokenizer(f"Case: {text}\nIt was:", return_tensors="pt")["input_ids"]
        with torch.no_grad():
            expected = module(ids).logits[0, -1, columns].softmax(-1)
        np.testing.assert_allclose(row, expected, atol=1e-5)


def test_an_adapter_folder_answers_as_peft_does(folders):
    base, adapter, adapted = folders
    tokenizer = tiny_lm.bytes_and_back()
    ours = language_classifier(adapter, LABELS, template=SHORT)
    memory = language_classifier((adapted, tokenizer), LABELS, template=SHORT)
    ids = tokenizer(f"Case: {tiny.SENTENCES[0]}\nIt was:", return_tensors="pt")["input_ids"]
    columns = list(ours.encode("").columns)
    with torch.no_grad():
        expected = adapted(ids).logits[0, -1, columns].softmax(-1)
    for model in (ours, memory):
        found = label_probabilities(model, tiny.SENTENCES[:1])[0]
        np.testing.assert_allclose(found, expected, atol=1e-5)
    plain = label_probabilities(language_classifier(base, LABELS, template=SHORT), ["good day"])
    assert np.abs(plain - label_probabilities(ours, ["good day"])).max() > 1e-3
    assert load_language_model(adapter).name == "adapter"


def test_opening_an_adapter_warns_of_nothing(folders):
    """What peft asks transformers for is no user's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        language_classifier(folders[1], LABELS, template=SHORT)


def test_an_adapter_whose_base_is_gone_is_one_clear_line(folders, tmp_path):
    adapted = folders[2]
    adapted.peft_config["default"].base_model_name_or_path = str(tmp_path / "gone")
    adapted.save_pretrained(tmp_path / "adapter")
    with pytest.raises(InputError, match="its base model can't be opened") as error:
        language_classifier(tmp_path / "adapter", LABELS)
    assert "\n" not in str(error.value)


def test_examples_and_calibration_change_the_answer(folders):
    plain = language_classifier(folders[0], LABELS, template=SHORT)
    shown = language_classifier(
        folders[0], LABELS, template=SHORT, examples=[Example("good day", "good")]
    )
    ready = language_classifier(folders[0], LABELS, template=SHORT, calibrate=True)
    answers = [label_probabilities(model, ["the rent"]) for model in (plain, shown, ready)]
    assert np.abs(answers[0] - answers[1]).max() > 1e-3
    np.testing.assert_allclose(answers[2], label_probabilities(calibrated(plain), ["the rent"]))


def test_a_long_text_is_shortened_and_never_the_question(folders):
    model = language_classifier(folders[0], LABELS, template=SHORT)
    encoded = model.encode("good " * 300)
    assert len(encoded) == tiny_lm.CONTEXT
    assert encoded.truncated
    asked = [token for token, mine in zip(encoded.tokens, encoded.special, strict=True) if mine]
    short = model.encode("good")
    assert asked == [t for t, mine in zip(short.tokens, short.special, strict=True) if mine]


def test_it_is_explained_as_any_classifier(folders):
    model = language_classifier(folders[0], LABELS, template=SHORT)
    (item,) = explain(model, "good day", "occlusion")
    found = label_probabilities(model, ["good day"])[0]
    assert item.prediction.label == LABELS[found.argmax()]
    assert item.target.value == pytest.approx(found.max(), abs=1e-5)
    assert item.words == ("good", "day")


def test_words_that_are_spelled_in_two_manners_are_doubtful(folders):
    # "The" and "the" are pieces of their own: the second label is told apart by its capital.
    model = language_classifier(folders[0], ["the", "theory"], template=SHORT)
    assert "differ in more than their meaning" in model.facts.warnings[0]
