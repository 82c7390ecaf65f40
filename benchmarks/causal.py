"""Owen values of a language model's label, against `shap.Explainer(f, tokenizer)`.

`f` is what a careful user would write over transformers: strings in batches, padded on the left,
and logits of the last place alone. Both sides ask the same question with as many evaluations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shap
import torch

from astrid.explain.records import Explanations
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.causal.load import load_language_model
from astrid.models.causal.model import CausalModel
from astrid.models.causal.prompt import Prompt
from astrid.models.causal.scoring import label_probabilities
from benchmarks.measurements import Line
from benchmarks.peers import BATCH
from benchmarks.prefix import LABELS, SENTENCE, random_llama
from benchmarks.timing import Ratio, compare

PROMPT, TEXT, EVALUATIONS = 50, 20, 200
TOLERANCE = 1e-5
"""Of probabilities of whole texts, and of base value plus scores against them."""

Predictor = Callable[[Any], np.ndarray]


@dataclass(frozen=True)
class Against:
    """What both sides took, and how far they are from each other and from adding up.

    Attributes:
        ratio: seconds a run over all texts.
        difference: largest, between the probabilities that both give to the labels of whole texts.
        gaps: largest difference of base value plus scores from the probability: ours, shap's.
        tokens: of the prompt and of a text.
        texts: how many.
    """

    ratio: Ratio
    difference: float
    gaps: tuple[float, float]
    tokens: tuple[int, int]
    texts: int


def lines(texts: int, rounds: int) -> list[Line]:
    """The line of the table; an AssertionError where the two sides answer differently."""
    found = measure(texts, rounds)
    if max(found.difference, *found.gaps) > TOLERANCE:
        raise AssertionError(
            f"Owen values of a language model: probabilities differ by {found.difference:.1e}, "
            f"scores add up to {found.gaps[0]:.1e} and {found.gaps[1]:.1e}"
        )
    return [
        Line(
            f"language model, Owen values, {EVALUATIONS} evaluations, against shap as documented",
            found.ratio.times,
            2.0,
            details={name: value for name, value in vars(found).items() if name != "ratio"}
            | vars(found.ratio),
        )
    ]


def measure(texts: int, rounds: int) -> Against:
    """Both sides in turn on a random Llama of 4 layers of 256.

    Args:
        texts: how many are explained.
        rounds: the seconds are medians over them.
    """
    module, tokenizer = random_llama()
    before = " ".join((SENTENCE.split() * 4)[: PROMPT - 4])
    prompt = Prompt(f"{before} Text: ", " Answer:")
    model = load_language_model((module, tokenizer), prompt=prompt, labels=LABELS, constrained=True)
    words, random = SENTENCE.split(), np.random.default_rng(0)
    drawn = [" ".join(random.choice(words, TEXT)) for _ in range(texts)]
    ask = predictor(module, tokenizer, prompt, model.encode("one").columns)
    ours, theirs = astrid_values(model, drawn), shap_values(ask, tokenizer, drawn)
    whole = ask(drawn)
    sums = theirs.base_values + np.array([values.sum(axis=0) for values in theirs.values])
    own = model.encode(drawn[0]).special
    return Against(
        compare(
            lambda: astrid_values(model, drawn),
            lambda: shap_values(ask, tokenizer, drawn),
            rounds,
        ),
        float(np.abs(label_probabilities(model, drawn) - whole).max()),
        (max(item.completeness_gap or 0.0 for item in ours), float(np.abs(sums - whole).max())),
        (int(own.sum()), int((~own).sum())),
        texts,
    )


def astrid_values(model: CausalModel, texts: list[str]) -> Explanations:
    target = Target("probability", 0)
    return explain(model, texts, "shap", target=target, params={"evaluations": EVALUATIONS})


def shap_values(ask: Predictor, tokenizer: Any, texts: list[str]) -> Any:
    np.random.seed(0)
    return shap.Explainer(ask, tokenizer)(texts, max_evals=EVALUATIONS, silent=True)


def predictor(module: Any, tokenizer: Any, prompt: Prompt, columns: Any) -> Predictor:
    """Strings to the labels' probabilities."""

    def ask(strings: Any) -> np.ndarray:
        # The end token that this tokenizer adds would be where the answer is read.
        start = f"{tokenizer.cls_token}{prompt.before}"
        asked = [f"{start}{string}{prompt.after}" for string in strings]
        found = []
        with torch.inference_mode():
            for place in range(0, len(asked), BATCH):
                batch = tokenizer(
                    asked[place : place + BATCH],
                    add_special_tokens=False,
                    padding=True,
                    padding_side="left",
                    return_token_type_ids=False,
                    return_tensors="pt",
                )
                logits = module(**batch, use_cache=False, logits_to_keep=1).logits[:, -1]
                found.append(logits[:, columns].softmax(-1))
        return torch.cat(found).numpy()

    return ask
