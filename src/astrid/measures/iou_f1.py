"""IoU-F1: do the spans of the highest words match whole spans of the rationale?

    F1 of precision = matched spans / predicted spans and recall = matched spans / spans of R

Predicted spans are runs of neighbouring words among the n words of highest score, n the words of
the rationale R; its spans are runs of its words. A predicted span matches where its intersection
over union with some span of the rationale is at least 0.5. As in ERASER's code, the number of
matched predicted spans stands above both fractions. Between equal scores the earlier word goes
first.

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

    NaN where no word or every word is evidence.

    >>> measure(np.array([0.9, 0.8, 0.1, 0.0]), np.array([True, True, False, False]))
    1.0
    """
    scores, flags = checked_evidence("iou_f1", scores, evidence)
    count = int(flags.sum())
    if not 0 < count < len(flags):
        return float("nan")
    chosen = np.zeros(len(scores), dtype=bool)
    chosen[np.argsort(-scores, kind="stable")[:count]] = True
    predicted, wanted = spans(chosen), spans(flags)
    matched = sum(any(_iou(one, other) >= THRESHOLD for other in wanted) for one in predicted)
    precision, recall = matched / len(predicted), min(matched / len(wanted), 1.0)
    return 2 * precision * recall / (precision + recall) if matched else 0.0


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
