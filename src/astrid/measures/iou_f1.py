"""IoU-F1: do the spans of the highest words match whole spans of the rationale?

    F1 of precision = matched spans / predicted spans and recall = matched spans / spans of R

Predicted spans are runs of neighbouring words among the n words of highest score, n the words of
the rationale R; its spans are runs of its words. A predicted span matches where its intersection
over union with some span of the rationale is at least 0.5; as in ERASER's code, the number of
matched predicted spans stands above both fractions. Neither fraction exceeds 1: two runs leave a
gap, so that they can't both cover half of one span. ERASER's figure for a corpus is the F1 of the
mean precision and recall over texts; here each text has its own F1.

Words that share the n-th place and don't all fit are left out: which of them are meant, scores
don't say, and taking the earlier ones would reward rationales at the start of a text. Scores that
are all equal predict no span and have 0. Chance depends on the spans: n / W for single words far
apart, 0.05 for a run of 4 in 20 words, 0.001 for one of 5 in 50.

Source: DeYoung et al., ERASER: A Benchmark to Evaluate Rationalized NLP Models, 2020, section 4.2.
"""

import numpy as np

from astrid.measures._vectors import checked_evidence

THRESHOLD = 0.5

TITLE = "IoU-F1 of spans"
KIND = "plausibility"
NEEDS = frozenset({"rationale"})
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(scores: np.ndarray, evidence: np.ndarray) -> float:
    """F1 of the spans of the top n of scores `[W]` against those of evidence flags `[W]`.

    NaN where no word or every word is evidence. 0 where all scores are equal.

    >>> measure(np.array([0.9, 0.8, 0.1, 0.0]), np.array([True, True, False, False]))
    1.0
    """
    scores, flags = checked_evidence("iou_f1", scores, evidence)
    count = int(flags.sum())
    if not 0 < count < len(flags):
        return float("nan")
    predicted, wanted = spans(_top(scores, count)), spans(flags)
    matched = sum(any(_iou(one, other) >= THRESHOLD for other in wanted) for one in predicted)
    # The harmonic mean of matched / predicted and matched / wanted.
    return 2 * matched / (len(predicted) + len(wanted))


def _top(scores: np.ndarray, count: int) -> np.ndarray:
    """Flags of the `count` words of highest score, without those of a tie that doesn't fit."""
    falling = -np.sort(-scores)
    last, next_one = falling[count - 1], falling[count]
    return np.asarray(scores > last if last == next_one else scores >= last)


def spans(flags: np.ndarray) -> list[tuple[int, int]]:
    """Runs of neighbouring flagged words, as (first, one past the last).

    >>> spans(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.diff(np.concatenate([[0], flags.astype(int), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]


def _iou(one: tuple[int, int], other: tuple[int, int]) -> float:
    both = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return both / (one[1] - one[0] + other[1] - other[0] - both)
