r"""Occlusion: what the output loses when a piece of the text is left out.

$$\phi_u = \frac{1}{|\{w \ni u\}|} \sum_{w \ni u} \big( f(x) - f(x_{\setminus w}) \big)$$

over windows w of neighbouring units; with a window of one this is leave-one-out. Zeiler & Fergus,
"Visualizing and Understanding Convolutional Networks", ECCV 2014; Li, Monroe & Jurafsky,
"Understanding Neural Networks through Representation Erasure", 2016 (arXiv:1612.08220). The scores
do not sum to anything; words that say the same thing hide each other.
"""

import numpy as np
from pydantic import Field

from astrid.explain.features import Unit, token_keep, unit_of_tokens
from astrid.explain.requests import MaskedRows, Method, Replace, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("values",))


class Params(Spec):
    """Settings.

    Attributes:
        unit: what is left out as one: a `word` or a `token`.
        window: neighbouring units left out together.
        replace: what becomes of what is left out.
    """

    unit: Unit = "word"
    window: int = Field(default=1, ge=1)
    replace: Replace = "auto"


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]`; the pieces of one unit share its score equally."""
    units_T = unit_of_tokens(text, params.unit)
    count = int(units_T.max(initial=-1)) + 1
    if count == 0:
        return TokenScores(np.zeros(len(text)))
    left_out_RU = windows(count, min(params.window, count))
    rows = np.concatenate([token_keep(~left_out_RU, units_T), np.ones((1, len(text)), dtype=bool)])
    answer = yield MaskedRows(rows, params.replace)
    values = answer.row_values()
    losses_R = values[-1] - values[:-1]
    scores_U = losses_R @ left_out_RU / left_out_RU.sum(axis=0)
    pieces_U = np.bincount(units_T[units_T >= 0], minlength=count)
    return TokenScores(np.where(units_T >= 0, (scores_U / pieces_U)[units_T], 0.0))


def windows(count: int, size: int) -> np.ndarray:
    """`[count − size + 1, count]` True for the units inside each window.

    >>> windows(3, 2).astype(int).tolist()
    [[1, 1, 0], [0, 1, 1]]
    """
    starts = np.arange(count - size + 1)[:, None]
    places = np.arange(count)
    return (starts <= places) & (places < starts + size)
