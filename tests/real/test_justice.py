"""Long legal texts: the main job runs through, and the majority stands beside the accuracy."""

import pytest

from astrid.analysis.evaluation import evaluate
from astrid.analysis.examine import ExplainSettings, compare_models
from astrid.models.load import load_model
from astrid.spec import checked
from astrid.text.load import DataSpec, load_splits
from astrid.training.fit import fit
from astrid.training.spec import TrainSpec

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def splits(real_data):
    params = {"path": str(real_data / "justice"), "limit": 150}
    return load_splits(DataSpec(source="justice", params=params))


@pytest.fixture(scope="module")
def models(splits, real_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("justice")
    members = {
        "teacher": {"init": "pretrained", "source": str(real_weights / "minilm-l6")},
        "copy": {"init": "teacher", "teacher": str(folder / "teacher"), "layers": 3},
    }
    for name, encoder in members.items():
        settings = {
            "encoder": {**encoder, "max_length": 256},
            "trainer": {"epochs": 1, "batch_size": 16, "learning_rate": 5e-5},
        }
        spec = checked(TrainSpec, settings, name)
        fit(spec, splits.train, splits.validation, folder / name, progress=False)
    return [load_model(folder / name) for name in members]


def test_the_figures_are_there_with_the_majority_beside_them(splits, models):
    found = evaluate(models[0], splits.test)
    assert found.accuracy.low <= found.accuracy.value <= found.accuracy.high
    assert 0.5 <= found.majority <= 0.8


def test_long_texts_are_compared_and_cut_ones_say_so(splits, models):
    explaining = ExplainSettings(texts=4, params={"steps": 8})
    found = compare_models(models[0], models[1:], splits.test, explaining=explaining)
    assert found.family.rows[0].comparison.similarity.has_interval
    assert all(len(item.tokens) <= 256 for item in found.teacher)
    whole = [models[0].encode(item.text).truncated for item in found.teacher]
    assert whole == [item.truncated for item in found.teacher]
