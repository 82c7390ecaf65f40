"""An adapter goes on and comes off, and the base model is what it was."""

import pytest
import torch

from astrid.errors import InputError
from astrid.training.lora.adapter import adapted, learnt, target_modules
from astrid.training.lora.spec import LoraSpec
from tests import tiny_lm


def bytes_of(model) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in model.state_dict().items()}


ATTENTION = {"q_proj", "k_proj", "v_proj", "o_proj"}


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ("llama", ATTENTION | {"gate_proj", "up_proj", "down_proj"}),
        ("gpt2", {"c_attn", "c_proj", "c_fc"}),
    ],
)
def test_every_linear_layer_but_that_of_the_logits_is_adapted(architecture, expected) -> None:
    with adapted(tiny_lm.build(architecture)[0], LoraSpec()) as wrapped:
        layers = {name.split(".lora_")[0].rpartition(".")[2] for name in learnt(wrapped)}
    assert layers == expected


def test_layers_can_be_chosen() -> None:
    spec = LoraSpec(target_modules=("q_proj", "v_proj"))
    with adapted(tiny_lm.build("llama")[0], spec) as wrapped:
        layers = {name.split(".lora_")[0].rpartition(".")[2] for name in learnt(wrapped)}
    assert layers == {"q_proj", "v_proj"}


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
