"""Names and texts that try to become markup, and explanations that hold them."""

import numpy as np

from astrid.explain.records import Explanations
from astrid.study.records import CellKey
from tests.explanations import explanation

HOSTILE = "</script><img src=x onerror=hacked=1><!--<script>hacked=1</script> |`*_\u2028"
"""Closes a script, opens an image and a comment, and holds signs of Markdown and a line break."""

WORDS = 8


def explained(key: CellKey) -> Explanations:
    """Ten explanations of a cell: the same texts for every cell, scores of its own."""
    seed = sum(map(ord, f"{key}"))
    scores = np.random.default_rng(seed).normal(size=(10, WORDS))
    return Explanations(
        [
            explanation(f"one two three four five six seven {number}", row, method="lime")
            for number, row in enumerate(scores.tolist())
        ]
    )
