"""The splits of data that come in several parts."""

from collections.abc import Mapping
from typing import TypeVar

from astrid.errors import InputError

Part = TypeVar("Part")

SPLITS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
"""What data call their splits, and what those are."""


def chosen(where: str, parts: Mapping[str, Part], split: str | None) -> dict[str, Part]:
    """The one split that is asked for; for None, all that are for training, validation or test.

    Raises:
        InputError: there is none such; the line names those that there are.
    """
    found = {name: part for name, part in parts.items() if name in ([split] if split else SPLITS)}
    if not found:
        there = f"(there are: {', '.join(parts)})"
        if split is not None:
            raise InputError(f'{where}: no split "{split}"; name another {there}')
        raise InputError(
            f"{where}: no train, validation or test split; name one with `split` {there}"
        )
    return found
