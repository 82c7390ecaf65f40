"""The leaderboard of methods: a table for the terminal, and one HTML page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from astrid.analysis.leaderboard import CONTROL, Leaderboard
from astrid.analysis.standings import Standing
from astrid.files import write_atomic
from astrid.measures import load_measure
from astrid.report import numbers
from astrid.report._templates import fill

BEATS, BEST = "*", "°"
"""Marks of a figure: better than random, and not shown to be worse than the best."""

LIMITS = (
    "Faithfulness is about this model, plausibility about people: a method can be right about a "
    "model that is right for the wrong reasons.",
    "Leaving words out makes texts that the model was not trained on; a method that leaves words "
    "out itself is at home in measures that do the same.",
    "A difference that is not marked was not shown with these texts; that doesn't show that there "
    "is none.",
)


def summary(found: Leaderboard) -> str:
    """The answer in a sentence that the figures decide."""
    level = found.settings.level
    ranked = [
        name
        for name in found.measures
        if load_measure(name).DIRECTION != "neither" and load_measure(name).KIND != "sensitivity"
    ]
    if not ranked:
        return "None of these measures has a better end: the methods are described, not ranked."
    rivals = [name for name in found.methods if name != CONTROL]
    convincing = [
        name
        for name in rivals
        if all(found.standings[name, measure].beats_control(level) for measure in ranked)
    ]
    never = [
        name
        for name in rivals
        if not any(found.standings[name, measure].beats_control(level) for measure in ranked)
    ]
    parts = []
    if convincing:
        parts.append(
            f"{convincing[0]} has the best mean rank of the methods that beat random scores in "
            f"every measure ({len(convincing)} of {len(rivals)})."
        )
    else:
        parts.append("No method was shown to beat random scores in every measure.")
    if never:
        parts.append(f"Not shown to beat them in any: {', '.join(never)}.")
    return " ".join(parts)


def leaderboard_table(found: Leaderboard) -> Group:
    """Answer, tables and what the marks mean, for `rich.console.Console.print`."""
    lines: list[Text | Table] = [Text(summary(found), style="bold"), _ranking(found)]
    for _, names in _kinds(found.measures):
        lines += [_figures(found, group) for group in _fitting(names, found.methods)]
    lines.append(Text(legend(found)))
    for name, reason in found.left_out.items():
        lines.append(Text(f"Left out: {name}, because {reason}."))
    lines += [Text(f"Limit: {limit}", style="dim") for limit in LIMITS]
    return Group(*lines)


def _kinds(measures: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The measures of each kind, in the order asked for."""
    found: dict[str, list[str]] = {}
    for name in measures:
        found.setdefault(load_measure(name).KIND, []).append(name)
    return list(found.items())


def _fitting(measures: list[str], methods: Sequence[str]) -> list[list[str]]:
    """The measures in groups whose columns fit a terminal of 80 characters."""
    groups: list[list[str]] = []
    left = 0
    for name in measures:
        width = max(len(_heading(name)), len("-0.000–-0.000")) + 1
        if width > left:
            groups.append([])
            left = 78 - max(map(len, methods))
        groups[-1].append(name)
        left -= width
    return groups


def _ranking(found: Leaderboard) -> Table:
    table = _table("mean rank", "rows a text", "time a text")
    for method in found.methods:
        cost, rank = found.costs[method], found.mean_ranks.get(method)
        table.add_row(
            _name(method),
            numbers.DASH if rank is None else f"{rank:.1f}",
            f"{cost.evaluations:.0f}",
            numbers.duration(cost.seconds),
        )
    return table


def _figures(found: Leaderboard, measures: list[str]) -> Table:
    table = _table(*map(_heading, measures))
    for method in found.methods:
        cells = [_cell(found.standings[method, name], found) for name in measures]
        table.add_row(_name(method), *map(Text, cells))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("method", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _name(method: str) -> Text:
    return Text(method, style="dim" if method == CONTROL else "")


def legend(found: Leaderboard) -> str:
    """What marks and small figures mean."""
    settings = found.settings
    return (
        f"{BEATS} better than random scores, {BEST} the best or not shown to be worse than it "
        f"(paired permutation tests, Holm over the methods, level {settings.level:g}); intervals: "
        f"{settings.confidence * 100:g} % BCa bootstrap over {found.texts} texts of "
        f"{found.corpus}. ↑ higher is better, ↓ lower."
    )


def _heading(name: str) -> str:
    arrow = {"higher": " ↑", "lower": " ↓", "neither": ""}[load_measure(name).DIRECTION]
    return f"{name}{arrow}"


def _marks(standing: Standing, level: float) -> str:
    marks = BEATS if standing.beats_control(level) else ""
    return marks + (BEST if standing.among_best(level) else "")


def _cell(standing: Standing, found: Leaderboard) -> str:
    mean = standing.mean
    figure = numbers.decimal(mean.value) + _marks(standing, found.settings.level)
    return f"{figure}\n{mean.low:.3f}–{mean.high:.3f}" if mean.has_interval else figure


@dataclass(frozen=True)
class Row:
    """One method in one panel: its figure, its marks, and places in per cent of the width."""

    method: str
    standing: Standing
    marks: str
    at: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Panel:
    """One measure: its methods, best first, on an axis of its own."""

    name: str
    title: str
    what: str
    arrow: str
    rows: tuple[Row, ...]
    control: float | None
    ticks: tuple[tuple[float, str], ...]
    undefined: int


_LEFT, _WIDTH = 26.0, 70.0
"""Where the axis begins and how long it is, in per cent of the panel."""


def panels(found: Leaderboard) -> tuple[Panel, ...]:
    """A panel of dots and intervals for each measure."""
    return tuple(_panel(found, name) for name in found.measures)


def _panel(found: Leaderboard, name: str) -> Panel:
    measure = load_measure(name)
    cells = {method: found.standings[method, name] for method in found.methods}
    order = sorted(cells, key=lambda method: (cells[method].rank or math.inf, method))
    ends = [
        end
        for cell in cells.values()
        for end in (cell.mean.low, cell.mean.value, cell.mean.high)
        if not math.isnan(end)
    ]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    step = _step(high - low)
    first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)

    def place(value: float) -> float | None:
        if math.isnan(value):
            return None
        return round(_LEFT + _WIDTH * (value / step - first) / (last - first), 3)

    return Panel(
        name=name,
        title=measure.TITLE,
        what=(measure.__doc__ or "").strip().splitlines()[0].partition(": ")[2],
        arrow={"higher": "higher is better", "lower": "lower is better", "neither": ""}[
            measure.DIRECTION
        ],
        rows=tuple(
            Row(
                method,
                cells[method],
                _marks(cells[method], found.settings.level),
                place(cells[method].mean.value),
                place(cells[method].mean.low),
                place(cells[method].mean.high),
            )
            for method in order
        ),
        control=place(cells[CONTROL].mean.value),
        ticks=tuple(
            (place(tick * step) or 0.0, f"{tick * step:.4g}") for tick in range(first, last + 1)
        ),
        undefined=max(cell.mean.undefined for cell in cells.values()),
    )


def _step(width: float) -> float:
    """A round distance of ticks, about four to six on the axis."""
    if width <= 0:
        return 0.1
    power = 10.0 ** math.floor(math.log10(width / 4))
    return next(power * times for times in (1, 2, 2.5, 5, 10) if power * times * 5 >= width)


def leaderboard_page(found: Leaderboard) -> str:
    """The page as HTML: answer, table, a figure for each measure, limits, how it was made."""
    return fill(
        "leaderboard.html",
        {
            "found": found,
            "answer": summary(found),
            "legend": legend(found),
            "panels": panels(found),
            "limits": LIMITS,
            "kinds": _kinds(found.measures),
            "titles": {name: load_measure(name).TITLE for name in found.measures},
            "arrows": {name: _heading(name).removeprefix(name) for name in found.measures},
            "marks": {
                key: _marks(standing, found.settings.level)
                for key, standing in found.standings.items()
            },
            "control": CONTROL,
        },
    )


def write_leaderboard_page(path: Path, found: Leaderboard) -> None:
    """Write the page to `path`; InputError where that is impossible."""
    write_atomic(path, leaderboard_page(found).encode("utf-8", "replace"))
