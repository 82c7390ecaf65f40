"""A real language model of stories learns the mood of real tweets."""

from pathlib import Path

import pandas as pd
import peft
import pytest
import torch
from sklearn.metrics import accuracy_score

from astrid.models.causal.model import CausalModel
from astrid.models.causal.prompt import Prompt
from astrid.models.loading import load_causal
from astrid.models.protocol import Batch
from astrid.text.document import Corpus, Document
from astrid.training.lora.fit import LoraLesson, fine_tune
from astrid.training.lora.spec import LoraSpec

pytestmark = [pytest.mark.real, pytest.mark.slow]

PROMPT = Prompt("", "\nTom was very")
WORDS = {"negative": " sad", "positive": " happy"}


def tweets(path: Path, start: int, count: int) -> Corpus:
    frame = pd.read_csv(path).dropna()
    frame = frame[frame["sentiment"].isin(list(WORDS))].iloc[start : start + count]
    names = tuple(WORDS)
    documents = tuple(
        Document(str(row), text, {"label": names.index(label)})
        for row, (text, label) in enumerate(zip(frame["text"], frame["sentiment"], strict=True))
    )
    return Corpus("tweets", documents, {"label": names})


def answers_of(model: CausalModel, texts: list[str]) -> list[int]:
    found = []
    for text in texts:
        read = model.encode(text)
        ids, columns = torch.as_tensor(read.ids)[None], torch.tensor([read.columns])
        batch = Batch(torch.ones_like(ids), torch.zeros_like(ids), ids, columns=columns)
        with torch.inference_mode():
            found.append(int(model.values(batch).argmax()))
    return found


def test_it_learns_the_mood_of_tweets(real_data: Path, real_weights: Path, tmp_path: Path) -> None:
    path = real_data / "tweets/tweets.csv"
    train, validation = tweets(path, 0, 600), tweets(path, 600, 300)
    base, tokenizer, _ = load_causal(real_weights / "stories260K")
    before = CausalModel(base, tokenizer, prompt=PROMPT, labels=WORDS, constrained=True)
    tokens = dict(zip(WORDS, before.encode("a").columns, strict=True))
    zero_shot = accuracy_score(validation.labels, answers_of(before, validation.texts))
    spec = LoraSpec(epochs=3, learning_rate=5e-3, rank=8, batch_size=16, accelerator="cpu")
    lesson = LoraLesson(base, tokenizer, PROMPT, tokens, train, validation, spec)
    result = fine_tune(lesson, tmp_path / "lora_adapter", progress=False)
    adapted = peft.PeftModel.from_pretrained(base, result.folder)
    after = CausalModel(adapted, tokenizer, prompt=PROMPT, labels=WORDS, constrained=True)
    learnt = accuracy_score(validation.labels, answers_of(after, validation.texts))
    # Merged for explanations, it answers as it did when it was measured.
    assert learnt == pytest.approx(result.metrics["accuracy"], abs=0.01)
    # The standard error of 300 answers is at most 0.03.
    assert learnt > max(zero_shot, 0.5) + 0.06
