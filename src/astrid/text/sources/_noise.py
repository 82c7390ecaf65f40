"""Wrong labels in generated corpora."""

from collections.abc import Sequence
from random import Random


def labels_to_flip(rng: Random, classes: Sequence[int], share: float) -> set[int]:
    """Which of the classes (0 or 1) to flip: `share` of them, as many in either as there are."""
    count = round(share * len(classes))
    order = list(range(len(classes)))
    rng.shuffle(order)
    second, first = ([n for n in order if classes[n] == side] for side in (0, 1))
    half = min(count // 2, len(first))
    return set(first[:half] + second[: count - half])
