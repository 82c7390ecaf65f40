"""The comparison as a table for the terminal."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from astrid.analysis.family import LIMITS, FamilyComparison, ModelRow
from astrid.measures.statistics.bootstrap import Estimate
from astrid.report import numbers

_COLUMNS = ("accuracy", "similarity", "Spearman", "top-5", "parameters", "smaller", "a text")


def comparison_table(family: FamilyComparison) -> Group:
    """Answer, table, reference lines, notes and limits, for `rich.console.Console.print`."""
    table = Table(caption=_reference_lines(family), caption_justify="left")
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
        *(_with_interval(agreement.get(name)) for name in ("cosine", "spearman", "top_k")),
        numbers.count(row.parameters),
        numbers.ratio(row.compression),
        numbers.duration(row.seconds_per_text),
        row.verdict,
    )


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
