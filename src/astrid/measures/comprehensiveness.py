"""Comprehensiveness: does the output fall when the words of highest score are left out?

    mean over bins b of  f(x) − f(x without the b·W words of highest score),  b = 1, 5, 10, 20, 50 %

f is the probability of the explained class. High: the words were needed. ERASER averages over the
same bins (its paper divides by the number of bins plus one, its code by the number of bins, as
here); a bin holds at least one word. Words are left out by the mask token where the tokenizer has
one, else deleted. Random order gives a value above 0 too: read it beside `random`.

Source: DeYoung et al., ERASER: A Benchmark to Evaluate Rationalized NLP Models, 2020, section 4.3.
"""

import numpy as np

from astrid.measures._explained import Explained, Measuring, bin_sizes, without_first

TITLE = "comprehensiveness"
KIND = "faithfulness"
NEEDS = frozenset({"values"})
DIRECTION = "higher"
RANGE = (-1.0, 1.0)


def measure(explained: Explained) -> Measuring:
    """Mean fall of the output over the bins. NaN where the text has no word."""
    count = len(explained.scores)
    if not count:
        return float("nan")
    counts = np.concatenate([[0], bin_sizes(count)])
    answer = yield explained.rows(without_first(explained.falling, counts))
    values = answer.row_values()
    return float(np.mean(values[0] - values[1:]))
