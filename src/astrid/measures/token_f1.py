"""Token F1: do the highest words and the rationale name the same words?

    F1 = 2·|A ∩ R| / (|A| + |R|),   A: the n words of highest score, n the words of the rationale R

As both have n words, precision, recall and F1 are one number. Words that share the n-th place count
by the share of them that fits, the mean over their orders: scores that are all equal have the value
of chance, n / W. Scores count with their sign.

Source: DeYoung et al., ERASER: A Benchmark to Evaluate Rationalized NLP Models, 2020, section 4.2.
"""

import numpy as np

from astrid.measures._vectors import checked_evidence

TITLE = "token F1 at the rationale's length"
KIND = "plausibility"
NEEDS = frozenset({"rationale"})
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(scores: np.ndarray, evidence: np.ndarray) -> float:
    """F1 of the top n of scores `[W]` against evidence flags `[W]`.

    NaN where no word or every word is evidence.

    >>> measure(np.array([0.9, 0.1, 0.5]), np.array([True, True, False]))
    0.5
    """
    scores, flags = checked_evidence("token_f1", scores, evidence)
    count = int(flags.sum())
    if not 0 < count < len(flags):
        return float("nan")
    last = np.sort(scores)[-count]
    above, tied = scores > last, scores == last
    room = (count - above.sum()) / tied.sum()
    return float((flags[above].sum() + room * flags[tied].sum()) / count)
