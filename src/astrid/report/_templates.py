"""Filling the templates; whatever comes from users is escaped on the way in."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from astrid.files import without_surrogates
from astrid.report import markdown, numbers

_SETTINGS: dict[str, Any] = {
    "loader": FileSystemLoader(Path(__file__).parent / "templates"),
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
}
"""Of both kinds of pages."""


@cache
def _environment() -> Environment:
    environment = Environment(autoescape=True, **_SETTINGS)
    environment.filters |= {
        "decimal": numbers.decimal,
        "signed": numbers.signed,
        "interval": numbers.interval,
        "count": numbers.count,
        "ratio": numbers.ratio,
        "duration": numbers.duration,
    }
    return environment


@cache
def _markdown_environment() -> Environment:
    environment = Environment(autoescape=False, finalize=markdown.escaped, **_SETTINGS)
    environment.filters |= {
        "table": markdown.table,
        "fenced": markdown.fenced,
        "signed": numbers.signed,
    }
    return environment


def fill_markdown(template: str, context: Mapping[str, object]) -> str:
    """As `fill`, for Markdown: whatever is filled in is escaped for it."""
    return without_surrogates(_markdown_environment().get_template(template).render(context))


def fill(template: str, context: Mapping[str, object]) -> str:
    """The template with its names filled in; a name without a value is an error.

    U+FFFD stands for halves of surrogate pairs, which no page can hold.
    """
    return without_surrogates(_environment().get_template(template).render(context))
