"""The gate's answer for people: a table for the terminal, and a summary in Markdown."""

from collections.abc import Iterator

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from astrid.analysis.gate import GateResult
from astrid.analysis.gate_checks import Check
from astrid.files import without_surrogates
from astrid.progress import visible
from astrid.report import numbers
from astrid.report.markdown import escaped

_COLUMNS = ("check", "figure", "interval", "asked", "result")


def gate_table(found: GateResult) -> Group:
    """Answer, a line a check, reasons, notes and limits, for `rich.console.Console.print`."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in ("check", "result") else "right")
    for check in found.checks:
        table.add_row(*map(Text, _cells(check)), style="" if check.passed else "bold")
    lines: list[Text | Table] = [Text(visible(found.answer), style="bold"), table]
    lines += [Text(visible(line)) for line in (*_reasons(found), *reference_lines(found))]
    lines += [Text(visible(f"Note: {note}")) for note in found.notes]
    lines += [Text(f"Limit: {limit}", style="dim") for limit in found.limits]
    return Group(*lines)


def gate_markdown(found: GateResult) -> str:
    """The same as Markdown, for example for the summary of a run of GitHub Actions."""
    rows: list[tuple[str, ...]] = [_COLUMNS, ("---", "---:", "---:", "---:", "---")]
    rows += [tuple(map(_escaped, _cells(check))) for check in found.checks]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    points = [*_reasons(found), *reference_lines(found)]
    points += [f"Note: {note}" for note in found.notes]
    points += [f"Limit: {limit}" for limit in found.limits]
    listed = "\n".join(f"- {_escaped(point)}" for point in points)
    return f"### astrid study gate\n\n**{_escaped(found.answer)}**\n\n{table}\n\n{listed}\n"


def reference_lines(found: GateResult) -> Iterator[str]:
    """What the figures are to be read against, and how they were made."""
    agreement = found.prediction_agreement
    yield f"Both models predict the same class for {agreement} of {agreement.n} texts."
    if found.settings.needs_labels:
        yield f"Accuracy of the teacher on the same documents: {found.teacher_accuracy}."
    if found.settings.min_similarity is not None:
        texts = min(found.settings.texts, found.documents)
        yield (
            f"Similarity is a mean cosine over {texts} texts ({found.settings.method}, "
            f"{found.settings.kind}); chance, shuffled scores: {found.chance}."
        )
    confidence = f"{100 * found.settings.confidence:g} %"
    yield f"Intervals are two-sided ({confidence}); the end decides, not the middle."


def _reasons(found: GateResult) -> Iterator[str]:
    for check in found.checks:
        yield f"{check.name}: {check.reason}."


def _cells(check: Check) -> tuple[str, ...]:
    return (
        check.name,
        numbers.decimal(check.estimate.value),
        numbers.interval(check.estimate) or numbers.DASH,
        f"{check.direction} {check.threshold:g}",
        "passed" if check.passed else "failed",
    )


def _escaped(text: str) -> str:
    """`text` on one line of Markdown, without anything that Markdown or HTML would read."""
    return escaped(visible(without_surrogates(text)))
