"""Folders that are damaged, incomplete or of another kind are refused in one line."""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2Model
from transformers.utils import logging as transformers_logging

from astrid.errors import InputError
from astrid.models.loading import load_classifier, load_encoder, load_tokenizer
from astrid.models.saving import read_record
from tests.models.conftest import TEXTS


def test_round_trip(classifier_folder: Path) -> None:
    model, tokenizer, warnings = load_classifier(classifier_folder)
    assert warnings == ()
    assert model.config.id2label == {0: "bad", 1: "good", 2: "odd"}
    assert tokenizer.model_max_length == model.config.max_sequence_length == 256
    assert not model.training
    assert read_record(classifier_folder)["metrics"] == {"accuracy": 0.5}
    assert set(read_record(classifier_folder)["versions"]) >= {"astrid", "torch", "python"}
    half = load_classifier(classifier_folder, torch.bfloat16).model
    assert half.dtype == torch.bfloat16


def test_loading_is_silent_and_restores_the_settings(
    classifier_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    before = transformers_logging.get_verbosity()
    load_classifier(classifier_folder)
    assert capfd.readouterr() == ("", "")
    assert transformers_logging.get_verbosity() == before
    assert transformers_logging.is_progress_bar_enabled()


def _truncate(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-500])


def _garble(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(os.urandom(4000))


def _no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _pickled(folder: Path) -> None:
    _no_weights(folder)
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({}))


def _no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def _half_config(folder: Path) -> None:
    path = folder / "config.json"
    path.write_text(path.read_text()[:100])


def _unknown_type(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "no-such-thing"}')


def _no_type(folder: Path) -> None:
    (folder / "config.json").write_text("{}")


def _no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def _half_tokenizer(folder: Path) -> None:
    path = folder / "tokenizer.json"
    path.write_text(path.read_text()[:100])


def _other_head(folder: Path) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "head": "no-such"}))


def _other_sizes(folder: Path) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["encoder_config"]["hidden_size"] = 32
    path.write_text(json.dumps(config))


def _fewer_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    weights = {k: v for k, v in load_file(path).items() if "layer.1" not in k}
    save_file(weights, path, metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_truncate, "damaged or cut off"),
        (_garble, "damaged or cut off"),
        (_no_weights, "no model.safetensors"),
        (_pickled, "only pickled weights"),
        (_no_config, "no config.json"),
        (_half_config, "config.json: can't be read"),
        (_unknown_type, "can't be read"),
        (_no_type, "names no model_type"),
        (_no_tokenizer, "no tokenizer files"),
        (_half_tokenizer, "its tokenizer can't be read"),
        (_other_head, "no head is called"),
        (_other_sizes, "its weights can't be read"),
        (_fewer_weights, "weights are incomplete"),
        (shutil.rmtree, "no such folder"),
    ],
)
def test_damaged_folders(
    classifier_folder: Path, damage: Callable[[Path], None], says: str
) -> None:
    damage(classifier_folder)
    with pytest.raises(InputError, match=says) as caught:
        load_classifier(classifier_folder)
    assert "\n" not in str(caught.value)


def test_a_tokenizer_with_a_damaged_token_is_one_line(classifier_folder: Path) -> None:
    """What the library of tokenizers raises here is of no kind but `Exception`."""
    path = classifier_folder / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8").replace("single_word", "&ingle_word", 1))
    with pytest.raises(InputError, match=r"its tokenizer can't be read .*single_word"):
        load_tokenizer(str(classifier_folder))


def test_untrained_heads_are_named(
    classifier_folder: Path, encoder_folder: Callable[..., Path]
) -> None:
    path = classifier_folder / "model.safetensors"
    weights = {k: v for k, v in load_file(path).items() if not k.startswith("head.")}
    save_file(weights, path, metadata={"format": "pt"})
    for folder in (classifier_folder, encoder_folder("bert")):
        (warning,) = load_classifier(folder).warnings
        assert "this model's classifier is untrained" in warning


def test_decoders_are_no_encoders(tmp_path: Path) -> None:
    sizes = {"n_layer": 1, "n_head": 1, "n_embd": 8, "vocab_size": 20}
    GPT2Model(GPT2Config(**sizes)).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="gpt2 is not an encoder"):
        load_encoder(str(tmp_path))


def test_fixed_padding_of_a_tokenizer_file_does_not_leak(
    encoder_folder: Callable[..., Path],
) -> None:
    folder = encoder_folder()
    path = folder / "tokenizer.json"
    tokenizer = load_tokenizer(str(folder))
    tokenizer.backend_tokenizer.enable_padding(length=32)
    tokenizer.backend_tokenizer.enable_truncation(5)
    tokenizer.backend_tokenizer.save(str(path))
    ids = load_tokenizer(str(folder))(TEXTS[0])["input_ids"]
    assert len(ids) == 7


def test_hub_names_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("astrid.hub.answers", lambda: False)
    with pytest.raises(InputError, match="give a local folder"):
        load_encoder("no-such-owner/no-such-model")


def test_records(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a model that Astrid trained"):
        read_record(tmp_path)
    (tmp_path / "astrid.json").write_text("{")
    with pytest.raises(InputError, match="can't be read"):
        read_record(tmp_path)


def test_code_and_kernels_named_by_a_folder_are_not_run(
    classifier_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked whether to run code"))
    witness = classifier_folder / "witness"
    code = f"open({str(witness)!r}, 'w').close()\nclass Evil: pass\n"
    (classifier_folder / "code.py").write_text(code)
    _change(classifier_folder / "tokenizer_config.json", tokenizer_class="Evil", **_CODE)
    with pytest.raises(InputError, match="tokenizer can't be read"):
        load_classifier(classifier_folder)
    _change(classifier_folder / "config.json", attn_implementation="somebody/kernel")
    with pytest.raises(InputError, match="code from the hub, which is not run"):
        load_classifier(classifier_folder)
    assert not witness.exists()


_CODE = {"auto_map": {"AutoTokenizer": ["code.Evil", "code.Evil"]}}


def _change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
