"""What every compression must do. A new file in models/compression is under these tests at once."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from astrid.errors import InputError
from astrid.explain.run import explain, predict
from astrid.models.compression import (
    Calibration,
    CompressionSpec,
    compress,
    compression_names,
    parse_compression,
)
from astrid.models.heads import head_names
from astrid.models.load import load_model
from astrid.models.loading import load_classifier
from astrid.models.quantised import has_gradients
from astrid.models.saving import save_model
from astrid.plugins import load
from astrid.spec import Spec
from tests import model_kinds, tiny

NAMES = compression_names()
FAMILY = "astrid.models.compression"


def given(head: str = "linear") -> tuple[Any, Calibration]:
    module, tokenizer = model_kinds.astrid_classifier(head)
    return module, Calibration(tokenizer, tiny.SENTENCES, [0, 1, 2, 0, 1])


def weights(module: Any) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


@pytest.mark.parametrize("name", NAMES)
def test_exports_settings_with_defaults_and_a_number(name: str) -> None:
    module = load(FAMILY, name)
    assert issubclass(module.Params, Spec)
    module.Params()
    if module.NUMBER is None:
        with pytest.raises(InputError, match="takes no number"):
            parse_compression(f"{name}1")
    else:
        setting, _ = module.NUMBER
        assert setting in module.Params.model_fields
        assert setting in parse_compression(f"{name}1").params
    assert parse_compression(name) == CompressionSpec(name=name)


@pytest.mark.parametrize("head", head_names())
@pytest.mark.parametrize("name", NAMES)
def test_works_on_every_head_and_survives_saving(name: str, head: str, tmp_path: Path) -> None:
    module, calibration = given(head)
    small = compress(CompressionSpec(name=name), module, calibration)
    save_model(tmp_path / "small", small, calibration.tokenizer, {})
    assert not list(tmp_path.rglob("*.bin"))
    again, _, warnings = load_classifier(tmp_path / "small")
    assert warnings == ()
    before = load_model((small, calibration.tokenizer))
    after = load_model(tmp_path / "small")
    expected = predict(before, tiny.SENTENCES)
    np.testing.assert_allclose(predict(after, tiny.SENTENCES), expected, atol=1e-6)
    assert after.answers == before.answers
    assert has_gradients(again) == has_gradients(small)
    method = "gradient_x_input" if "gradients" in after.answers else "attention"
    ours, theirs = (explain(model, tiny.SENTENCES[0], method)[0] for model in (before, after))
    np.testing.assert_allclose(theirs.token_scores, ours.token_scores, atol=1e-6)
    save_model(tmp_path / "twice", again, calibration.tokenizer, {})
    assert (tmp_path / "twice/model.safetensors").read_bytes() == (
        tmp_path / "small/model.safetensors"
    ).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_leaves_its_model_alone_and_is_deterministic(name: str) -> None:
    module, calibration = given()
    module.train()
    before, config = weights(module), module.config.to_dict()
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    first = compress(CompressionSpec(name=name), module, calibration)
    assert torch.equal(state, torch.random.get_rng_state()), "the caller's randomness is left alone"
    assert not first.training
    assert module.training
    assert module.config.to_dict() == config
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert all(weight.grad is None for weight in module.parameters())
    second = compress(CompressionSpec(name=name), module, calibration)
    ours, theirs = (load_model((one, calibration.tokenizer)) for one in (first, second))
    assert ours.fingerprint() == theirs.fingerprint()
    assert ours.fingerprint() != load_model((module, calibration.tokenizer)).fingerprint()


@pytest.mark.parametrize("name", NAMES)
def test_every_method_runs_or_is_refused_in_one_line(name: str) -> None:
    from astrid.explain import methods as family

    module, calibration = given()
    small = compress(CompressionSpec(name=name), module, calibration)
    model = load_model((small, calibration.tokenizer), name="small")
    for method in family.names():
        needs = load(family.__name__, method).NEEDS
        if needs <= model.answers:
            (found,) = explain(model, "good day", method)
            assert np.isfinite(found.token_scores).all(), method
        else:
            with pytest.raises(InputError, match="which small can't give") as caught:
                explain(model, "good day", method)
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_refuses_int8_weights_and_unknown_settings(name: str) -> None:
    module, calibration = given()
    packed = compress(CompressionSpec(name="int8"), module)
    with pytest.raises(InputError, match="quantised"):
        compress(CompressionSpec(name=name), packed, calibration)
    with pytest.raises(InputError, match=r"compression\.params\.no_such"):
        compress(CompressionSpec(name=name, params={"no_such": 1}), module, calibration)
