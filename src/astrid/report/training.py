"""How one model was trained, as a page and as a picture beside its curves."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from astrid.analysis.training_frame import training_frame
from astrid.files import write_atomic
from astrid.models.saving import read_record
from astrid.plots._paper import save_picture
from astrid.report._templates import fill
from astrid.report.study import plotly_script
from astrid.report.study_figures import shown
from astrid.training.finding import Finding, findings_of
from astrid.training.task_curves import TaskFacts

PAGE, PICTURE = "training.html", "training.png"

_TITLE = "Training curves"
_NOTES = (
    "Log loss in nats and share of right answers, after each epoch; the band is the 95 % interval "
    "of the validation loss over texts (1.96 standard errors). Dotted: what always answering the "
    "shares of the classes gives, and the largest class. Upright line: the epoch that was kept.",
)


def write_training(folder: Path) -> tuple[Path, Path] | None:
    """Write `training.html` and `training.png` into the folder of a model that was trained.

    Returns:
        The page and the picture; None where the record says too little, as an old one does.

    Raises:
        InputError: it is no model's folder, or can't be written.
    """
    record = read_record(folder)
    if "task_facts" not in record:
        return None
    findings = findings_of(record)
    facts = [TaskFacts.from_dict(values) for values in record["task_facts"]]
    with (folder / "curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    frame = training_frame(rows, facts, record["best_epoch"], findings)
    page, picture = folder / PAGE, folder / PICTURE
    write_atomic(page, training_page(folder.name, frame, findings).encode("utf-8", "replace"))
    save_picture("training_curves", frame, picture)
    return page, picture


def training_page(name: str, frame: pd.DataFrame, findings: Sequence[Finding]) -> str:
    """The page as HTML: what went wrong and what to change, then the curves."""
    context = {
        "name": name,
        "findings": findings,
        "figure": shown("training_curves", frame, _TITLE, _NOTES),
        "across": frame["task"].nunique(),
        "plotly": plotly_script(),
    }
    return fill("training.html", context)
