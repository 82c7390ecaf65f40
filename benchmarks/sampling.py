"""How many rows LIME and Shapley values need for the same error: Astrid's samplers against others.

python -m benchmarks.sampling                      a random model over the embedded corpus
python -m benchmarks.sampling MODEL TEXTS.txt      a model folder, and a text a line

Errors are relative: the Euclidean distance from the converged answer over its length; over texts
the geometric mean, over seeds the root of the mean square. Only rows count, so the figures don't
depend on the machine.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import shap
from rich.console import Console
from rich.table import Table

from astrid.explain.engine import ask
from astrid.explain.features import token_keep, unit_of_tokens
from astrid.explain.methods import kernel_shap, lime, shapley
from astrid.explain.methods._masks import every_row
from astrid.explain.requests import MaskedRows, Replace
from astrid.explain.targets import Target
from astrid.models.protocol import TextModel
from astrid.text.sources import verdicts
from astrid.text.words import find_words

WIDTH = lime.Params().kernel_width
REFERENCE = 20_000
"""Plain LIME samples that stand for converged ones where a text has too many words to run all."""

SHAPLEY_WORDS, LIME_WORDS = (8, 9, 10, 11, 12), (10, 12, 20, 28)
Estimator = Callable[["Game", int, int], np.ndarray]
"""From a game, a budget of rows and a seed to the units' values."""


class Game:
    """The model's output on one text as a function of rows of kept words; no row runs twice."""

    def __init__(
        self, model: TextModel, text: str, target: Target, replace: Replace = "auto"
    ) -> None:
        self._model = model
        self.text = text
        self._replace = replace
        self._target = target
        self._text = model.encode(text)
        self._units = unit_of_tokens(self._text, "word")
        self._known: dict[bytes, float] = {}
        self.count = int(self._units.max(initial=-1)) + 1

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Values `[R]` of rows `[R, U]`."""
        rows = np.asarray(rows, dtype=bool)
        missing = np.array([row.tobytes() not in self._known for row in rows])
        if missing.any():
            for row, value in zip(rows[missing], self._run(rows[missing]), strict=True):
                self._known[row.tobytes()] = float(value)
        return np.array([self._known[row.tobytes()] for row in rows])

    def _run(self, rows: np.ndarray) -> np.ndarray:
        request = MaskedRows(token_keep(rows, self._units), self._replace)
        answer, _ = ask(self._model, self._text, request, self._target)
        return answer.row_values()


def shapley_error(
    games: Sequence[Game], evaluations: int, estimator: Estimator, seeds: int = 3
) -> float:
    """Relative error of Shapley values with this many rows, against all 2^U."""
    return _error(games, evaluations, estimator, exact_shapley, seeds)


def lime_error(games: Sequence[Game], rows: int, estimator: Estimator, seeds: int = 3) -> float:
    """Relative error of LIME coefficients with this many rows, against converged ones."""
    return _error(games, rows, estimator, converged_lime, seeds)


def needed(curve: dict[int, float], error: float) -> float:
    """Rows at which a curve {rows: error} comes down to `error`: a line between logarithms.

    >>> round(needed({100: 0.4, 400: 0.2}, 0.2))
    400
    """
    rows, errors = zip(*sorted(curve.items()), strict=True)
    if min(errors) > error:
        return float("inf")
    falling = np.minimum.accumulate(np.maximum(errors, 1e-12))
    return float(np.exp(np.interp(-np.log(error), -np.log(falling), np.log(rows))))


def _error(
    games: Sequence[Game],
    rows: int,
    estimator: Estimator,
    truth: Callable[[Game], np.ndarray],
    seeds: int,
) -> float:
    logarithms = []
    for game in games:
        expected = truth(game)
        missed = [estimator(game, rows, seed) - expected for seed in range(seeds)]
        error = np.sqrt(np.mean([miss @ miss for miss in missed]) / (expected @ expected))
        logarithms.append(np.log(max(error, 1e-12)))
    return float(np.exp(np.mean(logarithms)))


def exact_shapley(game: Game) -> np.ndarray:
    rows = every_row(game.count)
    return shapley.exact(rows, game(rows))[0]


def converged_lime(game: Game) -> np.ndarray:
    mass = lime.size_mass(game.count, WIDTH)
    if game.count <= max(SHAPLEY_WORDS):
        rows = every_row(game.count)
        return lime.converged(rows, game(rows), mass)
    rows = lime.sample(game.count, REFERENCE, 1000)
    return lime.fit(rows, game(rows), WIDTH)


def plain_lime(game: Game, rows: int, seed: int) -> np.ndarray:
    """What the lime package does."""
    kept = lime.sample(game.count, rows, seed)
    return lime.fit(kept, game(kept), WIDTH)


def surrogate_lime(game: Game, rows: int, seed: int) -> np.ndarray:
    mass = lime.size_mass(game.count, WIDTH)
    kept = lime.distinct_sample(mass, rows, seed)
    return lime.converged(kept, game(kept), mass)


def regression(game: Game, evaluations: int, seed: int) -> np.ndarray:
    rows, mass = kernel_shap.sample(game.count, evaluations, seed)
    return kernel_shap.regression(rows, game(rows), mass)


def surrogate_shapley(game: Game, evaluations: int, seed: int) -> np.ndarray:
    rows, mass = kernel_shap.sample(game.count, evaluations, seed)
    if len(rows) == 2**game.count:
        return kernel_shap.regression(rows, game(rows), mass)
    return kernel_shap.by_surrogate(rows, game(rows))


def permutations(game: Game, evaluations: int, seed: int) -> np.ndarray:
    orders = shapley.sampled_orders(game.count, evaluations, seed)
    return shapley.mean_gain(orders, game(shapley.rows_of(orders)))[0]


def their_permutations(game: Game, evaluations: int, seed: int) -> np.ndarray:
    ends = np.zeros((1, game.count)), np.ones((1, game.count))
    explainer = shap.PermutationExplainer(lambda rows: game(rows > 0.5), ends[0], seed=seed)
    return np.asarray(explainer(ends[1], max_evals=evaluations, silent=True).values[0])


def their_kernel(game: Game, evaluations: int, seed: int) -> np.ndarray:
    # Shap draws from numpy's global generator.
    np.random.seed(seed)
    ends = np.zeros((1, game.count)), np.ones((1, game.count))
    explainer = shap.KernelExplainer(lambda rows: game(np.asarray(rows) > 0.5), ends[0])
    # Its two ends are run besides `nsamples`.
    values = explainer.shap_values(ends[1], nsamples=evaluations - 2, l1_reg=False, silent=True)
    return np.asarray(values[0])


def games_of(
    model: TextModel,
    texts: Sequence[str],
    words: Sequence[int],
    each: int,
    target: Target,
    replace: Replace = "auto",
) -> list[Game]:
    """Games of the first so many words of texts that are long enough, `each` texts a length."""
    found = []
    for length in words:
        spans = [(text, find_words(text)) for text in texts]
        long = [text[: span[length - 1][1]] for text, span in spans if len(span) >= length]
        found += [Game(model, text, target, replace) for text in long[:each]]
    return [game for game in found if game.count > 1]


def random_model_and_texts() -> tuple[TextModel, list[str]]:
    """A small random model, sharp enough that words interact, over the embedded corpus."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    from astrid.models.text_model import TransformerClassifier
    from astrid.models.tokenizers import train_wordpiece

    torch.manual_seed(0)
    texts = list(verdicts.load(verdicts.Params(train=200, validation=1, test=1)).texts)
    tokenizer = train_wordpiece(texts, 2000, 256)
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = BertConfig(
        vocab_size=len(tokenizer), intermediate_size=128, initializer_range=0.2, **sizes
    )
    module = BertForSequenceClassification(config).eval()
    return TransformerClassifier(module, tokenizer, name="random"), texts


def table_of(title: str, curves: dict[str, dict[int, float]], error: float, whole: int) -> Table:
    """Errors at each number of rows, and the rows that each estimator needs for `error`."""
    budgets = sorted({rows for curve in curves.values() for rows in curve})
    table = Table("estimator", *map(str, budgets), f"rows for {error:.4f}", "fewer", title=title)
    for name, curve in curves.items():
        rows = needed(curve, error)
        cells = [f"{curve[budget]:.4f}" if budget in curve else "" for budget in budgets]
        table.add_row(name, *cells, f"{rows:.0f}", f"{whole / rows:.1f}×")
    return table


def shapley_table(games: Sequence[Game], title: str) -> Table:
    """Shapley values: all budgets up to 500, against the better of shap's two at 500."""
    estimators = {
        "shap permutation": their_permutations,
        "shap kernel": their_kernel,
        "shapley, sampled": permutations,
        "kernel_shap": regression,
        "kernel_shap, surrogate": surrogate_shapley,
    }
    curves = {
        name: {rows: shapley_error(games, rows, each) for rows in (100, 150, 200, 250, 350, 500)}
        for name, each in estimators.items()
    }
    best = min(curves["shap permutation"][500], curves["shap kernel"][500])
    return table_of(title, curves, best, 500)


def lime_table(games: Sequence[Game], title: str) -> Table:
    """LIME: against 1,000 plain samples."""
    plain = {rows: lime_error(games, rows, plain_lime) for rows in (125, 250, 500, 1000)}
    ours = {rows: lime_error(games, rows, surrogate_lime) for rows in (80, 100, 125, 150, 200, 250)}
    return table_of(title, {"plain": plain, "surrogate": ours}, plain[1000], 1000)


def main(arguments: list[str]) -> None:
    if arguments:
        from astrid import load_model

        model: TextModel = load_model(arguments[0])
        texts = Path(arguments[1]).read_text(encoding="utf-8").splitlines()
    else:
        model, texts = random_model_and_texts()
    console = Console()
    for kind in ("probability", "logit"):
        target = Target(kind)
        for words in SHAPLEY_WORDS:
            games = games_of(model, texts, [words], 3, target)
            console.print(shapley_table(games, f"Shapley values of the {kind}, {words} words"))
        for words in LIME_WORDS:
            games = games_of(model, texts, [words], 2, target)
            console.print(lime_table(games, f"LIME of the {kind}, {words} words"))


if __name__ == "__main__":
    main(sys.argv[1:])
