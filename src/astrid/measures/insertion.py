"""Insertion: the area under the output while words are put in, the highest score first.

    ∫₀¹ f(only the share s of words of highest score) ds

f is the probability of the explained class; trapezoids over at most 20 even steps, every word in
shorter texts. High: the first words bring the output back.

Source: Petsiuk, Das & Saenko, RISE: Randomized Input Sampling for Explanation, 2018.
"""

from astrid.measures._explained import Explained, Measuring, area, curve_counts, without_first

TITLE = "insertion area"
KIND = "faithfulness"
NEEDS = frozenset({"values"})
DIRECTION = "higher"
RANGE = (0.0, 1.0)


def measure(explained: Explained) -> Measuring:
    """Area under the insertion curve. NaN where the text has no word."""
    count = len(explained.scores)
    if not count:
        return float("nan")
    counts = curve_counts(count)
    answer = yield explained.rows(~without_first(explained.falling, counts))
    return area(counts, answer.row_values())
