"""Personality types of real people from their posts, with a pretrained encoder."""

import numpy as np
import pytest

from astrid.analysis.task_baselines import LabelledTexts
from astrid.analysis.task_comparison import judge_tasks
from astrid.analysis.task_reading import read
from astrid.config import compose
from astrid.mbti.classifier import MBTIClassifier
from astrid.spec import checked
from astrid.text.load import DataSpec, load_splits
from astrid.text.personality import AXES
from astrid.training.fit import fit
from astrid.training.spec import TrainSpec

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def data(real_data):
    params = {"path": str(real_data / "mbti"), "limit": 36}
    return DataSpec(source="mbti", params=params, fractions=(0.6, 0.1, 0.3))


@pytest.fixture(scope="module")
def classifier(data, real_weights, tmp_path_factory):
    """The head alone learns: seconds instead of minutes, and enough to see that all fits."""
    folder = tmp_path_factory.mktemp("mbti") / "model"
    overrides = [
        f"encoder.source={real_weights / 'minilm-l6'}",
        "head.params.pooling=mean",
        "trainer=quick",
        "trainer.strategy=frozen",
        "trainer.learning_rate=1e-3",
    ]
    settings = compose("mbti/train", overrides) | {"data": data.model_dump(mode="json")}
    splits = load_splits(data)
    fit(checked(TrainSpec, settings, "train"), splits.train, splits.validation, folder, False)
    return MBTIClassifier.load_from_checkpoint(folder)


def test_posts_are_joined_to_what_the_encoder_reads_and_judged_by_person(data, classifier):
    splits = load_splits(data)
    people = [{document.group for document in part} for part in (splits.train, splits.test)]
    assert not people[0] & people[1]
    texts, probabilities = read(classifier.model, splits.test)
    lengths = [len(classifier.model.encode(text)) for text in texts.texts]
    assert max(lengths) <= 128
    assert np.median(lengths) > 100
    assert set(texts.groups) == people[1]
    train = LabelledTexts.of(splits.train, classifier.model.tasks)
    board = judge_tasks("minilm", classifier.model.tasks, probabilities, train, texts)
    assert board.evaluation.unit == "group"
    assert board.evaluation.units == len(people[1])
    for axis in AXES:
        accuracy = board.evaluation.tasks[axis].measures["accuracy"]
        assert accuracy.low <= accuracy.value <= accuracy.high
        assert accuracy.high - accuracy.low > 0.2, "a dozen people tell little, and it shows"


def test_the_answer_to_a_persons_posts_is_that_of_the_evaluation(data, classifier):
    splits = load_splits(data)
    texts, probabilities = read(classifier.model, splits.test)
    person = texts.groups[0]
    posts = [document.text for document in splits.test if document.group == person]
    rows = [row for row, group in zip(probabilities, texts.groups, strict=True) if group == person]
    found = classifier.predict_proba("|||".join(posts))
    np.testing.assert_allclose(found, np.mean(rows, axis=0), atol=1e-4)
