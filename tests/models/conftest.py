"""Small models on disk, of several architectures."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModel

from astrid.models.build import build_classifier, build_encoder
from astrid.models.encoders import EncoderSpec
from astrid.models.heads import HeadSpec
from astrid.models.saving import save_model
from astrid.models.tokenizers import train_wordpiece

TEXTS = ["a good film about people", "a bad film about a town", "people go home today"]

SIZES = {
    "vocab_size": 120,
    "hidden_size": 16,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
}
KINDS = {
    "bert": {},
    "roberta": {"pad_token_id": 0},
    "electra": {"embedding_size": 12},
    "albert": {"embedding_size": 12},
    "distilbert": {"hidden_dim": 32},
}


@pytest.fixture
def encoder_folder(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder with a random encoder of a kind, and a tokenizer."""

    def make(kind: str = "bert", dtype: torch.dtype = torch.float32) -> Path:
        folder = tmp_path / f"encoder-{kind}"
        torch.manual_seed(0)
        config = AutoConfig.for_model(kind, **{**SIZES, **KINDS[kind]})
        AutoModel.from_config(config).to(dtype).save_pretrained(folder)
        train_wordpiece(TEXTS, 120, 64).save_pretrained(folder)
        return folder

    return make


@pytest.fixture
def classifier_folder(tmp_path: Path) -> Path:
    """An untrained but complete Astrid model."""
    torch.manual_seed(0)
    sizes = {"layers": 2, "hidden_size": 16, "attention_heads": 2, "intermediate_size": 32}
    built = build_encoder(EncoderSpec(init="scratch", vocab_size=120, **sizes), TEXTS)
    model = build_classifier(built, HeadSpec(name="attention"), ("bad", "good", "odd"))
    save_model(tmp_path / "model", model, built.tokenizer, {"metrics": {"accuracy": 0.5}})
    return tmp_path / "model"
