"""The classifier as a Hugging Face model."""

from pathlib import Path

import torch
from transformers import pipeline

from astrid.models.classifier import head_parameters
from astrid.models.loading import load_classifier, quiet


def test_outputs_on_request(classifier_folder: Path) -> None:
    model, tokenizer, _ = load_classifier(classifier_folder)
    inputs = tokenizer(["good", "a bad film"], padding=True, return_tensors="pt")
    plain = model(**inputs)
    assert plain.hidden_states is None
    assert plain.attentions is None
    assert plain.disagreement is None
    assert plain.token_weights.shape == inputs["input_ids"].shape
    rich = model(**inputs, output_hidden_states=True, labels=torch.tensor([0, 2]))
    assert len(rich.hidden_states) == 3
    expected = torch.nn.functional.cross_entropy(plain.logits, torch.tensor([0, 2]))
    assert torch.allclose(rich.loss, expected)
    as_tuple = model(**inputs, return_dict=False)
    assert torch.equal(as_tuple[0], plain.logits)
    assert head_parameters(model) == 16 + 16 * 3 + 3


def test_no_mask_means_all_tokens(classifier_folder: Path) -> None:
    model, tokenizer, _ = load_classifier(classifier_folder)
    ids = tokenizer("a bad film", return_tensors="pt")["input_ids"]
    masked = model(input_ids=ids, attention_mask=torch.ones_like(ids))
    assert torch.equal(model(input_ids=ids).logits, masked.logits)


def test_works_in_a_pipeline(classifier_folder: Path) -> None:
    with quiet():
        classify = pipeline("text-classification", model=str(classifier_folder), device="cpu")
        answer = classify("a good film", top_k=None)
    assert {entry["label"] for entry in answer} == {"bad", "good", "odd"}
