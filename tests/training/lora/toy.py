"""A lesson so small that fine-tuning takes seconds."""

from pathlib import Path
from typing import Any

from astrid.models.causal.prompt import Prompt
from astrid.text.document import Corpus, Document
from astrid.training.lora.fit import LoraLesson, LoraResult, fine_tune
from astrid.training.lora.spec import LoraSpec
from tests import tiny_lm

PROMPT = Prompt("Case: ", "\nIt was")
LABELS = {"bad": " refused", "good": " good"}
_SIGNAL = ("refused", "good")
_FILLER = ("the court", "a tenant", "the judge had", "everyone saw", "a driver")


def corpus(size: int, name: str = "toy") -> Corpus:
    """Texts in which one word gives the class away."""
    documents = tuple(
        Document(
            f"{name}-{row}",
            f"{_FILLER[row % 5]} {_SIGNAL[row % 2]} {_FILLER[(row // 2) % 5]}",
            {"label": row % 2},
        )
        for row in range(size)
    )
    return Corpus(name, documents, {"label": ("bad", "good")})


def label_tokens(tokenizer: Any) -> dict[str, int]:
    """The first token of each label's word."""
    return {
        name: tokenizer(word, add_special_tokens=False)["input_ids"][0]
        for name, word in LABELS.items()
    }


def lesson(architecture: str = "llama", source: Any = None, **settings: Any) -> LoraLesson:
    """Two epochs over 16 texts, unless said otherwise."""
    model, tokenizer = source or tiny_lm.build(architecture)
    chosen = {"epochs": 2, "learning_rate": 1e-2, "batch_size": 4, "accelerator": "cpu"}
    return LoraLesson(
        model,
        tokenizer,
        PROMPT,
        label_tokens(tokenizer),
        corpus(16),
        corpus(8, "other"),
        LoraSpec(**{**chosen, **settings}),
    )


def train(folder: Path, **settings: Any) -> LoraResult:
    return fine_tune(lesson(**settings), folder, progress=False)
