"""Weights in 4 bits need a GPU and a package; where one is missing, a line says which."""

from pathlib import Path
from typing import Any

import pytest
import torch

from astrid.errors import InputError
from astrid.models import loading
from astrid.models.causal import four_bit
from tests import tiny_lm


def test_without_a_gpu_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="needs an NVIDIA GPU, and there is none here"):
        four_bit.load_four_bit("anything")


@pytest.mark.parametrize("missing", ["bitsandbytes", "accelerate"])
def test_a_missing_package_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(four_bit, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(InputError, match=f"pip install {missing}"):
        four_bit.require_four_bit()


def test_the_settings_reach_transformers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tokenizer = tiny_lm.build("llama")
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    seen: dict[str, Any] = {}

    def read(source: str, **settings: Any) -> Any:
        seen.update(settings)
        return model, {"missing_keys": []}

    monkeypatch.setattr(loading.AutoModelForCausalLM, "from_pretrained", read)
    monkeypatch.setattr(four_bit, "require_four_bit", lambda: None)
    four_bit.load_four_bit(tmp_path)
    chosen = seen["quantization_config"]
    assert chosen.load_in_4bit
    assert chosen.bnb_4bit_quant_type == "nf4"
    assert seen["dtype"] == chosen.bnb_4bit_compute_dtype
    seen.clear()
    loading.load_causal(tmp_path)
    assert "quantization_config" not in seen


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_weights_are_held_in_four_bits(tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    model, tokenizer = tiny_lm.build("llama")
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    loaded = four_bit.load_four_bit(tmp_path).model
    layer = loaded.model.layers[0].self_attn.q_proj
    assert type(layer).__name__ == "Linear4bit"
    assert layer.weight.dtype == torch.uint8
