import json
from itertools import pairwise

import numpy as np
import pytest

from astrid.analysis.evaluation import evaluate
from astrid.explain.run import predict
from astrid.measures import load_measure, measure_names
from astrid.measures.statistics.quality import QualitySettings
from astrid.plots import reliability
from astrid.text.document import Corpus, Document
from tests import tiny

CLASSES = tuple(tiny.LABELS.values())


@pytest.fixture(scope="module")
def model():
    return tiny.classifier("bert")


@pytest.fixture(scope="module")
def corpus():
    texts = [" ".join(pair) for pair in pairwise(tiny.SENTENCES * 4)]
    documents = [
        Document(str(number), text, {"label": number % 3}) for number, text in enumerate(texts)
    ]
    return Corpus("cases", tuple(documents), {"label": CLASSES})


@pytest.fixture(scope="module")
def found(model, corpus):
    return evaluate(model, corpus, settings=QualitySettings(resamples=200))


def test_every_measure_is_there_with_its_own_value(found, model, corpus) -> None:
    probabilities = predict(model, corpus.texts)
    assert list(found.quality) == measure_names("quality")
    for name, estimate in found.quality.items():
        expected = load_measure(name).measure(np.array(corpus.labels), probabilities)
        assert estimate.value == pytest.approx(expected)


def test_one_number_stands_in_one_way_only(found) -> None:
    assert found.accuracy == found.quality["accuracy"]
    assert found.log_loss == found.quality["log_loss"]
    assert found.f1_score == found.quality["f1"].value
    right = sum(found.confusion[label][label] for label in range(3))
    assert sum(found.confidence.right) == right == round(found.accuracy.value * found.documents)
    assert sum(row.n for row in found.reliability) == found.documents


def test_the_json_keeps_its_keys_and_gains_three(found) -> None:
    said = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    before = [
        "model",
        "documents",
        "accuracy",
        "majority",
        "f1_score",
        "log_loss",
        "classes",
        "confusion",
    ]
    assert list(said) == [*before, "quality", "confidence", "reliability"]
    assert set(said["quality"]["mcc"]) >= {"value", "low", "high", "n", "undefined"}


def test_it_can_be_drawn(found) -> None:
    assert reliability.draw(found).data
