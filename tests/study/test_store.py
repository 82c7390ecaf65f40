"""What a study's folder says when it is read at any moment of a write."""

import pytest

from astrid.study import store as module
from astrid.study.grid import ModelKey
from astrid.study.store import Failure, Store
from astrid.study.tasks import fingerprints
from astrid.text.load import load_splits
from tests.small_study import small

MODEL = ModelKey("large", "linear", 0)
FAILED = Failure("train", "its process died")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, small(), {"train": "1", "evaluation": "2"})


def test_what_is_done_never_counts_as_failed(store, monkeypatch) -> None:
    seen = []
    write = module.write_atomic

    def watched(path, content) -> None:
        write(path, content)
        done = store.read_evaluation(MODEL) is not None
        seen.append((done, store.model_failure(MODEL) is not None))

    store.write_model_failure(MODEL, FAILED)
    monkeypatch.setattr(module, "write_atomic", watched)
    store.write_evaluation(MODEL, b"answers", {"accuracy": 1.0})
    assert seen == [(False, True), (True, False)]


@pytest.mark.parametrize("split", ["validation", "test"])
def test_other_validation_texts_make_other_models(tmp_path, split) -> None:
    """They choose the epoch whose weights are kept, whatever texts are explained."""

    def model_digest(validation: int) -> str:
        params = {"train": 64, "validation": validation, "test": 24}
        spec = small(
            data={"source": "verdicts", "params": params}, explaining={"texts": 6, "split": split}
        )
        return Store(tmp_path, spec, fingerprints(spec, load_splits(spec.data))).model_digest(MODEL)

    assert model_digest(24) != model_digest(30)
