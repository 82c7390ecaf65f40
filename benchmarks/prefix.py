"""What it saves to run a prompt's beginning once: a label token after a long instruction.

`python -m benchmarks.prefix` measures a random Llama, and the real small one where it is at hand.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from rich.console import Console
from tests.real.conftest import folder
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

from astrid.explain.engine import ask
from astrid.explain.requests import MaskedRows
from astrid.explain.targets import Target
from astrid.models.causal.load import load_language_model
from astrid.models.causal.model import CausalModel
from astrid.models.causal.prompt import Prompt
from astrid.models.tokenizers import train_wordpiece
from benchmarks.timing import Ratio, compare

INSTRUCTION, TEXT, ROWS = 200, 20, 500
SENTENCE = "one day the little girl saw a big dog in the park and she was very happy"
LABELS = {"happy": " happy", "sad": " sad"}


@dataclass(frozen=True)
class Saved:
    """Seconds with and without reuse, how many times faster, and how far the answers differ."""

    ratio: Ratio
    difference: float
    tokens: tuple[int, int]
    """Of the prompt and of the text."""


def measure(source: Any = None, rounds: int = 3, replace: str = "delete") -> Saved:
    """Masked rows of one text behind a long instruction, with and without reuse in turn.

    Args:
        source: what `load_language_model` takes; by default a random Llama of 4 layers of 256.
        rounds: the seconds are medians over them.
        replace: what becomes of what is left out.
    """
    pair = random_llama() if source is None else source
    tokenizer = load_language_model(pair).tokenizer
    prompt = Prompt(_words(tokenizer, INSTRUCTION) + " Text: ", " Answer:")
    reusing, plain = (
        load_language_model(pair, prompt=prompt, labels=LABELS, reuse_prefix=reuse)
        for reuse in (True, False)
    )
    text = _words(tokenizer, TEXT)
    encoded = reusing.encode(text)
    own = ~encoded.special
    keep = np.ones((ROWS, len(encoded)), dtype=bool)
    keep[:, own] = np.random.default_rng(0).random((ROWS, own.sum())) < 0.5
    answers = [values(model, text, keep, replace) for model in (reusing, plain)]
    ratio = compare(
        lambda: values(reusing, text, keep, replace),
        lambda: values(plain, text, keep, replace),
        rounds,
    )
    difference = float(np.abs(answers[0] - answers[1]).max())
    return Saved(ratio, difference, (int((~own).sum()), int(own.sum())))


def values(model: CausalModel, text: str, keep: np.ndarray, replace: str) -> np.ndarray:
    """The label's logit for each row."""
    rows = MaskedRows(keep, replace)  # type: ignore[arg-type]
    answer, _ = ask(model, model.encode(text), rows, Target("logit", 0))
    return answer.row_values()


def random_llama() -> tuple[Any, Any]:
    torch.manual_seed(0)
    tokenizer = train_wordpiece([SENTENCE + " sad Text: Answer:"] * 5, 400, 512)
    config = LlamaConfig(
        vocab_size=2000,
        hidden_size=256,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=8,
        intermediate_size=688,
        max_position_embeddings=512,
    )
    return LlamaForCausalLM(config).eval(), tokenizer


def _words(tokenizer: Tokenizer, count: int) -> str:
    """About `count` tokens."""
    known = SENTENCE.split()
    words: list[str] = []
    while len(tokenizer.encode(" ".join(words), add_special_tokens=False).ids) < count:
        words.append(known[len(words) % len(known)])
    return " ".join(words)


def main() -> None:
    weights = folder("weights")
    sources = {"random Llama, 4 layers of 256": None}
    if weights is not None:
        sources["stories260K"] = weights / "stories260K"
    console = Console()
    for name, source in sources.items():
        for replace in sys.argv[1:] or ("delete",):
            found = measure(source, replace=replace)
            console.print(
                f"{name}, {replace}: {found.ratio.times:.1f} times faster "
                f"({found.ratio.ours:.2f} s for {found.ratio.other:.2f} s; tokens {found.tokens}; "
                f"answers differ by {found.difference:.1e})"
            )


if __name__ == "__main__":
    main()
