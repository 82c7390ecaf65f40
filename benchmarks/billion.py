"""A language model of Llama-3.2-1B's shapes with random weights: memory, tokens a second, seconds.

`python -m benchmarks.billion` measures it on the GPU, in float32, bfloat16 and 4 bits;
`python -m benchmarks.billion cpu` on the processor, in float32.
"""

import resource
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from transformers import LlamaConfig, LlamaForCausalLM

from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.llm.texts import kept
from astrid.models.causal.four_bit import load_four_bit
from astrid.models.causal.model import CausalModel
from astrid.models.causal.scoring import label_probabilities
from astrid.models.causal.templates import Asked, ask_for
from astrid.models.loading import load_causal
from astrid.models.tokenizers import train_byte_level
from astrid.text.document import Corpus
from astrid.text.load import DataSpec, load_corpus
from astrid.training.lora.fit import LoraLesson, fine_tune
from astrid.training.lora.spec import LoraSpec
from benchmarks.measurements import Line
from benchmarks.timing import seconds

EVALUATIONS = 200
SHAPES = {
    "vocab_size": 128_256,
    "hidden_size": 2048,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 8192,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
}


@dataclass(frozen=True)
class Sizes:
    """Texts to answer, to learn from and to explain."""

    answered: int
    learnt: int
    explained: int


SMALL, LARGE = Sizes(16, 16, 2), Sizes(512, 256, 10)
"""Of the processor and of a GPU."""


@dataclass(frozen=True)
class Row:
    """One piece of work: seconds, tokens a second where that means something, memory in GiB."""

    work: str
    seconds: float
    rate: float | None
    memory: float


def build(folder: Path, texts: list[str]) -> None:
    """Write the model with random weights, and a small tokenizer of the texts, into `folder`."""
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = LlamaForCausalLM(LlamaConfig(**SHAPES)).to(torch.bfloat16)
    model.save_pretrained(folder)
    train_byte_level(texts, 1000, 2048).save_pretrained(folder)


def measure(loaded: Any, tokenizer: Any, corpus: Corpus, device: str, sizes: Sizes) -> list[Row]:
    """Answers, a LoRA epoch and Owen values, one after another."""
    asked = ask_for(corpus.classes, tokenizer)
    model = CausalModel(
        loaded, tokenizer, "1B", device, prompt=asked.prompt, labels=asked.verbaliser.texts,
        constrained=True,
    )  # fmt: skip
    texts = corpus.texts[: sizes.answered]
    label_probabilities(model, texts[:2])
    tokens = sum(len(model.encode(text)) for text in texts)
    rows = [timed(f"{len(texts)} answers", lambda: label_probabilities(model, texts), tokens)]
    rows.append(_epoch(loaded, tokenizer, asked, corpus, sizes.learnt, rows[0].memory))
    spent = [
        timed("", lambda text=text: explain(
            model, [text], "shap", target=Target("probability", 0),
            params={"evaluations": EVALUATIONS}))
        for text in texts[: sizes.explained]
    ]  # fmt: skip
    middle = statistics.median(row.seconds for row in spent)
    name = f"one SHAP text, {EVALUATIONS} evaluations"
    return [*rows, Row(name, middle, None, max(row.memory for row in spent))]


def _epoch(
    loaded: Any, tokenizer: Any, asked: Asked, corpus: Corpus, count: int, memory: float
) -> Row:
    train, check = (corpus.with_documents(corpus.documents[at : at + count]) for at in (0, count))
    lesson = LoraLesson(
        loaded, tokenizer, asked.prompt, asked.verbaliser.token_ids, train,
        check.with_documents(check.documents[:2]), LoraSpec(epochs=1),
    )  # fmt: skip
    prompt = len(tokenizer(asked.prompt.before + asked.prompt.after).input_ids)
    tokens = sum(prompt + len(tokenizer(text).input_ids) for text in train.texts)
    with tempfile.TemporaryDirectory() as folder:
        return timed(f"a LoRA epoch of {count} texts", lambda: fine_tune(
            lesson, Path(folder) / "adapter", progress=False), tokens)  # fmt: skip


def timed(name: str, work: Callable[[], Any], tokens: int | None = None) -> Row:
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    spent = seconds(work)
    return Row(name, spent, None if tokens is None else tokens / spent, peak())


def peak() -> float:
    """GiB: of the GPU since the last reset, or of the process since its start."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def lines(device: str, sizes: Sizes) -> list[Line]:
    """For the table of `make bench`: seconds, with tokens a second and memory beside them."""
    corpus = kept(load_corpus(DataSpec(source="tweets_generated")), None)
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, corpus.texts)
        for precision in ("float32",) if device == "cpu" else ("float32", "bfloat16", "4 bits"):
            for row in measure(*opened(folder, precision, device), corpus, device, sizes):
                details = {"tokens_a_second": row.rate, "peak_gib": row.memory}
                work = f"1.2 B weights, {precision}, {row.work}"
                found.append(Line(work, row.seconds, None, "s", details=details))
    return found


def opened(folder: Path, precision: str, device: str) -> tuple[Any, Any]:
    """The model in that precision, on its device, and its tokenizer."""
    if precision == "4 bits":
        found = load_four_bit(folder)
    else:
        found = load_causal(folder, getattr(torch, precision))
        found.model.to(device)
    return found.model, found.tokenizer


def main() -> None:
    console = Console()
    device = sys.argv[1] if len(sys.argv) > 1 else "cuda"
    if device == "cuda" and not torch.cuda.is_available():
        console.print("no CUDA device here; python -m benchmarks.billion cpu takes the processor")
        sys.exit(2)
    table = Table("measured", "seconds", "tokens a second", "peak memory, GiB")
    for line in lines(device, SMALL if device == "cpu" else LARGE):
        rate, memory = line.details["tokens_a_second"], line.details["peak_gib"]
        shown = "" if rate is None else f"{rate:,.0f}"
        table.add_row(line.name, f"{line.value:.2f}", shown, f"{memory:.1f}")
    console.print(table)


if __name__ == "__main__":
    main()
