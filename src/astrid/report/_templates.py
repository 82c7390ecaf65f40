"""Filling the HTML templates; whatever comes from users is escaped on the way in."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from astrid.files import without_surrogates
from astrid.report import numbers

_FOLDER = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "decimal": numbers.decimal,
        "signed": numbers.signed,
        "interval": numbers.interval,
        "count": numbers.count,
        "ratio": numbers.ratio,
        "duration": numbers.duration,
    }
    return environment


def fill(template: str, context: Mapping[str, object]) -> str:
    """The template with its names filled in; a name without a value is an error.

    U+FFFD stands for halves of surrogate pairs, which no page can hold.
    """
    return without_surrogates(_environment().get_template(template).render(context))
