"""Models in fewer bits: int8 layers of torch, checkpoints of other packages, half precision."""

import json
import warnings

import numpy as np
import pytest
import torch

from astrid.errors import InputError
from astrid.explain.run import explain, predict
from astrid.models.load import load_model
from astrid.models.text_model import TransformerClassifier
from tests import model_kinds, tiny


def test_int8_answers_values_and_attentions_but_no_gradients():
    module, tokenizer = model_kinds.quantised("bert")
    model = load_model((module, tokenizer), name="small")
    assert model.answers == {"values", "attentions"}
    assert model.facts.precision == "int8"
    expected = sum(weight.numel() for weight in tiny.build("bert")[0].parameters())
    assert model.facts.parameters == expected
    with pytest.raises(InputError, match="needs gradients, which small can't give; use attention"):
        explain(model, "good day")
    full = load_model(tiny.build("bert"))
    assert np.abs(predict(model, "good day") - predict(full, "good day")).max() < 0.1


@pytest.mark.parametrize("kind", ["int8 bert", "int8 llama between labels"])
def test_int8_rows_do_not_change_each_others_answers(kind):
    model = model_kinds.kind(kind).model
    together = predict(model, tiny.SENTENCES)
    alone = np.concatenate([predict(model, text) for text in tiny.SENTENCES])
    np.testing.assert_array_equal(together, alone)
    texts = ["good day", "everyone"]  # of one length, so that they share a batch
    assert len({len(model.encode(text)) for text in texts}) == 1
    for one, text in zip(explain(model, texts, "attention"), texts, strict=True):
        (other,) = explain(model, text, "attention")
        np.testing.assert_array_equal(one.token_scores, other.token_scores)


def rounded(model, spec):
    """The model with int8 linear layers of a kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear: spec})


BY_TENSOR = torch.ao.quantization.default_dynamic_qconfig
BY_ROW = torch.ao.quantization.per_channel_dynamic_qconfig


@pytest.mark.parametrize("spec", [BY_TENSOR, BY_ROW])
@pytest.mark.parametrize("changed", ["weight", "weight times 2", "bias"])
def test_a_fingerprint_covers_what_int8_layers_hold(spec, changed):
    module, tokenizer = tiny.build("bert")
    other, _ = tiny.build("bert")
    layer = other.bert.encoder.layer[1].output.dense
    with torch.no_grad():
        if changed == "weight":
            layer.weight[7, 11] *= -1
        elif changed == "bias":
            layer.bias[7] += 0.5
        else:  # the integers stay, the scale doesn't
            layer.weight *= 2
    prints = [
        TransformerClassifier(rounded(one, spec), tokenizer).fingerprint()
        for one in (module, tiny.build("bert")[0], other)
    ]
    assert prints[0] == prints[1] != prints[2]


def test_an_int8_model_is_left_as_it_was():
    module, tokenizer = model_kinds.quantised("bert")
    module.train()
    kernel = module.config._attn_implementation
    layer = module.bert.encoder.layer[0].attention.self.query
    packed = layer._packed_params
    before = layer.weight().dequantize()
    explain(load_model((module, tokenizer)), "good day", "attention")
    assert layer._packed_params is packed
    assert torch.equal(layer.weight().dequantize(), before)
    assert module.config._attn_implementation == kernel
    assert module.training


@pytest.fixture
def folder(tmp_path):
    module, tokenizer = tiny.build("bert")
    module.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("settings", "package"),
    [
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "bitsandbytes"),
        ({"load_in_4bit": True}, "bitsandbytes"),
        ({"quant_method": "torchao", "quant_type": "int8"}, "torchao"),
        ({"quant_method": "gptq", "bits": 4}, "gptqmodel"),
        ({"quant_method": "no-such-thing"}, "transformers doesn't know"),
    ],
)
def test_checkpoints_of_absent_packages_are_refused_in_one_line(
    folder, settings, package, monkeypatch
):
    monkeypatch.setattr("astrid.models.quantised.find_spec", lambda name: None)
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "quantization_config": settings}))
    with pytest.raises(InputError, match=package) as caught:
        load_model(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("precision", "known"),
    [("bf16", "bfloat16"), ("fp16", "float16"), ("fp32", "float32"), ("bfloat16", "bfloat16")],
)
def test_precision_is_a_choice_and_on_the_record(folder, precision, known):
    model = load_model(folder, precision=precision)
    assert model.facts.precision == known
    expected = predict(load_model(folder), "good day")
    np.testing.assert_allclose(predict(model, "good day"), expected, atol=0.03)
    for method in ("gradient_x_input", "integrated_gradients", "lime", "attention"):
        (found,) = explain(model, "good day", method)
        assert found.precision == found.to_dict()["precision"] == known
        assert np.isfinite(found.token_scores).all()


def test_half_precision_is_never_silent(folder):
    for dtype in (torch.float16, torch.bfloat16):
        module, tokenizer = tiny.build("bert")
        module.to(dtype).save_pretrained(folder)
        assert load_model(folder).facts.precision == "float32"
        model = load_model((module, tokenizer))
        assert model.facts.precision == str(dtype).removeprefix("torch.")


def test_an_unknown_precision_names_the_nearest(folder):
    with pytest.raises(InputError, match='precision "bf32"'):
        load_model(folder, precision="bf32")
