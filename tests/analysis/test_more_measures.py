"""Comparisons with more measures of agreement than the usual three."""

import numpy as np
import pytest

from astrid.analysis.comparison import ComparisonSettings, compare_explanations
from astrid.errors import InputError
from astrid.measures import measure_names
from tests.explanations import many, random_scores


def test_every_measure_of_agreement_can_be_asked_for() -> None:
    teacher, student = many(random_scores(30, 15, 0)), many(random_scores(30, 15, 1))
    settings = ComparisonSettings(more_measures=tuple(measure_names("agreement")), resamples=200)
    found = compare_explanations(teacher, student, settings)
    assert set(found.agreement) == set(measure_names("agreement"))
    for name, mean in found.agreement.items():
        # Scores that have nothing in common agree as shuffled ones do.
        assert mean.low - 0.05 < found.chance[name].value < mean.high + 0.05
        assert np.isfinite(found.rows[0].chance[name])
    same = compare_explanations(teacher, teacher, settings)
    assert all(mean.value == pytest.approx(1) for mean in same.agreement.values())


def test_measures_of_other_kinds_are_refused() -> None:
    with pytest.raises(InputError, match="gini compares no two explanations; use cosine"):
        ComparisonSettings(more_measures=("gini",))
