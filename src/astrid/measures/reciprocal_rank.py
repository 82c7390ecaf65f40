"""Reciprocal rank: how far down is the first word of the rationale?

    1 / rank of the word of the rationale with the highest score

Its mean over texts is the mean reciprocal rank (MRR). Words of equal score share the mean of their
reciprocal ranks, so that scores that are all equal have the value of a random order of the words.
That is chance: Σᵣ C(W − r, n − 1) / C(W, n) / r for n words of evidence, 0.35 for 3 in 20 words.
Scores count with their sign.

Source: Voorhees, The TREC-8 Question Answering Track Report, 1999.
"""

from math import comb

import numpy as np

from astrid.measures._vectors import checked_evidence

TITLE = "reciprocal rank of the first rationale word"
KIND = "plausibility"
NEEDS = frozenset({"rationale"})
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(scores: np.ndarray, evidence: np.ndarray) -> float:
    """1 / rank of the first flagged word of scores `[W]` and evidence flags `[W]`.

    NaN where no word or every word is evidence.

    >>> measure(np.array([0.9, 0.1, 0.5]), np.array([False, False, True]))
    0.5
    """
    scores, flags = checked_evidence("reciprocal_rank", scores, evidence)
    if not 0 < flags.sum() < len(flags):
        return float("nan")
    highest = scores[flags].max()
    above, tied = int((scores > highest).sum()), scores == highest
    return _first_of(int(tied.sum()), int(flags[tied].sum()), above)


def _first_of(tied: int, wanted: int, above: int) -> float:
    """Mean over the orders of `tied` words of 1 / rank of the first of the `wanted` among them."""
    places = range(1, tied - wanted + 2)
    return float(
        sum(
            comb(tied - place, wanted - 1) / comb(tied, wanted) / (above + place)
            for place in places
        )
    )
