"""The errors that users are meant to see."""

from collections.abc import Sequence
from typing import Any


class InputError(Exception):
    """Something the user gave can't be used; the message is one line: what, where, how to mend it.

    The command line prints the message alone and ends with exit code 2.

    Attributes:
        text: the number of the text it is about, from 0, among those of the call; None where it is
            about no single one or the number isn't known.
    """

    def __init__(self, message: str, text: int | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.text = text


class CallError(InputError):
    """A model that is only reachable by calls gave no usable answer, or may not be called again."""


class UnfinishedError(InputError):
    """A run ended early because a call failed; what was finished by then is kept.

    Attributes:
        explanations: the finished explanations, in the order of their texts.
        numbers: which texts these are, counted from 0.
    """

    def __init__(self, message: str, explanations: Sequence[Any], numbers: tuple[int, ...]) -> None:
        super().__init__(message)
        self.explanations = explanations
        self.numbers = numbers
