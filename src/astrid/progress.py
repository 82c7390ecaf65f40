"""Progress bars with time left, on stderr, for work that takes more than a moment."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Advance(Protocol):
    """Told how many further units are done."""

    def __call__(self, done: int = 1) -> None: ...


def silent(done: int = 1) -> None:
    """An `Advance` that shows nothing: the default of library calls."""


Bar = Callable[[str, int | None], AbstractContextManager[Advance]]
"""What shows the progress of one stretch of work: its description and how many units it has."""


@contextmanager
def no_bar(description: str, total: int | None) -> Iterator[Advance]:
    """A `Bar` that shows nothing."""
    yield silent


@contextmanager
def bar(description: str, total: int | None) -> Iterator[Advance]:
    """A progress bar on stderr; yields the function that advances it.

    A notebook without ipywidgets can't redraw one: there a line at the end is all.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    if console.is_jupyter and importlib.util.find_spec("ipywidgets") is None:
        console = Console(stderr=True, force_jupyter=False, force_terminal=False)
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done=1: progress.advance(task, done)


def visible(text: str) -> str:
    """`text` on one line and without control characters, which could steer the terminal.

    >>> visible("won\\x1b[2J\\nlost")
    'won [2J lost'
    """
    return "".join(sign if sign.isprintable() else " " for sign in text)
