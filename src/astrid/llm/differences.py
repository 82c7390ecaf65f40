"""Measures of explanations after fine-tuning against before, on the same texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from astrid.measures.statistics.bootstrap import CONFIDENCE, RESAMPLES, SEED, plain_number
from astrid.measures.statistics.effect_size import EffectSize, cohens_d, cohens_d_paired
from astrid.measures.statistics.holm import holm
from astrid.measures.statistics.permutation import PairedDifference, paired_difference
from astrid.measures.statistics.wilcoxon import SignedRank, wilcoxon


@dataclass(frozen=True)
class Difference:
    """Of one measure; positive where it is larger after fine-tuning.

    Attributes:
        paired: mean difference with interval, and the p-value of a sign-flip permutation test.
        p_value_holm: that p-value, corrected by Holm for all measures compared.
        wilcoxon: signed-rank test of the same pairs, not corrected.
        cohens_d: as if the two models' values were independent samples.
        cohens_d_paired: d_z of the pairs.
    """

    paired: PairedDifference
    p_value_holm: float
    wilcoxon: SignedRank
    cohens_d: EffectSize
    cohens_d_paired: EffectSize

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {
            **self.paired.to_dict(),
            "p_value_holm": plain_number(self.p_value_holm),
            "wilcoxon": self.wilcoxon.to_dict(),
            "cohens_d": self.cohens_d.to_dict(),
            "cohens_d_paired": self.cohens_d_paired.to_dict(),
        }


def differences(
    before: Mapping[str, Sequence[float]],
    after: Mapping[str, Sequence[float]],
    seed: int = SEED,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> dict[str, Difference]:
    """After − before of each measure.

    Args:
        before: one number a text (NaN: undefined), by name of the measure.
        after: of the same measures and texts.
        seed: of bootstrap and permutations.
        confidence: of the intervals, in (0, 1).
        resamples: of both.

    >>> found = differences({"size": [1.0, 2.0, 4.0]}, {"size": [2.0, 3.0, 4.0]})["size"]
    >>> round(found.paired.difference.value, 3)
    0.667
    """
    drawn = (seed, confidence, resamples)
    paired = {name: paired_difference(after[name], before[name], *drawn) for name in before}
    corrected = holm([found.p_value for found in paired.values()])
    return {
        name: Difference(
            paired=found,
            p_value_holm=float(p_value),
            wilcoxon=wilcoxon(after[name], before[name]),
            cohens_d=cohens_d(after[name], before[name], *drawn),
            cohens_d_paired=cohens_d_paired(after[name], before[name], *drawn),
        )
        for (name, found), p_value in zip(paired.items(), corrected, strict=True)
    }
