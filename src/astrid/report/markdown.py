"""Markdown of what users typed: nothing in it is read as markup."""

import re

from markupsafe import Markup

from astrid.report.frame_table import Cell, TableView
from astrid.report.numbers import DASH

_SIGNS = re.compile(r"([\\`*\[\]<>|#~$&])|(?<!\w)(_)|(_)(?!\w)")


def escaped(value: object) -> str:
    """`value` on one line, each sign as it is.

    >>> escaped("a_b | <b>"), escaped(3)
    ('a_b \\\\| \\\\<b\\\\>', '3')
    """
    if isinstance(value, Markup):
        return value
    return _SIGNS.sub(lambda found: f"\\{found[0]}", " ".join(str(value).split()))


def table(view: TableView, limit: int = 50) -> Markup:
    """The first `limit` rows as a table; what is left out is said below it."""
    rules = ["---:" if is_number else "---" for is_number in view.is_number]
    rows = [_row([escaped(heading) for heading in view.headings]), _row(rules)]
    rows += [_row([_field(cell) for cell in row]) for row in view.rows[:limit]]
    left_out = view.left_out + max(0, len(view.rows) - limit)
    if left_out:
        rows += ["", f"{left_out:,} more rows are left out here; all figures are in results.csv."]
    return Markup("\n".join(rows))


def fenced(text: str) -> Markup:
    """`text` as a block of code, with a fence that it does not hold."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}\n{text.rstrip()}\n{fence}")


def _row(fields: list[str]) -> str:
    return f"| {' | '.join(fields)} |"


def _field(cell: Cell) -> str:
    text = escaped(cell.text) or DASH
    return f"{text} ({escaped(cell.small)})" if cell.small else text
