"""Deletion: the area under the output while words are left out, the highest score first.

    ∫₀¹ f(x without the share s of words of highest score) ds

f is the probability of the explained class; trapezoids over at most 20 even steps, every word in
shorter texts. Low: the output falls as soon as the first words go.

Source: Petsiuk, Das & Saenko, RISE: Randomized Input Sampling for Explanation, 2018.
"""

from astrid.measures._explained import Explained, Measuring, area, curve_counts, without_first

TITLE = "deletion area"
KIND = "faithfulness"
NEEDS = frozenset({"values"})
DIRECTION = "lower"
RANGE = (0.0, 1.0)


def measure(explained: Explained) -> Measuring:
    """Area under the deletion curve. NaN where the text has no word."""
    count = len(explained.scores)
    if not count:
        return float("nan")
    counts = curve_counts(count)
    answer = yield explained.rows(without_first(explained.falling, counts))
    return area(counts, answer.row_values())
