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


def labels_to_change(
    rng: Random, classes: Sequence[int], count: int, share: float
) -> dict[int, int]:
    """New classes for a `share` of the items, by place, evenly from and to each of the `count`.

    >>> changed = labels_to_change(Random(0), [0, 1, 2] * 20, 3, 0.1)
    >>> len(changed), all(new != place % 3 for place, new in changed.items())
    (6, True)
    """
    order = list(range(len(classes)))
    rng.shuffle(order)
    order.sort(key=lambda place: classes[place])
    members = [[n for n in order if classes[n] == side] for side in range(count)]
    turns = [members[number % count] for number in range(round(share * len(classes)))]
    changed: dict[int, int] = {}
    for number, side in enumerate(turns):
        if side:
            step = 1 + number // count % (count - 1)
            changed[side[-1]] = (classes[side.pop()] + step) % count
    return changed
