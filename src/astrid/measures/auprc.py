"""AUPRC: do the words of highest score lie in the evidence that people marked?

    AUPRC = Σₙ (Rₙ − Rₙ₋₁)·Pₙ  over the words in falling order of score (average precision)

1 means that every word of the evidence scores above every other word. Scores in random order give
more than the share of evidence among the words, see `chance`. Scores count with their sign: explain
the class that the evidence speaks for.

Source: DeYoung et al., ERASER: A Benchmark to Evaluate Rationalized NLP Models, 2020.
"""

import numpy as np

from astrid.measures._vectors import checked_evidence

TITLE = "AUPRC against the evidence"
KIND = "plausibility"
NEEDS = frozenset({"rationale"})
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(scores: np.ndarray, evidence: np.ndarray) -> float:
    """Average precision of scores `[W]` for evidence flags `[W]` (1 or True: evidence).

    NaN where no word or every word is evidence: no order of the words is then better than another.

    >>> measure(np.array([0.9, 0.1, 0.5]), np.array([True, False, False]))
    1.0
    """
    from sklearn.metrics import average_precision_score

    scores, flags = checked_evidence("auprc", scores, evidence)
    if not 0 < flags.sum() < len(flags):
        return float("nan")
    return float(average_precision_score(flags, scores))


def chance(evidence: np.ndarray) -> float:
    """What scores in random order reach on average, for evidence flags `[W]`.

    (H + (W − H)·(n − 1)/(W − 1)) / W for n words of evidence, H = 1 + 1/2 + … + 1/W: the k-th word
    is evidence with probability n/W, and has then 1 + (k − 1)(n − 1)/(W − 1) such words up to it.
    In long texts that is the share n/W; in short ones luck adds to it. NaN where `measure` is.

    >>> round(chance(np.array([True, False, False, False])), 3)
    0.521
    """
    words, found = len(evidence), int(np.sum(evidence))
    if not 0 < found < words:
        return float("nan")
    harmonic = float(np.sum(1 / np.arange(1, words + 1)))
    return (harmonic + (words - harmonic) * (found - 1) / (words - 1)) / words
