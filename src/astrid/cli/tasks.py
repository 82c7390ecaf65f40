"""How well a model of several tasks predicts: what `astrid evaluate` and `mbti evaluate` share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astrid.cli import options
from astrid.errors import InputError
from astrid.files import require_writable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from astrid.analysis.important_words import ImportantWords
    from astrid.analysis.task_baselines import LabelledTexts
    from astrid.analysis.task_comparison import TaskBoard
    from astrid.measures.statistics.bootstrap import Estimate
    from astrid.models.text_model import TransformerClassifier
    from astrid.text.load import DataSpec

Report = Annotated[
    Path | None, typer.Option("--report", help="Folder for a page on the tasks, with figures.")
]
Words = Annotated[
    int, typer.Option("--words", help="Texts to explain for each task, for lists of words.", min=0)
]


def answers_tasks(model: "TransformerClassifier") -> bool:
    """Whether the model answers named tasks, and not one choice between classes.

    Labels of a multi-label model of another make, and numbers, are no such tasks.
    """
    return all(task.kind != "number" and task.answers for task in model.tasks)


def divided_as_trained(model: str, asked: "DataSpec") -> "DataSpec":
    """`asked`, divided by the groups, shares and seed of the model's training.

    Divided otherwise, the test documents would be people's that the model has learnt from. Data
    of another source, and files without the column of the groups, stay as they are.
    """
    from astrid.models.saving import RECORD, read_record
    from astrid.spec import checked
    from astrid.text.load import DataSpec
    from astrid.text.sources._table import read_table

    folder = Path(model) if Path(model).is_dir() else Path(model).parent
    if not (folder / RECORD).is_file():
        return asked
    known = read_record(folder).get("spec", {}).get("data", {})
    if known.get("source") != asked.source:
        return asked
    params = dict(asked.params)
    group = known.get("params", {}).get("group_field")
    if asked.source == "file" and group in read_table(Path(params["path"])).columns:
        params.setdefault("group_field", group)
    division = {name: known[name] for name in ("fractions", "seed") if name in known}
    return checked(DataSpec, {**asked.model_dump(), **division, "params": params}, "data")


@dataclass(frozen=True)
class Judging:
    """What is judged on, and what is written besides.

    Attributes:
        data: the corpus; its training documents make the baselines.
        split: validation or test.
        folder: where the report goes: `tasks.html` and its figures.
        words: texts that are explained for each task, for lists of words; 0 for none.
        limits: of these data, for the page.
    """

    data: "DataSpec"
    split: str
    folder: Path | None
    words: int
    limits: Sequence[str] = ()

    def check(self) -> None:
        """Refuse what can't be judged on or written, before anything is computed."""
        if self.split not in ("validation", "test"):
            raise InputError(
                f'--split "{self.split}": use test or validation; the training documents make the '
                "baselines"
            )
        if self.folder is not None:
            require_writable(self.folder / "tasks.html")


def judge(model: "TransformerClassifier", judging: Judging, as_json: bool) -> None:
    """Evaluate the tasks beside their baselines, and show it."""
    from rich.console import Console

    from astrid.analysis.task_comparison import judge_tasks
    from astrid.analysis.task_reading import labelled, read
    from astrid.progress import bar
    from astrid.report.task_report import summary, write_task_report
    from astrid.text.load import load_splits

    splits = load_splits(judging.data)
    chosen = splits.test if judging.split == "test" else splits.validation
    with bar("predicting", None) as advance:
        texts, probabilities = read(model, chosen, advance)
    train = labelled(model, splits.train)
    board = judge_tasks(model.name, model.tasks, probabilities, train, texts)
    console = Console(stderr=True)
    console.print(_table(board, judging.split))
    console.print(summary(board), markup=False)
    words = _words(model, judging, texts)
    if as_json:
        lists = [found.to_dict() for found in words]
        options.print_json({**board.to_dict(), "split": judging.split, "words": lists})
    if judging.folder is not None:
        page, *_ = write_task_report(judging.folder, board, words, judging.limits)
        options.say(f"written: {page}, and its figures")


def _words(
    model: "TransformerClassifier", judging: Judging, texts: "LabelledTexts"
) -> "list[ImportantWords]":
    from astrid.analysis.important_words import TooFewTextsError
    from astrid.analysis.task_reading import important_words_of
    from astrid.progress import bar

    if not judging.words:
        return []
    count = min(judging.words, len(texts.texts))
    try:
        with bar("explaining (integrated_gradients)", count * len(model.labels)) as advance:
            return important_words_of(model, texts, count, advance=advance)
    except TooFewTextsError as error:
        # The figures stand without the lists, and took long enough.
        options.say(f"no lists of words: {error}")
        return []


def _table(board: "TaskBoard", split: str) -> "Table":
    from rich.table import Table
    from rich.text import Text

    found = board.evaluation
    title = f"{board.model} on {found.units} {found.unit}s ({split}), 95 % intervals"
    table = Table(title=Text(title))
    beside = (f"accuracy of\n{one.baseline}" for one in board.beside)
    columns = ("task", "accuracy", "macro F1", *beside)
    for column in columns:
        table.add_column(Text(column))
    for name, quality in found.tasks.items():
        measures = [quality.measures[measure] for measure in ("accuracy", "f1")]
        others = [one.evaluation.tasks[name].measures["accuracy"] for one in board.beside]
        table.add_row(Text(name), *map(_cell, (*measures, *others)))
    total = [found.total, *(one.evaluation.total for one in board.beside)]
    cells = [_cell(estimate) for estimate in total]
    table.add_row(Text("all at\nonce"), cells[0], Text(""), *cells[1:])
    return table


def _cell(estimate: "Estimate") -> "Text":
    """The figure above its interval: five columns of both fit into 80 signs."""
    from rich.text import Text

    from astrid.report.numbers import decimal, interval

    return Text(f"{decimal(estimate.value)}\n{interval(estimate)}".strip())
