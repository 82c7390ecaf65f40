"""Opening language models: the rules and the one clear line for what can't be opened."""

import json

import numpy as np
import pytest
import torch

import astrid
from astrid.errors import InputError
from astrid.explain.run import predict
from astrid.models.causal.prompt import Prompt
from tests import tiny, tiny_lm


@pytest.fixture
def folder(tmp_path):
    model, tokenizer = tiny_lm.build("llama")
    model.save_pretrained(tmp_path / "lm")
    tokenizer.save_pretrained(tmp_path / "lm")
    return tmp_path / "lm"


def test_a_folder_gives_what_the_pair_gives(folder):
    asked = {"prompt": "Case: {text}\nIt was", "labels": tiny_lm.LABELS}
    loaded = astrid.load_language_model(folder, **asked)
    assert loaded.name == "lm"
    assert loaded.prompt == Prompt("Case: ", "\nIt was")
    pair = astrid.load_language_model(tiny_lm.build("llama"), **asked)
    np.testing.assert_allclose(
        predict(loaded, tiny.SENTENCES), predict(pair, tiny.SENTENCES), atol=1e-6
    )


def test_half_precision_reads_like_full(folder):
    full, half = (
        astrid.load_language_model(folder, labels=tiny_lm.LABELS, precision=precision)
        for precision in ("float32", "bf16")
    )
    assert half.module.dtype == torch.bfloat16
    assert half.facts.precision == "bfloat16"
    difference = np.abs(predict(full, tiny.SENTENCES) - predict(half, tiny.SENTENCES))
    assert difference.max() < 0.1


def _without(name):
    return lambda folder: (folder / name).unlink()


def _pickled(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _cut(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])


def _encoder(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))


def _classifier(folder):
    tiny.build("llama")[0].save_pretrained(folder)


def _adapter(folder):
    (folder / "adapter_config.json").write_text("{}")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_without("tokenizer.json"), "no tokenizer files"),
        (_without("config.json"), "no config.json"),
        (_without("model.safetensors"), "no model.safetensors"),
        (_pickled, "only pickled weights"),
        (_cut, "damaged or cut off"),
        (_encoder, "bert doesn't generate from left to right"),
        (_classifier, "incomplete for a language model"),
        (_adapter, "names no peft_type"),
    ],
)
def test_what_is_no_language_model_is_one_clear_line(folder, damage, message):
    damage(folder)
    with pytest.raises(InputError, match=message) as error:
        astrid.load_language_model(folder)
    assert "\n" not in str(error.value)


def test_a_tokenizer_without_offsets_is_refused():
    class Slow:
        backend_tokenizer = None

    with pytest.raises(InputError, match="fast tokenizer"):
        astrid.load_language_model((tiny_lm.build("gpt2")[0], Slow()))


def test_a_pattern_without_the_text_s_place_is_refused(folder):
    with pytest.raises(InputError, match=r"write \{text\} once"):
        astrid.load_language_model(folder, prompt="Case:")
