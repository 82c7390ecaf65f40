"""Means over seeds and texts: another training is another draw, and so is another text."""

import math

import numpy as np

from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import CONFIDENCE, RESAMPLES, SEED, Estimate


def mean_over_seeds_and_texts(
    values: np.ndarray,
    seed: int = SEED,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Mean of `[S, N]` values of S seeds on the same N texts, with a bootstrap interval over both.

    Each resample draws seeds and, independently, texts, with replacement; the value of a seed and
    a text counts as often as both were drawn. An interval over texts alone would say how sure the
    mean of these very models is, not of models trained like them. The mean is that of the seeds'
    means. With one seed there is no interval: nothing tells how much another would differ.

    All seeds have the same texts, so that a resample has one draw of texts for all its seeds. Other
    texts for each seed would average out what is hard or easy about a text: in simulation, with
    50 texts that differ as much as the noise, 95 % intervals so made held the mean in 57 to 86 %.

    Those made here held it in 93 to 96 % of the draws where seeds differ little (a tenth of the
    noise), with 3 to 20 seeds. Where seeds differ by half the noise they held it in 83 % with 3
    seeds, 90 % with 5 and 93 to 94 % with 10 and 20: with fewer than ten seeds take the interval as
    too narrow.

    Source: Owen, The pigeonhole bootstrap, 2007; percentile interval.

    Args:
        values: `[S, N]`, NaN where undefined.
        seed: of the resampling.
        confidence: of the interval, in (0, 1).
        resamples: how many draws.

    Returns:
        An estimate whose `n` counts the texts that are defined for at least one seed.

    Raises:
        InputError: not two-dimensional, or infinite values.

    >>> mean_over_seeds_and_texts(np.array([[0.5, 0.5], [0.5, 0.5]]))
    Estimate(value=0.5, low=0.5, high=0.5, n=2, undefined=0)
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or np.isinf(values).any():
        raise InputError("hierarchical: give one row of finite values a seed, one column a text")
    known = ~np.isnan(values)
    n = int(known.any(axis=0).sum())
    undefined = values.shape[1] - n
    rows = known.any(axis=1)
    if not rows.any():
        return Estimate(math.nan, math.nan, math.nan, 0, undefined)
    values, known = values[rows], known[rows]
    value = float(np.nanmean(values, axis=1).mean())
    if len(values) < 2 or n < 2:
        return Estimate(value, math.nan, math.nan, n, undefined)
    means = _drawn(np.where(known, values, 0.0), known, seed, resamples)
    outside = (1 - confidence) / 2
    low, high = np.nanquantile(means, [outside, 1 - outside])
    return Estimate(value, float(low), float(high), n, undefined)


def _drawn(values_SN: np.ndarray, known_SN: np.ndarray, seed: int, resamples: int) -> np.ndarray:
    """`[resamples]` the mean of each draw; NaN where it holds no defined value."""
    seeds, texts = values_SN.shape
    random = np.random.default_rng(seed)
    of_seeds_RS = random.multinomial(seeds, np.full(seeds, 1 / seeds), resamples)
    found = np.empty(resamples)
    step = max(1, 2_000_000 // texts)
    for start in range(0, resamples, step):
        part = slice(start, start + step)
        size = len(of_seeds_RS[part])
        of_texts_RN = random.multinomial(texts, np.full(texts, 1 / texts), size)
        with np.errstate(invalid="ignore"):
            means_RS = (of_texts_RN @ values_SN.T) / (of_texts_RN @ known_SN.T)
        weights_RS = np.where(np.isnan(means_RS), 0, of_seeds_RS[part])
        with np.errstate(invalid="ignore"):
            found[part] = (np.nan_to_num(means_RS) * weights_RS).sum(axis=1) / weights_RS.sum(
                axis=1
            )
    return found
