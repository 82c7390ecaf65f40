"""Monotonicity: does every word with a positive score raise the output when it is put in?

The words with a positive score start left out and come back one by one, the lowest score first:

    share of the steps at which f rises

f is the probability of the explained class; a step that changes nothing is no rise. The original
is true or false, for all steps at once; the share tells how far a text is from true.

Source: Luss et al., Leveraging Latent Features for Local Explanations, 2021 (monotonicity of
AI Explainability 360).
"""

import numpy as np

from astrid.measures._explained import Explained, Measuring, without_first

TITLE = "monotonicity"
KIND = "faithfulness"
NEEDS = frozenset({"values"})
DIRECTION = "higher"
RANGE = (0.0, 1.0)

ROUNDING = 1e-6
"""A rise by less is one of the arithmetic."""


def measure(explained: Explained) -> Measuring:
    """Share of steps that raise the output. NaN where no word has a positive score."""
    positive = int((explained.scores > 0).sum())
    if not positive:
        return float("nan")
    # In falling order the positive ones come first: leaving out fewer puts the lowest in first.
    counts = np.arange(positive, -1, -1)
    answer = yield explained.rows(without_first(explained.falling, counts))
    return float(np.mean(np.diff(answer.row_values()) > ROUNDING))
