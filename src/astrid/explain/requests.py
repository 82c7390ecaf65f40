"""What a method may ask of the engine, and what it is sent back.

T tokens of the text, R rows of the request, D embedding size.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

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


@dataclass(frozen=True, eq=False)
class PathRows:
    """Gradients along the straight line from a baseline (α = 0) to the input (α = 1).

    Only word embeddings move along the line: positions and segments are the text's own. A row
    with weight 0 gives its value only and costs no backward pass.
    """

    alphas: np.ndarray
    weights: np.ndarray
    baseline: Baseline = "zeros"


@dataclass(frozen=True)
class Capture:
    """Attention weights of one forward pass on the plain text."""

    what: Literal["attentions"] = "attentions"


Request = MaskedRows | PathRows | Capture


@dataclass(frozen=True, eq=False)
class Answer:
    """What the engine sends back for one request.

    Attributes:
        values: `[R]` the target's value for each row (masked and path rows).
        gradient: `[T, D]` Σ weight · ∂value/∂embedding over the rows (path rows).
        delta: `[T, D]` input − baseline embeddings (path rows).
        attentions: `[L, H, T, T]` (capture).
    """

    values: np.ndarray | None = None
    gradient: np.ndarray | None = None
    delta: np.ndarray | None = None
    attentions: np.ndarray | None = None

    def row_values(self) -> np.ndarray:
        """`values` of a masked or path request."""
        assert self.values is not None, "this request has no values"
        return self.values

    def line(self) -> tuple[np.ndarray, np.ndarray]:
        """`gradient` and `delta` of a path request."""
        assert self.gradient is not None, "only path rows have gradients"
        assert self.delta is not None
        return self.gradient, self.delta

    def attention_weights(self) -> np.ndarray:
        """`attentions` of a capture."""
        assert self.attentions is not None, "this request captures no attention"
        return self.attentions


@dataclass(frozen=True, eq=False)
class TokenScores:
    """A method's result.

    Attributes:
        scores: `[T]` a score a token.
        completeness_gap: how far they miss the sum that the method promises; None without one.
        standard_errors: `[T]` of the scores, where they come from a sample; None where they don't
            or where the sample doesn't tell.
    """

    scores: np.ndarray
    completeness_gap: float | None = None
    standard_errors: np.ndarray | None = None


Method = Generator[Request, Answer, TokenScores]
"""A running method: yields requests, is sent answers, returns scores."""
