"""A corpus of three tasks whose cues have nothing to do with one another, and a spec for it."""

import random
from typing import Any

from astrid.models.encoders import EncoderSpec
from astrid.text.document import Corpus, Document
from astrid.training.spec import TrainerSpec, TrainSpec

TASKS = {"loud": ("quiet", "noisy"), "mood": ("bad", "calm", "good"), "warm": ("cold", "hot")}
_CUES = {
    "loud": ("whisper", "thunder"),
    "mood": ("awful", "even", "lovely"),
    "warm": ("ice", "fire"),
}
_FILLER = ("the", "of", "a", "film", "story", "about", "people", "who", "live", "in", "town")


def corpus(size: int, seed: int, posts: int = 1) -> Corpus:
    """`size` documents, `posts` a group where that is more than one; one in four is hot."""
    draw = random.Random(seed)
    documents = []
    for number in range(size // posts):
        labels = {
            "loud": draw.randrange(2),
            "mood": draw.randrange(3),
            "warm": int(draw.random() < 0.25),
        }
        for post in range(posts):
            words = draw.choices(_FILLER, k=draw.randint(3, 7))
            for task, label in labels.items():
                words.insert(draw.randrange(len(words)), _CUES[task][label])
            group = f"{seed}-{number}" if posts > 1 else None
            name = f"{seed}-{number}-{post}"
            documents.append(Document(name, " ".join(words), labels, group=group))
    return Corpus("several", tuple(documents), TASKS)


def spec(seed: int = 0, **settings: Any) -> TrainSpec:
    """One layer of 16 dimensions; `trainer` replaces single settings of the trainer."""
    trainer = {"epochs": 3, "learning_rate": 1e-2, "batch_size": 8, "accelerator": "cpu"}
    trainer |= settings.pop("trainer", {})
    return TrainSpec(
        encoder=EncoderSpec(
            init="scratch",
            layers=2,
            hidden_size=16,
            attention_heads=2,
            intermediate_size=32,
            vocab_size=120,
            max_length=32,
        ),
        trainer=TrainerSpec(**trainer),
        seed=seed,
        **settings,
    )
