"""Weights in 4 bits need a GPU and a package; where one is missing, a line says which."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import PeftModel
from transformers import LlamaConfig, LlamaForCausalLM

from astrid.errors import InputError
from astrid.llm.question import open_run, read_question
from astrid.llm.run import run_llm
from astrid.llm.spec import LlmSpec
from astrid.models import loading
from astrid.models.causal import four_bit
from astrid.models.causal.model import CausalModel
from astrid.models.causal.scoring import label_probabilities
from astrid.training.lora.spec import LoraSpec
from tests import tiny_lm
from tests.training.lora import toy


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama wide enough for blocks of 64 weights, with its tokenizer."""
    torch.manual_seed(0)
    tokenizer = tiny_lm.bytes_and_back()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=256,
        max_position_embeddings=256,
    )
    folder = tmp_path_factory.mktemp("four") / "model"
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> None:
    """bitsandbytes has slow kernels for processors too: enough to see that all fits together."""
    pytest.importorskip("bitsandbytes")
    monkeypatch.setattr(four_bit, "require_four_bit", lambda: None)


@pytest.mark.usefixtures("packed")
def test_weights_are_held_in_four_bits_and_counted_as_weights(folder: Path) -> None:
    loaded = four_bit.load_four_bit(folder)
    layer = loaded.model.model.layers[0].self_attn.q_proj
    assert type(layer).__name__ == "Linear4bit"
    assert layer.weight.dtype == torch.uint8
    whole = loading.load_causal(folder).model.num_parameters()
    model = CausalModel(loaded.model, loaded.tokenizer, labels=tiny_lm.LABELS)
    assert model.facts.parameters == whole
    assert model.facts.precision == "bitsandbytes"


@pytest.mark.usefixtures("packed")
def test_a_run_in_four_bits_learns_and_answers_as_peft_does(folder: Path, tmp_path: Path) -> None:
    words = ("refused", "good")
    rows = [f"{text.text} {row},{words[text.label]}" for row, text in enumerate(toy.corpus(80))]
    path = tmp_path / "cases.csv"
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    spec = LlmSpec(
        model_name=str(folder),
        dataset_name=str(path),
        finetune=True,
        run_shap=False,
        load_in_4bit=True,
        lora=LoraSpec(epochs=1, accelerator="cpu"),
    )
    run_llm(spec, tmp_path / "run")
    texts = ["the judge had good rain", "no appeal"]
    answers = {
        zero_shot: label_probabilities(open_run(tmp_path / "run", zero_shot), texts)
        for zero_shot in (True, False)
    }
    assert np.abs(answers[True] - answers[False]).max() > 0.001
    question = read_question(tmp_path / "run")
    loaded = four_bit.load_four_bit(folder)
    theirs = PeftModel.from_pretrained(loaded.model, tmp_path / "run" / "lora_adapter").eval()
    said = json.loads((tmp_path / "run" / "lora_adapter" / "astrid.json").read_text())
    tokens = [said["label_tokens"][label] for label in question.words]
    for text, row in zip(texts, answers[False], strict=True):
        whole = question.prompt.before + text + question.prompt.after
        ids = loaded.tokenizer(whole, return_tensors="pt").input_ids
        with torch.no_grad():
            logits = theirs(ids).logits[0, -1, tokens].double()
        # Half precision rounds otherwise in rows of another length.
        assert row == pytest.approx(logits.softmax(-1).numpy(), abs=2e-3)
