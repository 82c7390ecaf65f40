"""Comparing whole models: with themselves, with random weights, with other classes."""

import dataclasses

import pytest

from astrid.analysis.examine import ExplainSettings, compare, compare_models
from astrid.errors import InputError
from astrid.text.document import Corpus, Document
from tests import tiny

CLASSES = ("lost", "won", "open")


def corpus(classes=CLASSES):
    documents = [
        Document(f"{row}", f"{sentence} {row}", {"label": row % len(classes)})
        for row, sentence in enumerate(tiny.SENTENCES * 6)
    ]
    return Corpus("tiny", tuple(documents), {"label": classes})


def named(name, architecture="bert", seed=0):
    module, tokenizer = tiny.build(architecture, seed)
    return tiny.TransformerClassifier(module, tokenizer, name=name)


@pytest.mark.parametrize("method", ["integrated_gradients", "shap", "attention"])
def test_a_model_compared_with_itself_is_alike(method):
    explaining = ExplainSettings(method=method, texts=8)
    found = compare_models(named("one"), [named("same")], corpus(), explaining=explaining)
    (row,) = found.family.rows
    assert row.comparison.similarity.value == pytest.approx(1.0, abs=1e-9)
    assert row.comparison.similarity.low == pytest.approx(1.0, abs=1e-9)
    assert row.comparison.prediction_agreement.value == 1.0


def test_random_weights_are_near_chance():
    students = [named(f"random{seed}", seed=seed) for seed in (1, 2, 3)]
    found = compare_models(named("teacher"), students, corpus(), twin=students[0])
    for row in found.family.rows:
        similarity, chance = row.comparison.similarity, row.comparison.chance["cosine"]
        assert similarity.contains(chance.value) or abs(similarity.value - chance.value) < 0.25
    assert found.family.ceiling is not None


def test_models_with_other_tokenizers_are_compared_word_by_word():
    texts = corpus().texts[:6]
    found = compare(named("bert"), named("roberta", "roberta"), texts)
    assert len(found.rows) == 6
    assert -1 <= found.similarity.value <= 1


def test_both_explain_the_teachers_class_unless_asked_otherwise():
    found = compare_models(named("teacher"), [named("student", seed=5)], corpus())
    for one, other in zip(found.teacher, found.students["student"], strict=True):
        assert one.target.index == other.target.index == one.prediction.index


def test_classes_are_matched_by_name():
    backwards = corpus(tuple(reversed(CLASSES)))
    straight = dataclasses.replace(
        corpus(),
        documents=tuple(
            dataclasses.replace(document, labels={"label": 2 - document.label})
            for document in corpus()
        ),
    )
    explaining = ExplainSettings(texts=2)
    rows = [
        compare_models(named("one"), [named("two")], data, explaining=explaining).family.rows[0]
        for data in (backwards, straight)
    ]
    assert rows[0].accuracy == rows[1].accuracy


def test_a_class_that_the_model_does_not_have_is_refused():
    with pytest.raises(InputError, match='no class "drawn"'):
        compare_models(named("one"), [named("two")], corpus(("lost", "drawn", "open")))
