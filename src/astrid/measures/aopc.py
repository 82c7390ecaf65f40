"""AOPC: how far does the output fall over the first words left out one by one?

    1/(L + 1) · Σₖ₌₀ᴸ  f(x) − f(x without the k words of highest score),  L = min(10, W)

f is the probability of the explained class. Against comprehensiveness it looks at the very first
words, whatever the length of the text.

Source: Samek et al., Evaluating the Visualization of What a Deep Neural Network Has Learned, 2017.
"""

import numpy as np

from astrid.measures._explained import Explained, Measuring, without_first

FIRST = 10

TITLE = f"AOPC of the first {FIRST} words"
KIND = "faithfulness"
NEEDS = frozenset({"values"})
DIRECTION = "higher"
RANGE = (-1.0, 1.0)


def measure(explained: Explained) -> Measuring:
    """Area over the perturbation curve. NaN where the text has no word."""
    count = len(explained.scores)
    if not count:
        return float("nan")
    counts = np.arange(min(FIRST, count) + 1)
    answer = yield explained.rows(without_first(explained.falling, counts))
    values = answer.row_values()
    return float(np.mean(values[0] - values))
