"""A corpus and a spec so small that training takes a second, and a program that trains it."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from astrid.models.encoders import EncoderSpec
from astrid.models.heads import HeadSpec
from astrid.text.document import Corpus, Document
from astrid.training.fit import FitResult, fit
from astrid.training.keeper import Keeper
from astrid.training.spec import TrainerSpec, TrainSpec

_FILLER = ("the", "of", "a", "film", "story", "about", "people", "who", "live", "in", "town")
_SIGNAL = (("awful", "poor"), ("great", "lovely"), ("odd", "strange"))


def corpus(size: int, seed: int, classes: int = 2) -> Corpus:
    """Texts of 4 to 12 words, one of which gives the class away."""
    draw = random.Random(seed)
    documents = []
    for number in range(size):
        label = number % classes
        words = draw.choices(_FILLER, k=draw.randint(3, 11))
        words.insert(draw.randrange(len(words)), draw.choice(_SIGNAL[label]))
        documents.append(Document(f"{seed}-{number}", " ".join(words), {"label": label}))
    return Corpus("toy", tuple(documents), {"label": ("bad", "good", "odd")[:classes]})


def spec(head: str = "linear", seed: int = 0, **trainer: Any) -> TrainSpec:
    """One layer of 16 dimensions; three epochs unless said otherwise."""
    settings = {"epochs": 3, "learning_rate": 1e-2, "batch_size": 8, "accelerator": "cpu"}
    return TrainSpec(
        encoder=EncoderSpec(
            init="scratch",
            layers=1,
            hidden_size=16,
            attention_heads=2,
            intermediate_size=32,
            vocab_size=120,
            max_length=32,
        ),
        head=HeadSpec(name=head),
        trainer=TrainerSpec(**{**settings, **trainer}),
        seed=seed,
    )


def train(folder: Path, **trainer: Any) -> FitResult:
    return fit(spec(**trainer), corpus(64, 1), corpus(24, 2), folder, progress=False)


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@contextmanager
def killed_after(monkeypatch: pytest.MonkeyPatch, epoch: int) -> Iterator[None]:
    """What trains in the block ends when that many epochs are on disk."""
    tidy = Keeper._tidy

    def then_stop(keeper: Keeper) -> None:
        tidy(keeper)
        if len(keeper.rows) == epoch:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Keeper, "_tidy", then_stop)
        with pytest.raises(Killed):
            yield


@contextmanager
def killed_after_an_epoch(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What trains in the block ends when its first epoch is on disk."""
    with killed_after(monkeypatch, 1):
        yield


if __name__ == "__main__":
    train(Path(sys.argv[1]), epochs=int(sys.argv[2]))
