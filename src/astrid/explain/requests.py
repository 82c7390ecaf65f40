"""What a method may ask of the engine, and what it is sent back.

T tokens of the text, R rows of the request, D embedding size.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

Replace = Literal["auto", "mask", "delete", "pad", "attention"]
"""What becomes of a token that a row doesn't keep.

`mask`: the mask token stands there; `pad`: the padding token, visible; `delete`: the token is
gone and the rest moves up; `attention`: it stays but no other token may look at it; `auto`:
`mask` where the tokenizer has a mask token, else `delete`.
"""

Baseline = Literal["zeros", "pad", "mask", "mean"] | tuple[float, ...]
"""Where a path begins: `zeros` for every position; `pad`, `mask` (that token's embedding),
`mean` (of the vocabulary) or a vector of D numbers for every token but the special ones."""


@dataclass(frozen=True, eq=False)
class MaskedRows:
    """Values of the text with tokens left out; `keep` `[R, T]` is True where a token stays."""

    keep: np.ndarray
    replace: Replace = "auto"


@dataclass(frozen=True)
class Background:
    """A baseline of its own for each row: pieces of other texts in the text's places.

    Each row takes one of `texts` at random, repeated or cut to the text's length; without texts
    the pieces are drawn from the vocabulary. Special tokens stay the text's own.
    """

    texts: tuple[str, ...]
    seed: int


@dataclass(frozen=True)
class Noise:
    """Normal noise on every row's embeddings, drawn anew for each row.

    `scale` is its standard deviation as a share of the range (largest − smallest number) of the
    text's embeddings. Special tokens move too, `fixed` ones don't.
    """

    scale: float
    seed: int


@dataclass(frozen=True, eq=False)
class PathRows:
    """Gradients along the straight line from a baseline (α = 0) to the input (α = 1).

    Only word embeddings move along the line: positions and segments are the text's own. A row
    with weight 0 gives its value only and costs no backward pass. By the rules of `relevance`,
    a gradient is the one whose product with the input is layer-wise relevance.
    """

    alphas: np.ndarray
    weights: np.ndarray
    baseline: Baseline | Background = "zeros"
    noise: Noise | None = None
    rules: Literal["gradient", "relevance"] = "gradient"


@dataclass(frozen=True)
class Capture:
    """Attention weights of one forward pass on the plain text, and their gradients if wanted."""

    gradients: bool = False


Request = MaskedRows | PathRows | Capture


@dataclass(frozen=True, eq=False)
class Answer:
    """What the engine sends back for one request.

    Attributes:
        values: `[R]` the target's value for each row (masked and path rows).
        products: `[R, T]` for each row Σ_d ∂value/∂embedding · (input − baseline), 0 where the
            row has no weight (path rows).
        gradient: `[T, D]` Σ weight · ∂value/∂embedding over the rows (path rows).
        attentions: `[L, H, T, T]` (capture).
        attention_gradients: `[L, H, T, T]` ∂value/∂attention (capture with gradients).
    """

    values: np.ndarray | None = None
    products: np.ndarray | None = None
    gradient: np.ndarray | None = None
    attentions: np.ndarray | None = None
    attention_gradients: np.ndarray | None = None

    def row_values(self) -> np.ndarray:
        """`values` of a masked or path request."""
        assert self.values is not None, "this request has no values"
        return self.values

    def row_products(self) -> np.ndarray:
        """`products` of a path request."""
        assert self.products is not None, "only path rows have gradients"
        return self.products

    def summed_gradient(self) -> np.ndarray:
        """`gradient` of a path request."""
        assert self.gradient is not None, "only path rows have gradients"
        return self.gradient

    def attention_weights(self) -> np.ndarray:
        """`attentions` of a capture."""
        assert self.attentions is not None, "this request captures no attention"
        return self.attentions

    def gradients_of_attention(self) -> np.ndarray:
        """`attention_gradients` of a capture."""
        assert self.attention_gradients is not None, "this request captures no gradients"
        return self.attention_gradients


@dataclass(frozen=True, eq=False)
class TokenScores:
    """A method's result.

    Attributes:
        scores: `[T]`.
        completeness_gap: distance of Σ scores from what they should sum to; None where the method
            makes no such promise.
        converged: whether an adaptive method reached its tolerance before its limit; None where
            there was none.
        standard_errors: `[T]` of the scores, where they come from a sample; None where they don't
            or where the sample doesn't tell.
    """

    scores: np.ndarray
    completeness_gap: float | None = None
    converged: bool | None = None
    standard_errors: np.ndarray | None = None


Result = TypeVar("Result")

Asking = Generator[Request, Answer, Result]
"""Anything that the engine can run: yields requests, is sent answers, returns a result."""

Method = Asking[TokenScores]
"""A running method: its result are scores."""
