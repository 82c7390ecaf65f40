"""The report of a model of several tasks: one HTML page that needs nothing but itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from astrid.analysis.important_words import LIMITS as WORD_LIMITS
from astrid.analysis.important_words import ImportantWord, ImportantWords
from astrid.analysis.task_comparison import TaskBoard, TasksBeside
from astrid.analysis.task_evaluation import TOTAL, TaskEvaluation
from astrid.files import write_atomic
from astrid.measures.statistics.bootstrap import Estimate
from astrid.plots._paper import save_paper
from astrid.plots._style import noted
from astrid.report import numbers
from astrid.report._templates import fill
from astrid.report.study import plotly_script
from astrid.report.study_figures import FigureView, shown

SELF_REPORTED = (
    "The types are what people say of themselves: the result of a questionnaire at best. The model "
    "learns who says so, not what a person is like. Don't judge people by it.",
    "The texts come from one place, and who writes there chose to. Other people, elsewhere, write "
    "otherwise: the figures don't carry over.",
)
"""Limits of types of personality that people report of themselves."""

PAGE = "tasks.html"

_TITLES = {
    "task_quality": "Quality of each task beside the baselines",
    "important_words": "Words that matter",
}
_SHOWS = {
    "task_quality": "Whether two differ is tested pair by pair in the tables below; whiskers that "
    "overlap don't decide it.",
    "important_words": "Bars to the right speak for the class on the right. Grey band: how far the "
    "scores get where they are shuffled among the words of each text; hatched bars lie within.",
}
"""By plot: its heading on the page, and how to read it."""

_SMALL = 200
"""Units below which the page says that the data are small."""

_WORDS_SHOWN = 10


@dataclass(frozen=True)
class DifferenceRow:
    """One task in the table of a baseline."""

    task: str
    baseline: Estimate
    accuracy: Estimate
    f1: Estimate | None
    balanced_accuracy: Estimate | None
    p_values: str
    only: str
    words: str


@dataclass(frozen=True)
class WordsView:
    """The words of one task, as the page shows them."""

    found: ImportantWords
    toward: tuple[ImportantWord, ...]
    against: tuple[ImportantWord, ...]


def summary(board: TaskBoard) -> str:
    """The answer in a sentence that the tests decide."""
    evaluation = board.evaluation
    parts = []
    for beside in board.beside:
        called = _called(beside.baseline)
        verdicts = {name: beside.differences[name, "accuracy"].verdict for name in evaluation.tasks}
        better = [name for name, verdict in verdicts.items() if verdict == "better"]
        worse = [name for name, verdict in verdicts.items() if verdict == "worse"]
        if better:
            parts.append(f"Shown to be right more often than {called} in {', '.join(better)}.")
        else:
            parts.append(f"In no task shown to be right more often than {called}.")
        if worse:
            parts.append(f"Less often right than {called} in {', '.join(worse)}.")
    total = evaluation.total
    if total.defined and len(evaluation.tasks) > 1:
        parts.append(
            f"All {len(evaluation.tasks)} tasks are right for {numbers.decimal(total.value)} of "
            f"{total.n} {evaluation.unit}s; the most frequent combination of classes alone gives "
            f"{numbers.decimal(evaluation.majority_total)}."
        )
    return " ".join(parts)


def limits_of(board: TaskBoard, words: Sequence[ImportantWords] = ()) -> tuple[str, ...]:
    """What the figures of this page do not show."""
    evaluation = board.evaluation
    found = [
        "“Not shown” is no proof that there is no difference: small ones need many "
        f"{evaluation.unit}s to show.",
    ]
    fewest = min(
        quality.support for task in evaluation.tasks.values() for quality in task.of_classes
    )
    if evaluation.units < _SMALL:
        found.append(
            f"The data are small: {evaluation.units} {evaluation.unit}s, {fewest} of the rarest "
            "class. Read the intervals, not the figures."
        )
    if any(task.threshold not in (None, 0.5) for task in evaluation.tasks.values()):
        found.append(
            "Thresholds were set beforehand; had they been tuned on these very "
            f"{evaluation.unit}s, the figures would flatter the model."
        )
    return (*found, *(WORD_LIMITS if words else ()))


def task_page(
    board: TaskBoard, words: Sequence[ImportantWords] = (), limits: Sequence[str] = ()
) -> str:
    """The page as HTML: answer, tables, figures, words, limits, how it was made.

    Args:
        board: the model beside its baselines.
        words: of tasks that were explained.
        limits: of these data, such as `SELF_REPORTED`, shown before those of any.
    """
    figures = _figures(board, words)
    drawn = any(figure.data is not None for figure in figures)
    return fill(
        "tasks.html",
        {
            "board": board,
            "answer": summary(board),
            "shown": any(
                difference.verdict == "better"
                for beside in board.beside
                for difference in beside.differences.values()
            ),
            "parts": [(beside, _rows(board.evaluation, beside)) for beside in board.beside],
            "called": _called,
            "figures": figures,
            "word_lists": [_words_view(found) for found in words],
            "limits": (*limits, *limits_of(board, words)),
            "plotly": plotly_script() if drawn else Markup(),
        },
    )


def write_task_report(
    folder: Path,
    board: TaskBoard,
    words: Sequence[ImportantWords] = (),
    limits: Sequence[str] = (),
) -> tuple[Path, ...]:
    """Write the page as `tasks.html` into `folder`, and its figures as PNG and SVG to `figures/`.

    Returns:
        What was written, the page first.

    Raises:
        InputError: the folder can't be written.
    """
    page = folder / PAGE
    # Half of a surrogate pair, as some data sets have them, has no UTF-8 form.
    write_atomic(page, task_page(board, words, limits).encode("utf-8", "replace"))
    frames = {name: frame for name, frame in _frames(board, words).items() if not frame.empty}
    saved = [save_paper(name, frame, folder / "figures") for name, frame in frames.items()]
    return page, *(path for paths in saved for path in paths)


def words_frame(words: Sequence[ImportantWords], count: int = _WORDS_SHOWN) -> pd.DataFrame:
    """The frame of the plot `important_words`: of each task `count` words toward each class."""
    frames = [found.to_frame(count) for found in words]
    frame = pd.concat(frames, ignore_index=True)
    frame.attrs["notes"] = [note for found in frames for note in found.attrs["notes"]]
    return frame


def _called(baseline: str) -> str:
    return "the majority class" if baseline == "majority" else f"the {baseline}"


def _frames(board: TaskBoard, words: Sequence[ImportantWords]) -> dict[str, pd.DataFrame]:
    """By plot, what it draws."""
    named = board.to_frame().replace({"task": {TOTAL: "all at once"}})
    frames = {"task_quality": named}
    return {**frames, "important_words": words_frame(words)} if words else frames


def _figures(board: TaskBoard, words: Sequence[ImportantWords]) -> list[FigureView]:
    return [
        shown(name, frame, _TITLES[name], (_SHOWS[name], *noted(frame)))
        for name, frame in _frames(board, words).items()
    ]


def _rows(evaluation: TaskEvaluation, beside: TasksBeside) -> list[DifferenceRow]:
    rows = []
    for task in [*evaluation.tasks, TOTAL]:
        of_task = {name: found for (of, name), found in beside.differences.items() if of == task}
        quality = beside.evaluation.tasks.get(task)
        f1, recall = of_task.get("f1"), of_task.get("balanced_accuracy")
        rows.append(
            DifferenceRow(
                task,
                quality.measures["accuracy"] if quality else beside.evaluation.total,
                of_task["accuracy"].difference,
                f1.difference if f1 else None,
                recall.difference if recall else None,
                " / ".join(
                    numbers.p_value(found.p_adjusted)
                    for found in (of_task["accuracy"], f1, recall)
                    if found
                ),
                f"{beside.mcnemar[task].first_only} / {beside.mcnemar[task].second_only}",
                beside.sentence(task),
            )
        )
    return rows


def _words_view(found: ImportantWords) -> WordsView:
    shown = found.extremes(_WORDS_SHOWN)
    toward = tuple(word for word in shown if word.score.value > 0)
    return WordsView(found, toward, tuple(reversed(shown[len(toward) :])))
