"""McNemar's exact test: is one model right more often than another on the same texts?"""

from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from astrid.errors import InputError


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
    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    if first.shape != second.shape:
        raise InputError(
            f"mcnemar: {first.size} texts against {second.size}; ask both models about the same"
        )
    ahead, behind = int((first & ~second).sum()), int((second & ~first).sum())
    if not ahead + behind:
        return McNemar(0, 0, 1.0)
    return McNemar(ahead, behind, float(stats.binomtest(ahead, ahead + behind).pvalue))
