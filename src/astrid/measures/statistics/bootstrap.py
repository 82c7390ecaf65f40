"""Means and shares over texts, with intervals."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from astrid.errors import InputError

CONFIDENCE = 0.95
RESAMPLES = 5000
SEED = 0

EQUAL = 1e-12
"""Values that differ by less, as a share of their size, do so by rounding alone."""

_BATCH_NUMBERS = 2_000_000  # numbers drawn at once, so that many texts don't fill the memory


@dataclass(frozen=True)
class Estimate:
    """An average over texts with its interval.

    Attributes:
        value: the average; NaN where it is defined for no text.
        low: lower end of the interval; NaN where n < 2.
        high: upper end of the interval; NaN where n < 2.
        n: texts that went into it.
        undefined: texts left out, because the measure is undefined for them.

    >>> str(Estimate(0.8421, 0.801, 0.88, 50, 0))
    '0.842 [0.801, 0.880]'
    """

    value: float
    low: float
    high: float
    n: int
    undefined: int

    @property
    def defined(self) -> bool:
        """Whether there is any text behind the value."""
        return not math.isnan(self.value)

    @property
    def has_interval(self) -> bool:
        return not (math.isnan(self.low) or math.isnan(self.high))

    def contains(self, number: float) -> bool:
        """Whether `number` lies in the interval, ends included."""
        return self.low <= number <= self.high

    def to_dict(self) -> dict[str, float | int | None]:
        """Plain values; NaN becomes None, for JSON."""
        return {
            "value": plain_number(self.value),
            "low": plain_number(self.low),
            "high": plain_number(self.high),
            "n": self.n,
            "undefined": self.undefined,
        }

    def __str__(self) -> str:
        if not self.defined:
            return "undefined"
        interval = f" [{self.low:.3f}, {self.high:.3f}]" if self.has_interval else ""
        return f"{self.value:.3f}{interval}"


def plain_number(value: float | None) -> float | None:
    """`value` as a float that JSON can hold; None for NaN and infinities.

    >>> plain_number(float("nan")), plain_number(1)
    (None, 1.0)
    """
    return None if value is None or not math.isfinite(value) else float(value)


def mean_with_interval(
    values: Sequence[float] | np.ndarray,
    seed: int = SEED,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Mean over texts with a bias-corrected and accelerated (BCa) bootstrap interval.

    NaN values are counted as `undefined` and left out. With fewer than two values there is no
    interval. Where all values are equal every resample is too, so low = high = value. Where BCa
    has no answer, the percentile interval takes its place.

    From about 50 texts on the interval holds what it says: in simulation 95 % intervals held the
    true mean in 94 to 95 % of the draws of 50 or 100 texts (normal, and skewed as a beta(2, 4.67),
    beta(5, 2) and beta(1, 10)). Of 30 texts they held it in 93 to 94 %, of 20 in 92 to 93 %, and of
    10 in 89 to 90 %: with so few, read it as too narrow.

    Source: Efron, Better Bootstrap Confidence Intervals, 1987; `scipy.stats.bootstrap`.

    Args:
        values: one number a text.
        seed: of the resampling; the same seed gives the same interval.
        confidence: of the interval, in (0, 1).
        resamples: how many times the texts are drawn again.

    >>> mean_with_interval([0.5, 0.5, float("nan")])
    Estimate(value=0.5, low=0.5, high=0.5, n=2, undefined=1)
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or np.isinf(values).any():
        raise InputError("interval: values must be one finite number a text (NaN: undefined)")
    known = values[~np.isnan(values)]
    n, undefined = len(known), len(values) - len(known)
    if n < 2:
        value = float(known[0]) if n else math.nan
        return Estimate(value, math.nan, math.nan, n, undefined)
    if np.ptp(known) <= EQUAL * max(1.0, float(np.abs(known).max())):
        value = float(known.mean())
        return Estimate(value, value, value, n, undefined)
    low, high = _bootstrap(known, seed, confidence, resamples)
    return Estimate(float(known.mean()), low, high, n, undefined)


def _bootstrap(
    values: np.ndarray, seed: int, confidence: float, resamples: int
) -> tuple[float, float]:
    batch = max(1, min(resamples, _BATCH_NUMBERS // len(values)))
    for method in ("BCa", "percentile"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", stats.DegenerateDataWarning)
            interval = stats.bootstrap(
                (values,),
                np.mean,
                n_resamples=resamples,
                batch=batch,
                confidence_level=confidence,
                method=method,
                rng=np.random.default_rng(seed),
            ).confidence_interval
        if np.isfinite(interval).all():
            break
    return float(interval.low), float(interval.high)


def share_with_interval(flags: Sequence[bool | None], confidence: float = CONFIDENCE) -> Estimate:
    """Share of texts for which `flags` is true, with Wilson's interval; None: undefined.

    Wilson's rather than a bootstrap's, because that of ten right answers out of ten would be
    [1, 1], as if ten texts proved that no text can go wrong.

    Source: Wilson, Probable inference, the law of succession, and statistical inference, 1927;
    `scipy.stats.binomtest`.

    >>> print(share_with_interval([True] * 10))
    1.000 [0.722, 1.000]
    """
    known = [bool(flag) for flag in flags if flag is not None]
    n, undefined = len(known), len(flags) - len(known)
    if not n:
        return Estimate(math.nan, math.nan, math.nan, 0, undefined)
    interval = stats.binomtest(sum(known), n).proportion_ci(confidence, method="wilson")
    return Estimate(sum(known) / n, float(interval.low), float(interval.high), n, undefined)
