"""Compressing a trained folder: what is written, what it says of itself, and what is refused."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from astrid.errors import InputError
from astrid.explain.run import explain, predict
from astrid.models.compression import compress, parse_compression
from astrid.models.load import load_model
from astrid.models.loading import load_classifier
from astrid.models.saving import read_record
from astrid.models.sizes import disk_bytes
from astrid.text.document import Corpus, Document
from astrid.training.compressing import CompressResult, Order, compress_folder
from astrid.training.fit import fit
from astrid.training.spec import TrainerSpec
from tests import tiny
from tests.training.test_distillation import wide
from tests.training.toy import corpus, killed_after_an_epoch, spec

TRAIN, VALIDATION = corpus(48, 1), corpus(24, 2)
SHORT = ("int8", "prune50", "prune_heads50", "drop_layers1")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "trained"
    settings = spec(epochs=5).model_copy(update={"encoder": wide()})
    fit(settings, TRAIN, VALIDATION, folder, progress=False)
    return folder


def order(source: Path, how: str, epochs: int = 0, **more: Any) -> Order:
    if not epochs:
        return Order(source, parse_compression(how), **more)
    settings = {"batch_size": 8, "learning_rate": 1e-3, "accelerator": "cpu"}
    given = {"train": TRAIN, "validation": VALIDATION, **more}
    recover = TrainerSpec(epochs=epochs, **settings)
    return Order(source, parse_compression(how), recover=recover, **given)


def run(asked: Order, folder: Path, overwrite: bool = False) -> CompressResult:
    return compress_folder(asked, folder, progress=False, overwrite=overwrite)


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.mark.parametrize("how", SHORT)
def test_writes_a_model_folder_that_says_what_was_done(
    how: str, trained: Path, tmp_path: Path
) -> None:
    untouched = weights(trained)
    result = run(order(trained, how, validation=VALIDATION), tmp_path / "small")
    assert weights(trained) == untouched
    assert os.listdir(tmp_path) == ["small"]
    model = load_model(tmp_path / "small")
    expected = compress(parse_compression(how), load_classifier(trained).model)
    plain = load_model((expected, load_classifier(trained).tokenizer))
    texts = VALIDATION.texts[:4]
    assert abs(predict(model, texts) - predict(plain, texts)).max() < 1e-6
    record = read_record(tmp_path / "small")
    done = record["compression"]
    assert (done["name"], done["params"]) == (
        parse_compression(how).name,
        dict(parse_compression(how).params),
    )
    assert done["source"]["identity"] == read_record(trained)["identity"]
    assert record["identity"] != done["source"]["identity"]
    assert record["spec"] == read_record(trained)["spec"]
    answers = predict(model, VALIDATION.texts).argmax(axis=1)
    assert record["metrics"]["accuracy"] == pytest.approx(
        float((answers == VALIDATION.labels).mean())
    )
    assert result.metrics == record["metrics"]
    assert result.after.disk_bytes == disk_bytes(tmp_path / "small")
    assert result.before.disk_bytes == disk_bytes(trained)


def test_sizes_say_what_shrinks(trained: Path, tmp_path: Path) -> None:
    found = {how: run(order(trained, how), tmp_path / how) for how in SHORT}
    before = found["int8"].before
    for how, result in found.items():
        assert result.after.nonzero_parameters < before.nonzero_parameters, how
        assert (result.after.disk_bytes < before.disk_bytes) == (how != "prune50"), how
        assert (result.after.parameters < before.parameters) == ("_" in how), how


def test_the_same_order_is_done_once_and_another_is_refused(trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    first = run(order(trained, "prune50"), folder)
    stamp = (folder / "model.safetensors").stat().st_mtime_ns
    again = run(order(trained, "prune50"), folder)
    assert again.reused
    assert (again.before, again.after) == (first.before, first.after)
    assert (folder / "model.safetensors").stat().st_mtime_ns == stamp
    with pytest.raises(InputError, match="--overwrite"):
        run(order(trained, "int8"), folder)
    assert not run(order(trained, "int8"), folder, overwrite=True).reused
    assert load_model(folder).facts.precision == "int8"


@pytest.mark.parametrize("how", ["prune50", "prune_heads50", "drop_layers1"])
def test_training_after_compression_wins_back_and_keeps_zeros(
    how: str, trained: Path, tmp_path: Path
) -> None:
    plain = run(order(trained, how, validation=VALIDATION), tmp_path / "plain")
    taught = run(order(trained, how, epochs=3), tmp_path / "taught")
    assert plain.metrics is not None
    assert taught.metrics is not None
    assert taught.metrics["val_loss"] < plain.metrics["val_loss"]
    assert weights(tmp_path / "taught") != weights(tmp_path / "plain")
    first, second = (load_classifier(tmp_path / name).model for name in ("plain", "taught"))
    if how != "prune50":
        return
    for name, weight in first.encoder.named_parameters():
        if (weight == 0).any() and weight.ndim == 2:
            other = second.encoder.get_parameter(name)
            if "embeddings" not in name:
                assert torch.equal(weight == 0, other == 0), name


def test_training_after_compression_goes_on_after_being_killed(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = order(trained, "prune50", epochs=3)
    run(asked, tmp_path / "whole")
    with killed_after_an_epoch(monkeypatch):
        run(asked, tmp_path / "small")
    assert sorted(os.listdir(tmp_path)) == [".small.work", "whole"]
    run(asked, tmp_path / "small")
    assert weights(tmp_path / "small") == weights(tmp_path / "whole")
    assert sorted(os.listdir(tmp_path)) == ["small", "whole"]


def test_compressions_can_follow_each_other(trained: Path, tmp_path: Path) -> None:
    run(order(trained, "prune_heads50", train=TRAIN), tmp_path / "a")
    run(order(tmp_path / "a", "drop_layers1"), tmp_path / "b")
    run(order(tmp_path / "b", "prune30"), tmp_path / "c")
    result = run(order(tmp_path / "c", "int8"), tmp_path / "d")
    assert result.after.disk_bytes < disk_bytes(trained)
    steps, record = [], read_record(tmp_path / "d")["compression"]
    while record is not None:
        steps.append(record["name"])
        record = record["source"]["compression"]
    assert steps == ["int8", "prune", "drop_layers", "prune_heads"]
    (found,) = explain(load_model(tmp_path / "d"), TRAIN.texts[0], "occlusion")
    assert len(found.token_scores)
    with pytest.raises(InputError, match="quantised already"):
        run(order(tmp_path / "d", "int8"), tmp_path / "e")
    with pytest.raises(InputError, match="can't be trained"):
        run(order(tmp_path / "d", "prune30", epochs=1), tmp_path / "e")


def test_foreign_models_are_pruned_and_layers_dropped(tmp_path: Path) -> None:
    module, tokenizer = tiny.build("roberta")
    module.save_pretrained(tmp_path / "roberta")
    tokenizer.save_pretrained(tmp_path / "roberta")
    for how in ("prune50", "drop_layers1"):
        result = run(order(tmp_path / "roberta", how), tmp_path / how)
        assert result.after.nonzero_parameters < result.before.nonzero_parameters
        explain(load_model(tmp_path / how), tiny.SENTENCES[0], "gradient_x_input")
    for how in ("int8", "prune_heads25"):
        with pytest.raises(InputError, match="only models that astrid train made"):
            run(order(tmp_path / "roberta", how), tmp_path / how)


def test_unusable_orders_are_refused_and_leave_nothing(trained: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    three = corpus(12, 1, 3)
    bare = Corpus("toy", (Document("1", "a text"),), {"label": ("bad", "good")})
    refused = [
        (order(trained, "int8", epochs=1), "leave it out"),
        (order(trained, "prune30", validation=three), "the model knows bad, good"),
        (order(trained, "prune30", epochs=1, train=None), "needs texts; give --data"),
        (order(trained, "prune_heads25", train=bare), "training row 0"),
        (order(trained, "drop_layers2"), "leave none"),
        (order(trained, "none"), "nothing to do"),
        (order(trained, "distil"), "nothing to do"),
    ]
    for asked, says in refused:
        with pytest.raises(InputError, match=says):
            run(asked, small)
    with pytest.raises(InputError, match="folder of its own"):
        run(order(trained, "int8"), trained)
    assert os.listdir(tmp_path) == []
