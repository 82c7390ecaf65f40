"""What a user of captum, lime and shap would write, with care: batched, no gradients of weights."""

from collections.abc import Callable
from typing import Any

import numpy as np
import shap
import torch
from captum.attr import IntegratedGradients
from lime.lime_text import LimeTextExplainer

from astrid.explain.methods.shap import balanced_tree
from astrid.text.words import find_words
from benchmarks.workload import Workload

BATCH = 64
PADDED = 128


def predictor(load: Workload) -> Callable[[Any], np.ndarray]:
    """Strings to probabilities, in batches padded to their longest string."""

    def predict(strings: Any) -> np.ndarray:
        strings = [str(string) for string in strings]
        found = []
        with torch.inference_mode():
            for start in range(0, len(strings), BATCH):
                batch = load.tokenizer(
                    strings[start : start + BATCH],
                    padding=True,
                    truncation=True,
                    return_tensors="pt",
                ).to(load.device)
                found.append(load.module(**batch).logits.softmax(-1).cpu())
        return torch.cat(found).numpy()

    return predict


def captum_scores(
    load: Workload, texts: list[str], padded: bool, steps: int = 50
) -> tuple[list[np.ndarray], list[float]]:
    """Integrated gradients of the predicted class, one text at a time; completeness gaps."""
    scores, gaps = [], []
    for text in texts:
        extra = {"padding": "max_length", "max_length": PADDED} if padded else {}
        encoding = load.tokenizer(text, return_tensors="pt", **extra).to(load.device)
        mask = encoding["attention_mask"]
        embeds = load.module.get_input_embeddings()(encoding["input_ids"]).detach()

        def probability(rows: torch.Tensor, mask: torch.Tensor = mask) -> torch.Tensor:
            output = load.module(inputs_embeds=rows, attention_mask=mask.expand(len(rows), -1))
            return output.logits.softmax(-1)

        with torch.inference_mode():
            target = int(probability(embeds).argmax())
        found, delta = IntegratedGradients(probability).attribute(
            embeds,
            torch.zeros_like(embeds),
            target=target,
            n_steps=steps,
            return_convergence_delta=True,
        )
        scores.append(found.sum(-1)[0, : int(mask.sum())].detach().cpu().numpy())
        gaps.append(abs(float(delta)))
    return scores, gaps


def lime_scores(load: Workload, texts: list[str], samples: int = 1000) -> list[np.ndarray]:
    """Coefficients of the predicted class; left-out words are taken out of the string."""
    predict = predictor(load)
    found = []
    for text in texts:
        words = [text[start:end] for start, end in find_words(text)]
        explainer = LimeTextExplainer(
            bow=False, mask_string="", random_state=0, split_expression=lambda raw, w=words: w
        )
        target = int(predict([text]).argmax())
        result = explainer.explain_instance(
            text, predict, labels=(target,), num_features=len(words), num_samples=samples
        )
        weights = dict(result.as_map()[target])
        found.append(np.array([weights[place] for place in range(len(words))]))
    return found


class _Masker:
    """shap's own masker of strings, over the words' pieces alone and with a balanced tree."""

    immutable_outputs = True

    def __init__(self, tokenizer: Any, text: str, count: int) -> None:
        self.text = text
        self.count = count
        self.clustering = balanced_tree(count)
        self._strings = shap.maskers.Text(tokenizer)

    def __call__(self, mask: Any, row: Any) -> tuple[Any, ...]:
        with_ends = np.concatenate([[True], np.asarray(mask, dtype=bool), [True]])
        return self._strings(with_ends, self.text)

    def shape(self, row: Any) -> tuple[int, int]:
        return (1, self.count)

    def mask_shapes(self, row: Any) -> list[tuple[int, ...]]:
        return [(self.count,)]


def owen_scores(load: Workload, texts: list[str], evaluations: int = 500) -> list[np.ndarray]:
    """Owen values of the predicted class over single pieces, on Astrid's tree."""
    predict = predictor(load)
    found = []
    for text in texts:
        target = int(predict([text]).argmax())
        masker = _Masker(load.tokenizer, text, len(load.model.encode(text)) - 2)
        explainer = shap.explainers.Partition(
            lambda strings, target=target: predict(strings)[:, target], masker
        )
        np.random.seed(0)
        result = explainer(np.array([[text]]), max_evals=evaluations, silent=True)
        found.append(np.asarray(result.values[0]))
    return found


def shap_as_documented(load: Workload, texts: list[str], evaluations: int = 500) -> list[float]:
    """`shap.Explainer(f, tokenizer)` with its own tree; sums of the predicted class's values."""
    predict = predictor(load)
    explainer = shap.Explainer(predict, load.tokenizer)
    result = explainer(texts, max_evals=evaluations, silent=True)
    classes = predict(texts).argmax(axis=1)
    return [
        float(np.asarray(values)[:, label].sum())
        for values, label in zip(result.values, classes, strict=True)
    ]
