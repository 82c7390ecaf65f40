"""Studies made of noise: no question may find what isn't there more often than one time in 20."""

from functools import cache

import pytest
from scipy import stats

from astrid.analysis.questions import answer_all
from tests.studies import study

STUDIES = 40
ENCODERS = {"large": 100_000_000, "middle": 30_000_000, "small": 10_000_000}
HEADS = {"linear": 1_500, "mlp": 370_000, "dual": 530_000}


@cache
def _verdicts() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {number: [] for number in range(1, 6)}
    for seed in range(STUDIES):
        records = study(
            encoders=ENCODERS,
            heads=HEADS,
            methods=("integrated_gradients", "attention", "lime"),
            documents=100,
            texts=15,
            accuracy=0.8,
            similarity=0.5,
            correlation=0.0,
            seed=seed,
        )
        for answer in answer_all(records):
            found[answer.number].append(answer.verdict)
    return found


@pytest.mark.parametrize("number", range(1, 6))
def test_noise_is_seldom_taken_for_an_effect(number: int) -> None:
    claims = sum(verdict != "not shown" for verdict in _verdicts()[number])
    # More would happen less than one time in a thousand if one in 20 were claimed.
    assert claims <= stats.binom.ppf(0.999, STUDIES, 0.05)
