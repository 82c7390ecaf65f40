"""Attribution methods, one file each.

A file here is a method under its own name. It exports `Params` (a frozen spec), `NEEDS` (what a
model must be able to answer) and `explain(text, params)`, a generator: it yields requests, is
sent the engine's answers, and returns a score a token. It never calls a model.
"""

from collections.abc import Callable
from typing import Any

from astrid import plugins
from astrid.explain.requests import Method
from astrid.models.protocol import Answers, EncodedText, TextModel
from astrid.spec import Spec, checked


def names() -> list[str]:
    """Names of all methods."""
    return plugins.names(__name__)


def needs(name: str) -> frozenset[Answers]:
    """What a model must be able to answer for the method `name`."""
    return frozenset(plugins.load(__name__, name).NEEDS)


def runs_on(name: str, model: TextModel) -> bool:
    """Whether `model` can answer what the method `name` needs."""
    return needs(name) <= model.answers


def params(name: str, values: dict[str, Any]) -> Spec:
    """The method's checked settings.

    Raises:
        InputError: an unknown method or setting, or a value out of range.
    """
    return checked(plugins.load(__name__, name).Params, values, name)


def bound(name: str, settings: Spec) -> Callable[[EncodedText], Method]:
    """The method as a function of the text alone."""
    explain = plugins.load(__name__, name).explain
    return lambda text: explain(text, settings)
