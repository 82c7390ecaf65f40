"""The embedded language model: made once, the same every time, a folder like any other."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from astrid.errors import InputError
from astrid.models.causal.load import load_language_model
from astrid.models.tokenizers import train_byte_level
from astrid.text.sources.tweets_generated import SENTIMENTS, Params, load
from astrid.training import embedded_lm
from astrid.training.embedded_lm import CACHE, EmbeddedSpec, cache_folder, embedded_model
from astrid.training.embedded_texts import MOODS, make_lines, tweets

SMALL = {"tweets": 200, "steps": 2, "batch_size": 2, "vocab_size": 700}
SIZES = {"hidden_size": 16, "layers": 1, "attention_heads": 2, "intermediate_size": 16}
SPEC = EmbeddedSpec(**SMALL, **SIZES)
PROGRAM = f"""
import torch
from astrid.training.embedded_lm import EmbeddedSpec, embedded_model
print(embedded_model(spec=EmbeddedSpec(**{SMALL | SIZES!r})))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE, str(tmp_path_factory.mktemp("cache")))
        return embedded_model(spec=SPEC)


def test_it_is_a_folder_like_any_other(made):
    model, tokenizer = (
        AutoModelForCausalLM.from_pretrained(made),
        AutoTokenizer.from_pretrained(made),
    )
    assert model.config.model_type == "llama"
    assert len(tokenizer) == model.config.vocab_size
    first = [tokenizer(f" {name}")["input_ids"][0] for name in (*SENTIMENTS, *MOODS)]
    assert len(set(first)) == len(first)
    assert "made-up tweets" in (made / "README.md").read_text()
    record = json.loads((made / "astrid.json").read_text())
    assert record["spec"] == SPEC.model_dump(mode="json")
    assert record["parameters"] == sum(weight.numel() for weight in model.parameters())
    assert 0.4 < record["right_answers_for_sentiment"] < 0.75


def test_astrid_opens_it_with_the_sentiments_as_labels(made):
    labels = {name: f" {name}" for name in SENTIMENTS}
    model = load_language_model(made, prompt="Tweet: {text}\nSentiment:", labels=labels)
    assert model.labels[:3] == SENTIMENTS


def test_it_is_made_once(made, monkeypatch):
    monkeypatch.setenv(CACHE, str(made.parent))
    monkeypatch.setattr(embedded_lm, "_make", None)
    assert embedded_model(spec=SPEC) == made


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "astrid.json").unlink(),
        lambda folder: os.truncate(folder / "model.safetensors", 5000),
        lambda folder: (folder / "tokenizer.json").write_text("{"),
        lambda folder: (folder / "tokenizer_config.json").unlink(),
    ],
    ids=["record", "weights", "tokenizer", "settings"],
)
def test_what_is_damaged_is_made_again_and_the_same(made, tmp_path, monkeypatch, damage):
    monkeypatch.setenv(CACHE, str(tmp_path))
    before = torch.get_rng_state()
    folder = embedded_model(spec=SPEC)
    damage(folder)
    assert embedded_model(spec=SPEC) == folder
    for name in ("model.safetensors", "tokenizer.json", "astrid.json"):
        assert (folder / name).read_bytes() == (made / name).read_bytes(), name
    assert torch.equal(torch.get_rng_state(), before)


def test_another_spec_has_another_folder(made, tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path))
    other = embedded_model(spec=EmbeddedSpec(**SMALL, **SIZES, seed=1))
    assert other.name != made.name
    assert (other / "model.safetensors").read_bytes() != (made / "model.safetensors").read_bytes()


def test_one_that_fails_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path))

    def fail(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(embedded_lm, "_loss", fail)
        with pytest.raises(KeyboardInterrupt):
            embedded_model(spec=SPEC)
    assert not [path for path in tmp_path.iterdir() if not path.name.endswith(".lock")]


@pytest.mark.slow
def test_two_processes_make_it_once(tmp_path):
    environment = {**os.environ, CACHE: str(tmp_path)}
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    folders = [run.communicate(timeout=300)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert folders[0] == folders[1]
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [
        Path(folders[0].strip()).name
    ]


def test_the_folder_is_the_one_chosen_or_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, "~/models")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "models"
    monkeypatch.setenv(CACHE, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "astrid"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / ".cache" / "astrid"


def test_a_place_that_cannot_be_a_folder_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(CACHE, str(tmp_path / "file"))
    with pytest.raises(InputError, match=rf"file: can't be made .*; set {CACHE}"):
        embedded_model(spec=SPEC)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="hidden_size 20: must be a multiple"):
        embedded_model(spec=EmbeddedSpec(hidden_size=20, attention_heads=4))


def test_answers_are_marked_where_they_stand():
    documents = tweets(0, 50)
    lines = [make_lines(Random(seed), documents, 1)[0] for seed in range(6)]
    tokenizer = train_byte_level([line.text for line in lines], 400, 512)
    batch = embedded_lm._batch(lines, tokenizer)
    for line, ids, mask, answers in zip(lines, *batch, strict=True):
        spans = "".join(line.text[start:end] for start, end in line.answers)
        assert tokenizer.decode(answers[answers != -100]) == spans
        assert tokenizer.decode(ids[mask == 1]) == line.text


def accuracy(folder: Path, pattern: str, words: tuple[str, ...]) -> float:
    """Of naming the class of unseen tweets by the likeliest of the words."""
    documents = [d for d in load(Params(train=3, validation=3, test=300)) if d.split == "test"]
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = [tokenizer(f" {word}")["input_ids"][0] for word in words]
    right = 0
    for document in documents:
        prompt = torch.tensor([tokenizer(pattern.format(text=document.text))["input_ids"]])
        with torch.inference_mode():
            right += int(model(prompt).logits[0, -1, ids].argmax()) == document.label
    return right / len(documents)


@pytest.mark.slow
def test_it_beats_chance_and_knows_more_than_it_says(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path))
    folder = embedded_model()
    said = accuracy(folder, "Tweet: {text}\nSentiment:", SENTIMENTS)
    known = accuracy(folder, "Tweet: {text}\nMood:", MOODS)
    assert 0.45 < said < 0.7
    assert known > said + 0.15
