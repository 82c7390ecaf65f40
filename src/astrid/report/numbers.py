"""Numbers as people read them; a dash where there is none."""

import math

from astrid.measures.statistics.bootstrap import Estimate

DASH = "–"


def decimal(value: float | None) -> str:
    """Three decimals.

    >>> decimal(0.8421), decimal(float("nan"))
    ('0.842', '–')
    """
    return DASH if value is None or math.isnan(value) else f"{value:.3f}"


def signed(value: float) -> str:
    """A score with its sign, three significant digits.

    >>> signed(0.01234), signed(-2.0), signed(0.0)
    ('+0.0123', '-2', '0')
    """
    return f"{value:+.3g}" if value else "0"


def interval(estimate: Estimate | None) -> str:
    """Both ends of the interval; empty where there is none.

    >>> interval(Estimate(0.8, 0.75, 0.85, 50, 0))
    '0.750 to 0.850'
    """
    if estimate is None or not estimate.has_interval:
        return ""
    return f"{estimate.low:.3f} to {estimate.high:.3f}"


def count(value: int) -> str:
    """Parameters, in thousands or millions from 10,000 on.

    >>> count(66_400_000), count(14_000), count(900)
    ('66.4 M', '14.0 k', '900')
    """
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if value >= unit and value >= 10_000:
            return f"{value / unit:.1f} {name}"
    return f"{value:,}"


def ratio(value: float) -> str:
    """How many times smaller.

    >>> ratio(7.714), ratio(123.4)
    ('7.7×', '123×')
    """
    return f"{value:.1f}×" if value < 100 else f"{value:.0f}×"


def duration(seconds: float | None) -> str:
    """A short time.

    >>> duration(0.0123), duration(2.5), duration(None)
    ('12.3 ms', '2.50 s', '–')
    """
    if seconds is None or math.isnan(seconds):
        return DASH
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def size(number: float) -> str:
    """Bytes, in the unit that leaves the fewest digits.

    >>> size(56_000_000), size(1_200)
    ('56.0 MB', '1.2 kB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if number >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number:.0f} bytes"


def p_value(value: float | None) -> str:
    """A p-value; very small ones are told as such.

    >>> p_value(0.0312), p_value(1e-9), p_value(None)
    ('0.031', '<0.001', '–')
    """
    if value is None or math.isnan(value):
        return DASH
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def p_equals(value: float) -> str:
    """A p-value in a sentence.

    >>> p_equals(0.0312), p_equals(1e-9)
    ('p = 0.031', 'p < 0.001')
    """
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def plain(value: float) -> str:
    """A number of any size: whole ones whole, others with three digits that say something.

    >>> plain(40.0), plain(0.1234), plain(6.1e-8), plain(12345.6), plain(float("nan"))
    ('40', '0.123', '6.1e-08', '12,346', '–')
    """
    if not math.isfinite(value):
        return DASH
    if isinstance(value, int) or (value.is_integer() and abs(value) > 1):
        return f"{value:,.0f}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if 0 < abs(value) < 0.001 else f"{value:.3f}"
