"""A fine-tuned teacher, a copy of its layers and a student from scratch, on real tweets."""

import numpy as np
import pytest

from astrid.analysis.evidence import evidence_recovery
from astrid.analysis.examine import compare, compare_models
from astrid.explain.run import explain, predict
from astrid.measures._baselines import bag_of_words
from astrid.models.load import load_model
from astrid.spec import checked
from astrid.text.load import DataSpec, load_splits
from astrid.training.fit import fit
from astrid.training.spec import TrainSpec

pytestmark = [pytest.mark.real, pytest.mark.slow]

TRAINER = {"epochs": 3, "batch_size": 16, "learning_rate": 5e-5}


@pytest.fixture(scope="module")
def splits(real_data):
    labels = {"path": str(real_data / "tweets"), "labels": ["negative", "positive"]}
    return load_splits(DataSpec(source="tweets", params=labels, fractions=(0.7, 0.1, 0.2)))


@pytest.fixture(scope="module")
def family(splits, real_weights, tmp_path_factory):
    """Folders of the three models."""
    folder = tmp_path_factory.mktemp("tweets")
    small = {"hidden_size": 128, "attention_heads": 4, "intermediate_size": 256}
    members = {
        "teacher": {"init": "pretrained", "source": str(real_weights / "minilm-l6")},
        "copy": {"init": "teacher", "teacher": str(folder / "teacher"), "layers": 3},
        "scratch": {"preset": "mini", "init": "scratch", **small},
    }
    for name, encoder in members.items():
        trainer = TRAINER | ({"learning_rate": 5e-4} if name == "scratch" else {})
        settings = {"encoder": {**encoder, "max_length": 64}, "trainer": trainer}
        spec = checked(TrainSpec, settings, name)
        fit(spec, splits.train, splits.validation, folder / name, progress=False)
    return {name: load_model(folder / name) for name in members}


def test_the_teacher_is_well_above_counting_words(splits, family):
    texts = [*splits.validation.texts, *splits.test.texts]
    gold = [*splits.validation.labels, *splits.test.labels]
    right = np.mean(predict(family["teacher"], texts).argmax(axis=1) == gold)
    both = splits.test.with_documents([*splits.validation.documents, *splits.test.documents])
    counting = bag_of_words(splits.train, both)
    print(f"teacher {right:.3f}, bag of words {counting:.3f}, {len(gold)} tweets")
    assert right > counting + 0.05


def test_a_copy_reasons_more_like_its_teacher_than_a_student_from_scratch(splits, family):
    students = [family["copy"], family["scratch"]]
    compared = compare_models(family["teacher"], students, splits.test).family
    copy, scratch = (row.comparison.similarity for row in compared.rows)
    assert copy.low > scratch.high
    assert scratch.value > compared.chance.value


def test_the_teacher_compared_with_itself_is_alike(splits, family):
    same = compare(family["teacher"], family["teacher"], splits.test.texts[:10])
    assert same.similarity.value == pytest.approx(1.0, abs=1e-6)


def test_people_chose_the_words_that_the_teacher_uses(splits, family):
    chosen = splits.test.with_documents(splits.test.documents[:60])
    found = evidence_recovery(explain(family["teacher"], chosen.texts), chosen)
    print(found)
    assert found.auprc.low > found.chance.value
