"""An adapter goes on and comes off, and the base model is what it was."""

import pytest
import torch
from transformers import MambaConfig, MambaForCausalLM

from astrid.errors import InputError
from astrid.training.lora.adapter import adapted, learnt, target_modules
from astrid.training.lora.spec import LoraSpec
from tests import tiny_lm


def bytes_of(model) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in model.state_dict().items()}


@pytest.mark.parametrize(
    ("architecture", "expected"), [("llama", ["q_proj", "v_proj"]), ("gpt2", ["c_attn"])]
)
def test_the_layers_are_those_usual_for_the_architecture(architecture, expected) -> None:
    assert target_modules(tiny_lm.build(architecture)[0]) == expected


def test_an_architecture_that_is_not_known_has_every_linear_layer_adapted() -> None:
    config = MambaConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, state_size=4)
    assert target_modules(MambaForCausalLM(config)) == "all-linear"


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    model = tiny_lm.build("llama")[0]
    assert target_modules(model, ("o_proj",)) == ["o_proj"]
    with pytest.raises(InputError, match='no linear layer "q_prj"; did you mean "q_proj"'):
        target_modules(model, ("q_prj",))


def checkpointed(model) -> bool:
    return any(getattr(part, "gradient_checkpointing", False) for part in model.modules())


def changed_and_interrupted(model) -> None:
    with adapted(model, LoraSpec(gradient_checkpointing=True)) as wrapped:
        assert all(".lora_" in name for name in learnt(wrapped))
        assert checkpointed(model)
        with torch.no_grad():
            for weight in learnt(wrapped).values():
                weight.add_(1)
        raise KeyboardInterrupt


@pytest.mark.parametrize("architecture", tiny_lm.ARCHITECTURES)
def test_taken_off_it_leaves_no_trace(architecture: str) -> None:
    model = tiny_lm.build(architecture)[0]
    frozen = next(model.parameters()).requires_grad_(False)
    before, learns = bytes_of(model), [w.requires_grad for w in model.parameters()]
    with pytest.raises(KeyboardInterrupt):
        changed_and_interrupted(model)
    assert bytes_of(model) == before
    assert not frozen.requires_grad
    assert [w.requires_grad for w in model.parameters()] == learns
    assert not checkpointed(model)
    assert not any(part.training for part in model.modules())
    with adapted(model, LoraSpec()):
        pass


def test_checkpointing_gives_the_same_gradient() -> None:
    model, _ = tiny_lm.build("llama")
    ids = torch.arange(12)[None]
    found = []
    for wanted in (False, True):
        torch.manual_seed(0)
        spec = LoraSpec(gradient_checkpointing=wanted, dropout=0)
        with adapted(model, spec) as wrapped:
            wrapped(input_ids=ids, labels=ids, use_cache=False).loss.backward()
            found.append([w.grad.clone() for w in wrapped.parameters() if w.requires_grad])
    assert any(gradient.abs().max() > 0 for gradient in found[0])
    for plain, again in zip(*found, strict=True):
        torch.testing.assert_close(plain, again)


def test_two_adapters_are_refused() -> None:
    model = tiny_lm.build("llama")[0]
    with adapted(model, LoraSpec()) as wrapped:
        second = adapted(wrapped, LoraSpec())
        with pytest.raises(InputError, match="adapter already"):
            second.__enter__()


def test_a_model_without_checkpointing_is_named() -> None:
    model = tiny_lm.build("llama")[0]
    model.supports_gradient_checkpointing = False
    before = bytes_of(model)
    with pytest.raises(InputError, match="llama doesn't have it"):
        adapted(model, LoraSpec(gradient_checkpointing=True)).__enter__()
    assert bytes_of(model) == before
