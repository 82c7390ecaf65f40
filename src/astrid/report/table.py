"""The comparison as a table for the terminal."""

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from astrid.analysis.family import LIMITS, FamilyComparison, ModelRow
from astrid.measures.statistics.bootstrap import Estimate
from astrid.report import numbers

# Two figures share a column, one above the other, so that the table fits 80 characters.
_COLUMNS = ("accuracy", "similarity", "Spearman\ntop-5", "size\nsmaller", "a text")


def comparison_table(family: FamilyComparison) -> Group:
    """Answer, table, reference lines, notes and limits, for `rich.console.Console.print`."""
    table = Table(
        caption=_reference_lines(family),
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("model")
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    table.add_column("verdict")
    for row in (family.teacher, *family.rows):
        style = "bold" if row.name == family.decision.chosen else ""
        table.add_row(*map(Text, _cells(row)), style=style)
    lines: list[Text | Table] = [Text(family.decision.answer, style="bold"), table]
    lines += [Text(f"Note: {note}") for note in family.decision.notes]
    lines += [Text(f"Limit: {limit}", style="dim") for limit in LIMITS]
    return Group(*lines)


def _cells(row: ModelRow) -> tuple[str, ...]:
    agreement = row.comparison.agreement if row.comparison else {}
    return (
        row.name,
        _with_interval(row.accuracy),
        _with_interval(agreement.get("cosine")),
        "\n".join(_plain(agreement.get(name)) for name in ("spearman", "top_k")),
        f"{numbers.count(row.parameters)}\n{numbers.ratio(row.compression)}",
        numbers.duration(row.seconds_per_text),
        row.verdict,
    )


def _plain(estimate: Estimate | None) -> str:
    return numbers.DASH if estimate is None else numbers.decimal(estimate.value)


def _with_interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return numbers.DASH
    return "\n".join(filter(None, (numbers.decimal(estimate.value), numbers.interval(estimate))))


def _reference_lines(family: FamilyComparison) -> Text:
    ceiling = family.ceiling or f"not known: {family.ceiling_reason}"
    made = family.made
    return Text(
        f"Similarity is a mean cosine over {made.texts} texts ({made.method}). "
        f"Chance, shuffled scores: {family.chance}. Ceiling, the teacher trained again: {ceiling}."
    )
