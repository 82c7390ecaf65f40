"""Two models on the same texts: is one right more often, and by how much?"""

import math
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats
from scipy.special import ndtri

from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import CONFIDENCE


@dataclass(frozen=True)
class McNemar:
    """What the texts say on which exactly one of two models is right.

    Attributes:
        first_only: texts that only the first model has right.
        second_only: texts that only the second model has right.
        p_value: two-sided, in (0, 1]; 1 where there are no such texts.
    """

    first_only: int
    second_only: int
    p_value: float

    def to_dict(self) -> dict[str, int | float]:
        return asdict(self)


def mcnemar(first: np.ndarray, second: np.ndarray) -> McNemar:
    """The exact test of McNemar for whether each model has each text right.

    Where both models are equally good, a text that only one has right is as likely one's as the
    other's: the count is binomial with probability ½.

    Source: McNemar, Note on the sampling error of the difference between correlated proportions or
    percentages, 1947; `scipy.stats.binomtest`.

    Args:
        first: flags `[N]` of the first model.
        second: of the second, on the same texts.

    Raises:
        InputError: other numbers of texts.

    >>> mcnemar(np.array([True, True, True]), np.array([True, False, False])).p_value
    0.5
    """
    ahead, behind, _ = _counts(first, second)
    if not ahead + behind:
        return McNemar(0, 0, 1.0)
    return McNemar(ahead, behind, float(stats.binomtest(ahead, ahead + behind).pvalue))


def difference_of_shares(
    first: np.ndarray, second: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Interval for the share of texts that the first model has right less that of the second.

    With b and c texts that only one has right: p = (b + 1) / (N + 2), q = (c + 1) / (N + 2) and
    p − q ± z·√((p + q − (p − q)²) / (N + 2)), within [−1, 1]; NaN where N is 0. A bootstrap's would
    be far too narrow where the models seldom differ, and of no width where they never do.

    Source: Bonett & Price, Adjusted Wald confidence interval for a difference of binomial
    proportions based on paired data, 2012.

    Args:
        first: flags `[N]` of the first model.
        second: of the second, on the same texts.
        confidence: of the interval, in (0, 1).

    >>> low, high = difference_of_shares(np.ones(98, dtype=bool), np.ones(98, dtype=bool))
    >>> round(low, 3), round(high, 3)
    (-0.028, 0.028)
    """
    return difference_from_counts(*_counts(first, second), confidence)


def difference_from_counts(
    ahead: float, behind: float, texts: float, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """As `difference_of_shares`, from numbers of texts.

    Args:
        ahead: texts that only the first model has right.
        behind: texts that only the second has right.
        texts: all.
        confidence: of the interval, in (0, 1).
    """
    if not texts:
        return math.nan, math.nan
    for_first, for_second = (ahead + 1) / (texts + 2), (behind + 1) / (texts + 2)
    centre = for_first - for_second
    reach = float(ndtri((1 + confidence) / 2))
    reach *= math.sqrt((for_first + for_second - centre**2) / (texts + 2))
    return max(-1.0, centre - reach), min(1.0, centre + reach)


def _counts(first: np.ndarray, second: np.ndarray) -> tuple[int, int, int]:
    """Texts that only the first model has right, only the second, and all texts."""
    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    if first.shape != second.shape:
        raise InputError(
            f"mcnemar: {first.size} texts against {second.size}; ask both models about the same"
        )
    return int((first & ~second).sum()), int((second & ~first).sum()), first.size
