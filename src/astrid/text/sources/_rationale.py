"""Human evidence, in the forms that files have it, as character spans."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from astrid.text.document import Span


def find_rationale(value: Any, text: str) -> tuple[Span, ...] | None:
    """The spans that `value` marks in `text`; None where the value is blank: not known.

    Args:
        value: a stretch of the text, a list of such stretches, or a list of `[start, end)`
            character positions; lists also as JSON. An empty list: there is no evidence.
        text: what the evidence is in.

    Raises:
        ValueError: the value has another form, or isn't in the text; the message says which.

    >>> find_rationale("paid", "He repaid what he paid.")
    ((18, 22),)
    >>> find_rationale('[[0, 2], [2, 5]]', "He paid.")
    ((0, 5),)
    >>> find_rationale('["He", "paid"]', "He paid.")
    ((0, 2), (3, 7))
    """
    if value is None or value != value or (isinstance(value, str) and not value.strip()):
        return None
    parts = _as_list(value)
    if _are_spans(parts):
        outside = [span for span in parts if not 0 <= span[0] < span[1] <= len(text)]
        if outside:
            raise ValueError(f"the span {outside[0]} is not within the text's {len(text)} signs")
        return merge((start, end) for start, end in parts)
    if all(isinstance(part, str) and part.strip() for part in parts):
        return merge(_locate(part.strip(), text) for part in parts)
    raise ValueError("a rationale is a part of the text, or a list of parts or of [start, end]")


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans sorted, those that overlap or touch made one.

    >>> merge([(4, 6), (0, 2), (2, 3)])
    ((0, 3), (4, 6))
    """
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def spans_of_flags(tokens: Sequence[str], flags: Sequence[int]) -> tuple[Span, ...]:
    """Spans of the flagged tokens in `" ".join(tokens)`; neighbours make one span.

    >>> spans_of_flags(["He", "paid", "rent", "late"], [0, 1, 1, 0])
    ((3, 12),)
    """
    spans: list[Span] = []
    start = 0
    for place, (token, flag) in enumerate(zip(tokens, flags, strict=True)):
        if flag:
            # From the space before, where the neighbour is flagged too, so that they touch.
            before = 1 if place and flags[place - 1] else 0
            spans.append((start - before, start + len(token)))
        start += len(token) + 1
    return merge(spans)


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
        is_list = isinstance(parsed, list)
        usable = is_list and (_are_spans(parsed) or all(isinstance(part, str) for part in parsed))
        return parsed if usable else [value]
    return list(value) if isinstance(value, list | tuple) else [value]


def _are_spans(parts: list[Any]) -> bool:
    return all(
        isinstance(part, list | tuple) and len(part) == 2 and all(type(end) is int for end in part)
        for part in parts
    )


def _locate(part: str, text: str) -> Span:
    """Where `part` stands in `text`: the first place where it cuts no word, else the first."""
    first = text.find(part)
    if first < 0:
        raise ValueError("the rationale is not a part of the text")
    start = first
    while start >= 0:
        end = start + len(part)
        if not (_cuts(text, start) or _cuts(text, end)):
            return start, end
        start = text.find(part, start + 1)
    return first, first + len(part)


def _cuts(text: str, place: int) -> bool:
    return text[place - 1 : place].isalnum() and text[place : place + 1].isalnum()
