"""Sufficiency: do the words of highest score alone keep the output where it was?

    mean over bins b of  f(x) − f(only the b·W words of highest score),  b = 1, 5, 10, 20, 50 %

f is the probability of the explained class. Low: the words are enough. Bins, rounding and what
becomes of the other words are those of comprehensiveness.

Source: DeYoung et al., ERASER: A Benchmark to Evaluate Rationalized NLP Models, 2020, section 4.3.
"""

import numpy as np

from astrid.measures._explained import Explained, Measuring, bin_sizes, without_first

TITLE = "sufficiency"
KIND = "faithfulness"
NEEDS = frozenset({"values"})
DIRECTION = "lower"
RANGE = (-1.0, 1.0)


def measure(explained: Explained) -> Measuring:
    """Mean loss of the output over the bins. NaN where the text has no word."""
    count = len(explained.scores)
    if not count:
        return float("nan")
    only = ~without_first(explained.falling, bin_sizes(count))
    answer = yield explained.rows(np.concatenate([np.ones((1, count), dtype=bool), only]))
    values = answer.row_values()
    return float(np.mean(values[0] - values[1:]))
