"""A trained teacher's explanations find the evidence that the corpus planted."""

import numpy as np
import pytest

from astrid.analysis.evidence import evidence_recovery
from astrid.explain.run import explain, predict
from astrid.measures._baselines import bag_of_words
from astrid.models.load import load_model
from astrid.spec import checked
from astrid.text.document import Document
from astrid.text.load import DataSpec, load_splits
from astrid.text.words import find_words
from astrid.training.fit import fit
from astrid.training.spec import TrainSpec
from tests.explanations import explanation


@pytest.fixture(scope="module")
def splits():
    return load_splits(DataSpec(source="verdicts"))


@pytest.fixture(scope="module")
def teacher(splits, tmp_path_factory):
    """A smaller relative of the demo's teacher, trained in the demo's way."""
    settings = {
        "encoder": {"preset": "demo-step1", "init": "scratch", "max_length": 160},
        "head": {"name": "linear", "params": {"pooling": "mean"}},
        "trainer": {"epochs": 6, "learning_rate": 1e-3},
    }
    folder = tmp_path_factory.mktemp("verdicts") / "teacher"
    fit(checked(TrainSpec, settings, "test"), splits.train, splits.validation, folder, False)
    return load_model(folder)


def test_the_teacher_is_clearly_above_counting_words(splits, teacher):
    right = predict(teacher, splits.test.texts).argmax(axis=1) == splits.test.labels
    counting = bag_of_words(splits.train, splits.test)
    print(f"teacher {right.mean():.3f}, bag of words {counting:.3f}, best 0.960")
    assert 0.55 < counting < 0.8
    assert right.mean() > counting + 0.08


def test_integrated_gradients_find_the_planted_evidence(splits, teacher):
    chosen = splits.test.with_documents(splits.test.documents[:60])
    found = evidence_recovery(explain(teacher, chosen.texts), chosen)
    print(found)
    assert found.gain.low > 0.1
    assert found.auprc.low > found.chance.high


def test_random_scores_find_what_chance_finds(splits):
    chosen = splits.test.documents
    random = np.random.default_rng(0)
    items = [
        explanation(document.text, list(random.normal(size=len(find_words(document.text)))))
        for document in chosen
    ]
    recovered = evidence_recovery(items, chosen)
    assert recovered.gain.contains(0)
    assert recovered.gain.high - recovered.gain.low < 0.05


def test_without_rationales_there_is_nothing_to_say():
    assert evidence_recovery([explanation("a b", [1.0, 2.0])], [Document("0", "a b")]) is None
