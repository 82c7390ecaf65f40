"""Astrid's engine against captum, lime and shap: the same work, alternating, in one process.

Run by `make bench`; `BENCH=quick` takes fewer texts. The model has the shapes of a six-layer
MiniLM with random weights; the texts come from the embedded corpus. Answers are compared before a
ratio is printed. Ratios are medians of rounds; absolute times depend on the machine.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from captum.attr import IntegratedGradients
from lime.lime_text import LimeTextExplainer
from rich.console import Console
from rich.table import Table
from transformers import BertConfig, BertForSequenceClassification

from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.models.text_model import TransformerClassifier
from astrid.models.tokenizers import train_wordpiece
from astrid.text.sources import verdicts

QUICK = os.environ.get("BENCH") == "quick"
TEXTS, ROUNDS = (4, 3) if QUICK else (16, 5)
TARGET = Target("logit", 1)


def model_and_texts() -> tuple[TransformerClassifier, BertForSequenceClassification, list[str]]:
    """A random model of MiniLM's shapes and sentences of the embedded corpus."""
    torch.manual_seed(0)
    texts = verdicts.load(verdicts.Params(train=200, validation=1, test=1)).texts[:TEXTS]
    tokenizer = train_wordpiece(texts * 5, 2000, 256)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
    )
    module = BertForSequenceClassification(config).eval()
    return TransformerClassifier(module, tokenizer, name="minilm-shapes"), module, texts


def captum_unpadded(
    model: TransformerClassifier, module: BertForSequenceClassification, texts: list[str]
) -> list[np.ndarray]:
    """Integrated gradients by captum, one text at a time, its 50 points in one batch."""

    def logit(embeds: torch.Tensor) -> torch.Tensor:
        return module(inputs_embeds=embeds).logits[:, 1]

    scores = []
    for text in texts:
        ids = torch.as_tensor(model.encode(text).ids)[None]
        embeds = module.get_input_embeddings()(ids).detach()
        found = IntegratedGradients(logit).attribute(embeds, torch.zeros_like(embeds), n_steps=50)
        scores.append(found.sum(-1)[0].detach().numpy())
    return scores


def ours(model: TransformerClassifier, texts: list[str], method: str) -> list[np.ndarray]:
    return [item.token_scores for item in explain(model, texts, method, target=TARGET)]


def lime_words(model: TransformerClassifier, texts: list[str]) -> list[int]:
    """LIME by the lime package with a batched predict function; words found for each text."""
    explainer = LimeTextExplainer(bow=False, random_state=0)
    return [
        len(
            explainer.explain_instance(
                text, lambda rows: predict(model, list(rows)), num_features=100, num_samples=1000
            ).as_list()
        )
        for text in texts
    ]


def ratio(ours_run: Callable[[], object], theirs_run: Callable[[], object]) -> tuple[float, ...]:
    """Median seconds of both and the median of their ratios, run in turn."""
    pairs = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ours_run()
        middle = time.perf_counter()
        theirs_run()
        pairs.append((middle - start, time.perf_counter() - middle))
    medians = (statistics.median(column) for column in zip(*pairs, strict=True))
    return (*medians, statistics.median(theirs / mine for mine, theirs in pairs))


def main() -> None:
    model, module, texts = model_and_texts()
    for one, other in zip(
        ours(model, texts, "integrated_gradients"),
        captum_unpadded(model, module, texts),
        strict=True,
    ):
        assert np.abs(one - other).max() <= 1e-4 * np.abs(other).max(), "answers differ"
    few = texts[: max(2, TEXTS // 8)]
    rows = {
        "integrated gradients, 50 points, against captum unpadded": ratio(
            lambda: ours(model, texts, "integrated_gradients"),
            lambda: captum_unpadded(model, module, texts),
        ),
        "LIME, 1,000 samples, against lime with a batched predict function": ratio(
            lambda: ours(model, few, "lime"), lambda: lime_words(model, few)
        ),
    }
    table = Table("workload", "Astrid, s", "other, s", "times faster")
    for name, (mine, theirs, times) in rows.items():
        table.add_row(name, f"{mine:.2f}", f"{theirs:.2f}", f"{times:.2f}")
    Console().print(table)
    found = {
        name: dict(zip(("astrid", "other", "ratio"), row, strict=True))
        for name, row in rows.items()
    }
    Path("runs").mkdir(exist_ok=True)
    Path("runs/bench.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
