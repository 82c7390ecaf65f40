"""Tests that several questions make."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd

from astrid.analysis._study import paired
from astrid.analysis.questions._answer import Finding
from astrid.measures.statistics.bootstrap import Estimate
from astrid.measures.statistics.holm import holm
from astrid.measures.statistics.mcnemar import difference_of_shares, mcnemar
from astrid.measures.statistics.permutation import paired_difference

Key = TypeVar("Key", bound=Hashable)


def corrected(findings: Mapping[Key, Finding]) -> dict[Key, Finding]:
    """The findings with Holm's correction over all of them that have a test."""
    p_values = [math.nan if f.p_value is None else f.p_value for f in findings.values()]
    return {
        key: replace(finding, p_adjusted=None if math.isnan(p) else float(p))
        for (key, finding), p in zip(findings.items(), holm(p_values), strict=True)
    }


def difference_of_accuracies(
    right_NM: pd.DataFrame,
    first: tuple[str, str],
    second: tuple[str, str],
    name: str,
    resamples: int,
) -> Finding:
    """Accuracy of one (encoder, head) less that of another, on the same documents and seeds."""
    one, other, seeds = paired(right_NM, first, second)
    return difference_of_right(name, one, other, seeds, "seeds", resamples)


def difference_of_right(
    name: str, first: np.ndarray, second: np.ndarray, runs: int, of: str, resamples: int
) -> Finding:
    """Difference of accuracy between values `[N]` on the same documents.

    Of a single pair of models, McNemar's exact test and Bonett and Price's interval. Of several,
    each document counts once, with its mean over them: a permutation test and a bootstrap interval
    over documents.

    Args:
        name: of the finding.
        first: 1 where right, 0 where wrong, between for a mean; NaN where unknown.
        second: of the same documents.
        runs: how many pairs of models the values are means of.
        of: what these are, for the description.
        resamples: of bootstrap and permutations.
    """
    known = ~np.isnan(first - second)
    n = int(known.sum())
    if not n:
        empty = Estimate(math.nan, math.nan, math.nan, 0, len(known))
        return Finding(name, empty, "accuracy", None, None, "no document has answers of both")
    if runs == 1:
        flags = first[known] > 0.5, second[known] > 0.5
        low, high = difference_of_shares(*flags)
        value = float(first[known].mean() - second[known].mean())
        estimate = Estimate(value, low, high, n, len(known) - n)
        test = f"McNemar's exact test, {n} documents"
        return Finding(name, estimate, "accuracy", mcnemar(*flags).p_value, None, test)
    test = f"paired permutation test, {n} documents, mean of {runs} {of}"
    return paired_finding(name, first, second, "accuracy", test, resamples)


def paired_finding(
    name: str, first: np.ndarray, second: np.ndarray, unit: str, test: str, resamples: int
) -> Finding:
    """Mean of first − second over texts, with its permutation test."""
    found = paired_difference(first, second, resamples=resamples)
    p_value = None if math.isnan(found.p_value) else found.p_value
    return Finding(name, found.difference, unit, p_value, None, test)


def p_adjusted(finding: Finding | None) -> float:
    """The corrected p-value for a table: NaN where there is none."""
    return math.nan if finding is None or finding.p_adjusted is None else finding.p_adjusted


def corrected_for(finding: Finding, tests: int) -> Finding:
    """With Bonferroni's correction, where what is compared was picked as the best of so many."""
    if finding.p_value is None:
        return finding
    return replace(
        finding,
        p_adjusted=min(1.0, tests * finding.p_value),
        test=f"{finding.test}; p times {tests}, as the other is the best of so many",
    )
