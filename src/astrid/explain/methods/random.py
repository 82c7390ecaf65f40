r"""Random scores: the control that every comparison needs.

$$\phi_t \sim N(0, 1)$$

Standard normal numbers, drawn anew for each text (from the seed, the text and its tokens), with no
look at the model. A method or a measure that can't tell its explanations from these says nothing.
"""

import hashlib

import numpy as np
from pydantic import Field

from astrid.explain.requests import Method, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset()


class Params(Spec):
    """Settings.

    Attributes:
        seed: another seed gives other scores.
    """

    seed: int = Field(default=0, ge=0)


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]`; special tokens get 0."""
    yield from ()
    # The text too: tokens of models that read strings have no ids of their own.
    digest = hashlib.sha256(text.text.encode("utf-8", "surrogatepass")).digest()
    entropy = (params.seed, int.from_bytes(digest), *map(int, text.ids))
    drawn = np.random.default_rng(entropy).standard_normal(len(text))
    return TokenScores(np.where(text.special, 0.0, drawn))
