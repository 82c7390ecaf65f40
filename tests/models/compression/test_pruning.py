"""Zeros, heads and layers: known answers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from astrid.errors import InputError
from astrid.explain.run import explain, predict
from astrid.models.attention_heads import attentions
from astrid.models.compression import Calibration, CompressionSpec, compress
from astrid.models.compression.prune import linear_layers, zeros
from astrid.models.compression.prune_heads import head_importance
from astrid.models.load import load_model
from astrid.models.saving import save_model
from astrid.models.sizes import disk_bytes, nonzero_parameters
from tests import model_kinds, tiny

LABELS = [0, 1, 2, 0, 1]


def smaller(name: str, module: Any, calibration: Any = None, **params: Any) -> Any:
    return compress(CompressionSpec(name=name, params=params), module, calibration)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_smallest_weights_of_all_layers_go(share: float) -> None:
    module, _ = model_kinds.astrid_classifier("linear")
    small = smaller("prune", module, share=share)
    before = torch.cat([layer.weight.flatten() for layer in linear_layers(module)]).detach()
    after = torch.cat([layer.weight.flatten() for layer in linear_layers(small)]).detach()
    gone = after == 0
    assert int(gone.sum()) == round(share * len(before))
    assert torch.equal(after[~gone], before[~gone])
    assert before[gone].abs().max() <= before[~gone].abs().min()
    assert torch.equal(small.head.output.weight, module.head.output.weight)
    assert sum(int(zero.sum()) for _, zero in zeros(small)) == int(gone.sum())
    assert nonzero_parameters(module) - nonzero_parameters(small) == int(gone.sum())


@pytest.mark.parametrize("architecture", ["bert", "distilbert", "roberta", "electra"])
def test_a_head_that_is_taken_out_is_a_head_whose_output_is_zero(architecture: str) -> None:
    module, tokenizer = tiny.build(architecture)
    small = smaller("prune_heads", module, share=0.5)
    kept = [_kept(a, b) for a, b in _layers(module, small)]
    for layer, heads in zip(attentions(module.base_model), kept, strict=True):
        assert len(heads) == 2
        for head in set(range(4)) - set(heads):
            with torch.no_grad():
                layer.matrix(3).weight[:, head * 8 : (head + 1) * 8] = 0
    expected = predict(load_model((module, tokenizer)), tiny.SENTENCES)
    found = load_model((small, tokenizer))
    np.testing.assert_allclose(predict(found, tiny.SENTENCES), expected, atol=1e-5)
    for method in ("attention_rollout", "attention_x_gradient", "integrated_gradients"):
        explain(found, "good day", method)


def _layers(module: Any, small: Any) -> Any:
    return zip(attentions(module.base_model), attentions(small.base_model), strict=True)


def _kept(before: Any, after: Any) -> list[int]:
    """Which heads of `before` are those of `after`, by their values."""
    old = before.matrix(2).weight.unflatten(0, (before.heads, before.size))
    new = after.matrix(2).weight.unflatten(0, (after.heads, after.size))
    return [next(i for i, one in enumerate(old) if torch.equal(one, head)) for head in new]


def test_importance_is_what_a_mask_does_to_the_loss() -> None:
    module, tokenizer = model_kinds.astrid_classifier("linear")
    calibration = Calibration(tokenizer, tiny.SENTENCES, LABELS)
    found = head_importance(module.eval(), calibration, most=100)
    assert found.shape == (2, 4)
    step = 1e-3
    expected = torch.zeros(2, 4)
    for place, layer in enumerate(attentions(module.encoder)):
        for head in range(4):
            columns = slice(head * 8, (head + 1) * 8)
            for text, label in zip(tiny.SENTENCES, LABELS, strict=True):
                losses = []
                for change in (step, -step):
                    weight = layer.matrix(3).weight.data
                    original = weight.clone()
                    weight[:, columns] *= 1 + change
                    losses.append(_loss(module, tokenizer, text, label))
                    weight.copy_(original)
                expected[place, head] += abs(losses[0] - losses[1]) / (2 * step)
    torch.testing.assert_close(found, expected / len(LABELS), rtol=0.03, atol=2e-3)


def _loss(module: Any, tokenizer: Any, text: str, label: int) -> float:
    with torch.no_grad():
        batch = tokenizer(text, return_tensors="pt", padding=False)
        logits = module(**batch).logits
        return float(nn.functional.cross_entropy(logits.double(), torch.tensor([label])))


def test_the_least_important_heads_go() -> None:
    module, tokenizer = model_kinds.astrid_classifier("linear")
    calibration = Calibration(tokenizer, tiny.SENTENCES, LABELS)
    importance = head_importance(module.eval(), calibration, most=256)
    small = smaller("prune_heads", module, calibration, share=0.25)
    for (before, after), scores in zip(_layers(module, small), importance, strict=True):
        assert set(range(4)) - set(_kept(before, after)) == {int(scores.argmin())}


def test_a_dead_head_goes_first_with_texts_and_without() -> None:
    module, tokenizer = model_kinds.astrid_classifier("linear")
    with torch.no_grad():
        for layer in attentions(module.encoder):
            layer.matrix(3).weight[:, 16:24] = 0
    for calibration in (None, Calibration(tokenizer, tiny.SENTENCES, LABELS)):
        small = smaller("prune_heads", module, calibration, share=0.25)
        full, less = load_model((module, tokenizer)), load_model((small, tokenizer))
        np.testing.assert_allclose(
            predict(less, tiny.SENTENCES), predict(full, tiny.SENTENCES), atol=1e-5
        )


def test_fewer_heads_are_a_smaller_file(tmp_path: Path) -> None:
    module, tokenizer = model_kinds.astrid_classifier("linear")
    save_model(tmp_path / "full", module, tokenizer, {})
    save_model(tmp_path / "less", smaller("prune_heads", module, share=0.5), tokenizer, {})
    # Half of four matrices of 32 by 32, and of three biases, in each of two layers.
    saved = 2 * (4 * 32 * 16 + 3 * 16) * 4
    difference = disk_bytes(tmp_path / "full") - disk_bytes(tmp_path / "less")
    assert difference == pytest.approx(saved, abs=200)  # the header's numbers are shorter


@pytest.mark.parametrize(("which", "kept"), [("top", [0, 1]), ("spaced", [0, 3])])
def test_layers_that_are_left(which: str, kept: list[int]) -> None:
    module = _deep(4)
    small = smaller("drop_layers", module, count=2, which=which)
    layers = small.encoder.encoder.layer
    assert len(layers) == small.config.encoder_config["num_hidden_layers"] == 2
    for layer, place in zip(layers, kept, strict=True):
        original = module.encoder.encoder.layer[place]
        assert torch.equal(layer.output.dense.weight, original.output.dense.weight)
    assert len(module.encoder.encoder.layer) == 4


def _deep(layers: int) -> Any:
    from astrid.models.classifier import AstridClassifier
    from astrid.models.configuration import AstridConfig

    module, _ = tiny.build("bert")
    encoder = {**module.config.to_dict(), "num_hidden_layers": layers}
    return AstridClassifier(AstridConfig(encoder_config=encoder, id2label=tiny.LABELS)).eval()


@pytest.mark.parametrize(
    ("name", "params", "architecture", "says"),
    [
        ("drop_layers", {"count": 2}, "bert", "2 of 2 layers leave none"),
        ("drop_layers", {}, "albert", "can't be picked one by one"),
        ("prune_heads", {"share": 0.1}, "bert", "0.1 of 4 heads is none"),
        ("prune_heads", {}, "gpt2", "heads of gpt2 can't be taken out"),
        ("prune_heads", {}, "deberta-v2", "can't be taken out"),
        ("prune", {"share": 1.0}, "bert", "share"),
    ],
)
def test_refusals(name: str, params: dict[str, Any], architecture: str, says: str) -> None:
    module, _ = tiny.build(architecture)
    with pytest.raises(InputError, match=says):
        smaller(name, module, **params)


def test_one_head_at_least_stays() -> None:
    module, tokenizer = model_kinds.astrid_classifier("linear")
    small = smaller("prune_heads", module, share=0.99)
    assert all(layer.heads == 1 for layer in attentions(small.encoder))
    explain(load_model((small, tokenizer)), "good day", "attention_rollout")
