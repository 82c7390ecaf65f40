"""Adapters of the peft package, from memory and from folders."""

import json
import warnings

import numpy as np
import peft
import pytest
import torch
from safetensors.torch import load_file, save_file

from astrid.errors import InputError
from astrid.explain.run import explain, predict
from astrid.models import adapters
from astrid.models.load import load_model
from tests import model_kinds, tiny

TEXTS = tiny.SENTENCES[:3]
LAYERS = {
    "bert": ["query", "value"],
    "distilbert": ["q_lin", "v_lin"],
    "roberta": ["query", "value"],
    "gpt2": ["c_attn"],
    "llama": ["q_proj", "v_proj"],
}


@pytest.fixture
def adapter(tmp_path):
    """Makes a base model's folder and an adapter's, and gives the adapter's and its answers."""

    def make(architecture="bert", **base):
        model, tokenizer = model_kinds.adapted(architecture, LAYERS[architecture])
        plain = model_kinds.of(model, tokenizer).plain
        expected = np.stack([plain(text) for text in TEXTS])
        module, _ = tiny.build(architecture, **base)
        module.save_pretrained(tmp_path / "base")
        tokenizer.save_pretrained(tmp_path / "base")
        model.peft_config["default"].base_model_name_or_path = str(tmp_path / "base")
        model.save_pretrained(tmp_path / "adapter")
        return tmp_path / "adapter", expected

    return make


@pytest.mark.parametrize("architecture", LAYERS)
def test_a_folder_answers_as_the_adapted_model(adapter, architecture):
    folder, expected = adapter(architecture)
    model = load_model(folder)
    np.testing.assert_allclose(predict(model, TEXTS), expected, atol=1e-6)
    assert model.labels == ("lost", "won", "open")
    assert model.facts.warnings == ()
    assert model.facts.parameters == sum(
        weight.numel() for weight in tiny.build(architecture)[0].parameters()
    )


def test_a_model_in_memory_is_left_as_it_was():
    module, tokenizer = model_kinds.adapted("bert", LAYERS["bert"])
    module.train()
    before = {name: weight.clone() for name, weight in module.state_dict().items()}
    wanted = {name: weight.requires_grad for name, weight in module.named_parameters()}
    explain(load_model((module, tokenizer)), "good day", "gradient_x_input")
    after = module.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    assert {name: weight.requires_grad for name, weight in module.named_parameters()} == wanted
    assert module.training
    assert isinstance(module, peft.PeftModel)


def test_an_adapters_classifier_may_have_other_classes_than_its_base(adapter):
    folder, expected = adapter(labels={0: "no", 1: "yes"})
    # transformers says so where it draws the classifier that the adapter then replaces
    module, _ = tiny.build("bert", labels={0: "no", 1: "yes"})
    weights = {k: v for k, v in module.state_dict().items() if not k.startswith("classifier")}
    save_file(weights, folder.parent / "base" / "model.safetensors", metadata={"format": "pt"})
    model = load_model(folder)
    np.testing.assert_allclose(predict(model, TEXTS), expected, atol=1e-6)
    (warning,) = model.facts.warnings
    assert "no names" in warning
    tiny.build("bert")[0].config.save_pretrained(folder)
    assert load_model(folder).labels == ("lost", "won", "open")


def test_a_base_beside_the_adapter_is_found_by_its_relative_path(adapter):
    folder, expected = adapter()
    change(folder, base_model_name_or_path="../base")
    np.testing.assert_allclose(predict(load_model(folder), TEXTS), expected, atol=1e-6)


@pytest.mark.parametrize("files", [["tokenizer.json", "tokenizer_config.json"], ["tokenizer.json"]])
def test_an_adapters_folder_may_hold_its_tokenizer(adapter, files):
    folder, expected = adapter()
    for name in files:
        (folder.parent / "base" / name).rename(folder / name)
    np.testing.assert_allclose(predict(load_model(folder), TEXTS), expected, atol=1e-6)


def change(folder, **values):
    path = folder / adapters.CONFIG
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def pickled(folder):
    (folder / adapters.WEIGHTS).rename(folder / "adapter_model.bin")


def cut(folder):
    path = folder / adapters.WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])


def fewer(folder):
    path = folder / adapters.WEIGHTS
    weights = load_file(path)
    save_file({name: weights[name] for name in weights if "layer.1" not in name}, path)


def other_size(folder):
    path = folder / adapters.WEIGHTS
    save_file({name: weight[..., :1].clone() for name, weight in load_file(path).items()}, path)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (pickled, r"only pickled weights \(adapter_model.bin\)"),
        (cut, "damaged or cut off"),
        (fewer, "doesn't fit its base model"),
        (other_size, "doesn't fit its base model"),
        (lambda folder: (folder / adapters.WEIGHTS).unlink(), "no adapter_model.safetensors"),
        (lambda folder: (folder / adapters.CONFIG).write_text("{"), "can't be read"),
        (lambda folder: (folder / adapters.CONFIG).write_text("[]"), "names no peft_type"),
        (lambda folder: change(folder, peft_type="NEW"), "doesn't know the type NEW"),
        (
            lambda folder: change(folder, task_type="CAUSAL_LM"),
            "made for the task CAUSAL_LM.*; ask it by astrid llm explain RUN",
        ),
        (lambda folder: change(folder, base_model_name_or_path=None), "names no base_model"),
        (
            lambda folder: change(folder, base_model_name_or_path="/not/here"),
            "/not/here: no such folder",
        ),
        (lambda folder: change(folder, base_model_name_or_path="../gone"), "no such folder"),
        (lambda folder: change(folder, megatron_config={"a": 1}), '"megatron_config" is not'),
        (lambda folder: change(folder, modules_to_save=7), "doesn't fit"),
    ],
)
def test_damaged_folders_are_refused_in_one_line(adapter, damage, says):
    folder, _ = adapter()
    damage(folder)
    with pytest.raises(InputError, match=says) as caught:
        load_model(folder)
    assert str(caught.value).startswith(str(folder.parent))
    assert "\n" not in str(caught.value)


def test_nothing_is_unpickled_or_imported_by_name(adapter, monkeypatch):
    folder, _ = adapter()
    change(
        folder,
        auto_mapping={"base_model_class": "X", "parent_library": "antigravity"},
        megatron_core="antigravity",
        init_lora_weights="pissa",
    )
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("torch.load was called"))
    import sys

    load_model(folder)
    assert "antigravity" not in sys.modules


def test_settings_of_a_newer_package_are_named(adapter):
    folder, _ = adapter()
    change(folder, novelty=7)
    assert load_model(folder).facts.warnings == (
        f"{folder}: the installed peft doesn't know its settings novelty",
    )


def test_without_the_package_the_extra_is_named(adapter, monkeypatch):
    folder, _ = adapter()
    monkeypatch.setattr(adapters, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"astrid\[llm\]"):
        load_model(folder)


def test_prompts_are_refused():
    module, tokenizer = tiny.build("bert")
    settings = peft.PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2)
    with pytest.raises(InputError, match="can't be merged"):
        load_model((peft.get_peft_model(module, settings), tokenizer))


def test_peft_warns_of_no_path_that_a_user_could_mend(adapter):
    folder, _ = adapter()
    change(folder, base_model_name_or_path="../base")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_model(folder)
