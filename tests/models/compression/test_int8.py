"""int8 weights: what they hold, what a file of them weighs, and what can't be done with them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoModelForSequenceClassification

from astrid.errors import InputError
from astrid.explain.run import predict
from astrid.models.compression import CompressionSpec, compress
from astrid.models.int8_layers import Int8Embedding
from astrid.models.load import load_model
from astrid.models.loading import load_encoder
from astrid.models.saving import save_model
from astrid.models.sizes import disk_bytes, nonzero_parameters
from tests import model_kinds, tiny


def int8(module: Any, **params: bool) -> Any:
    return compress(CompressionSpec(name="int8", params=params), module)


@pytest.fixture
def pair() -> tuple[Any, Any]:
    return model_kinds.astrid_classifier("mlp")


@pytest.mark.parametrize("by_row", [True, False])
def test_no_weight_is_off_by_more_than_half_a_step(by_row: bool, pair: tuple[Any, Any]) -> None:
    module, _ = pair
    small = int8(module, by_row=by_row)
    checked = 0
    for name, layer in module.named_modules():
        if isinstance(layer, nn.Linear):
            found = small.get_submodule(name).weight().dequantize()
            largest = layer.weight.abs().amax(dim=1, keepdim=True) if by_row else layer.weight.abs()
            step = largest.max(dim=1, keepdim=True).values if by_row else largest.max()
            # One end of the range is 127 steps from zero, the other 128.
            assert ((found - layer.weight).abs() <= step / 127.5 * 0.501 + step / 255).all(), name
            checked += 1
    assert checked > 10


def test_the_file_holds_integers_and_is_a_quarter(tmp_path: Path) -> None:
    module, tokenizer = model_kinds.astrid_classifier("mlp")
    save_model(tmp_path / "full", module, tokenizer, {})
    save_model(tmp_path / "int8", int8(module, embeddings=True), tokenizer, {})
    tensors = load_file(tmp_path / "int8/model.safetensors")
    matrices = [value for value in tensors.values() if value.ndim == 2]
    small = [value for value in matrices if value.dtype == torch.int8]
    # Positions and segments stay as they were.
    assert sum(v.numel() for v in small) > 0.95 * sum(v.numel() for v in matrices)
    head = [n for n in tensors if n.startswith("head.hidden.3.")]
    floats = 4 * sum(p.numel() for p in module.head.hidden[3].parameters())
    assert 3.7 < floats / sum(tensors[n].nbytes for n in head) <= 4
    assert disk_bytes(tmp_path / "int8") < 0.4 * disk_bytes(tmp_path / "full")
    assert sorted(path.suffix for path in (tmp_path / "int8").iterdir()) == sorted(
        [".json"] * 4 + [".safetensors"]
    )


@pytest.mark.parametrize("by_row", [True, False])
def test_transformers_alone_opens_the_folder(
    by_row: bool, pair: tuple[Any, Any], tmp_path: Path
) -> None:
    module, tokenizer = pair
    small = int8(module, by_row=by_row)
    save_model(tmp_path / "int8", small, tokenizer, {})
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path / "int8")
    batch = tokenizer("good day", return_tensors="pt", padding=False)
    with torch.no_grad():
        torch.testing.assert_close(
            plain.eval()(**batch).logits, small(**batch).logits, atol=1e-6, rtol=0
        )


def test_embeddings_are_rounded_by_row() -> None:
    torch.manual_seed(0)
    table = nn.Embedding(5, 8, padding_idx=0)
    small = Int8Embedding.of(table)
    largest = table.weight.detach().abs().amax(dim=1, keepdim=True)
    assert ((small.weight - table.weight).abs() <= largest / 127 * 0.501).all()
    assert torch.equal(small.weight[0], torch.zeros(8)), "a row of zeros stays one"
    ids = torch.tensor([[1, 4], [0, 2]])
    assert torch.equal(small(ids), small.weight[ids])


def test_numbers_of_weights_stay(pair: tuple[Any, Any]) -> None:
    module, tokenizer = pair
    full = load_model(pair)
    for embeddings in (False, True):
        small = int8(module, embeddings=embeddings)
        assert load_model((small, tokenizer)).facts.parameters == full.facts.parameters
        assert 0.9 * full.facts.parameters < nonzero_parameters(small) <= nonzero_parameters(module)


def test_any_classifier_of_transformers_can_be_int8_in_memory() -> None:
    for architecture in ("distilbert", "roberta"):
        module, tokenizer = tiny.build(architecture)
        small = load_model((int8(module), tokenizer))
        assert small.facts.precision == "int8"
        assert "gradients" not in small.answers
        expected = predict(load_model((module, tokenizer)), tiny.SENTENCES)
        assert np.abs(predict(small, tiny.SENTENCES) - expected).max() < 0.2


def test_what_int8_can_not_do_is_said(pair: tuple[Any, Any], tmp_path: Path) -> None:
    module, tokenizer = pair
    save_model(tmp_path / "int8", int8(module), tokenizer, {})
    with pytest.raises(InputError, match="leave out precision"):
        load_model(tmp_path / "int8", precision="bf16")
    with pytest.raises(InputError, match="int8 weights can't be trained"):
        load_encoder(str(tmp_path / "int8"))
    with pytest.raises(InputError, match="not float32"):
        int8(tiny.build("bert")[0].half())


@pytest.mark.parametrize(
    ("said", "match"), [("everything", 'int8 in config.json is "every'), (None, "missing")]
)
def test_a_changed_config_does_not_pass(
    said: str | None, match: str, pair: tuple[Any, Any], tmp_path: Path
) -> None:
    module, tokenizer = pair
    save_model(tmp_path / "int8", int8(module), tokenizer, {})
    path = tmp_path / "int8/config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "int8": said}))
    with pytest.raises(InputError, match=match):
        load_model(tmp_path / "int8")
