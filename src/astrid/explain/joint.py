"""Several askers as one: their rows of a text share batches, and equal rows run once."""

from collections.abc import Generator, Mapping
from typing import TypeVar

import numpy as np

from astrid.explain.requests import Answer, Asking, MaskedRows, Replace, Request

Key = TypeVar("Key")
Found = TypeVar("Found")


def together(askers: Mapping[Key, Asking[Found]]) -> Asking[dict[Key, Found]]:
    """Run askers of masked rows side by side; the result has each one's, under its key.

    What they ask for at the same time, with the same replacement, becomes one request.
    """
    found: dict[Key, Found] = {}
    waiting: dict[Key, MaskedRows] = {}
    for key, asker in askers.items():
        _go_on(key, asker, None, waiting, found)
    while waiting:
        replace = next(iter(waiting.values())).replace
        asked = {key: rows for key, rows in waiting.items() if rows.replace == replace}
        answers = yield from _as_one(asked, replace)
        for key, values in answers.items():
            del waiting[key]
            _go_on(key, askers[key], Answer(values=values), waiting, found)
    return {key: found[key] for key in askers}


def _as_one(
    asked: Mapping[Key, MaskedRows], replace: Replace
) -> Generator[Request, Answer, dict[Key, np.ndarray]]:
    keep = np.concatenate([rows.keep for rows in asked.values()])
    answer = yield MaskedRows(keep, replace)
    ends = np.cumsum([len(rows.keep) for rows in asked.values()])
    return dict(zip(asked, np.split(answer.row_values(), ends[:-1]), strict=True))


def _go_on(
    key: Key,
    asker: Asking[Found],
    answer: Answer | None,
    waiting: dict[Key, MaskedRows],
    found: dict[Key, Found],
) -> None:
    try:
        request = next(asker) if answer is None else asker.send(answer)
    except StopIteration as stop:
        found[key] = stop.value
        return
    assert isinstance(request, MaskedRows), "only masked rows can be shared"
    waiting[key] = request
