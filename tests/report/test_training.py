"""The page of one training, and what a study's report says of training."""

import csv
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from astrid.errors import InputError
from astrid.plots import training_curves
from astrid.report.study import write_study_report
from astrid.report.training import training_page, write_training
from astrid.text.document import Corpus
from astrid.training.finding import Finding
from astrid.training.fit import fit
from tests.report.hostile import HOSTILE, explained
from tests.report.test_study import SMALL, Page
from tests.studies import study
from tests.training import several
from tests.training.toy import train

FOUND = Finding(
    "no_convergence",
    "sn",
    f"task {HOSTILE} does not converge (14 % positive)",
    "validation loss is no better",
    {"val_loss_best": 0.4},
    ("trainer.class_weights=balanced", "trainer.epochs=9"),
)


def test_the_page_tells_what_went_wrong_and_runs_nothing_of_the_users() -> None:
    frame = training_curves.example()
    frame["task"] = frame["task"].replace("sn", HOSTILE)
    page = Page(training_page(HOSTILE, frame, [FOUND]))
    assert f"task {HOSTILE} does not converge (14 % positive)" in page.text
    assert "trainer.class_weights=balanced; or trainer.epochs=9" in page.text
    assert not any(tag == "img" for tag, _ in page.tags)
    assert [level for level, _ in page.headings] == [1]


def test_a_good_training_is_called_none_other() -> None:
    page = Page(training_page("mine", training_curves.example(), []))
    assert "Nothing in the curves is wrong beyond doubt." in page.text


def test_page_and_picture_lie_beside_the_curves(tmp_path: Path) -> None:
    folder = tmp_path / "toy"
    train(folder, epochs=2)
    page, picture = write_training(folder) or ()
    assert (page, picture) == (folder / "training.html", folder / "training.png")
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert "Training curves" in page.read_text(encoding="utf-8")
    assert train(folder, epochs=2).reused
    with pytest.raises(InputError, match="not a model"):
        write_training(tmp_path)


def test_a_study_says_what_did_not_go_well_only_where_something_did_not(tmp_path: Path) -> None:
    records = study(**SMALL)
    pages = write_study_report(tmp_path / "good", records, explained)
    for path in pages[:2]:
        assert "what did not go well" not in path.read_text(encoding="utf-8")
    row = {"encoder": "small", "classifier": "mlp", "seed": 0}
    row |= {"finding": FOUND.message, "because": FOUND.because, "advice": FOUND.advice[0]}
    pages = write_study_report(
        tmp_path / "bad", replace(records, diagnosis=pd.DataFrame([row])), explained
    )
    page = Page(pages[0].read_text(encoding="utf-8"))
    assert (2, "Training: what did not go well") in page.headings
    (table,) = [table for table in page.tables if "what to change" in table[0]]
    assert table[0] == ["encoder", "head", "finding", "what shows it", "what to change"]
    assert table[1][:3] == ["small", "mlp", FOUND.message]
    markdown = pages[1].read_text(encoding="utf-8")
    assert "## Training: what did not go well" in markdown
    assert "\\<img" in markdown


def test_tasks_of_any_name_have_curves(tmp_path: Path) -> None:
    """A comma, a quote or a line's end in the name of a task moves no column."""
    named = {"loud": 'a, "b"', "mood": "c\nd", "warm": " <e> "}

    def renamed(corpus: Corpus) -> Corpus:
        documents = tuple(
            replace(one, labels={named[task]: label for task, label in one.labels.items()})
            for one in corpus
        )
        names = {named[task]: classes for task, classes in corpus.label_names.items()}
        return Corpus(corpus.name, documents, names)

    spec = several.spec(trainer={"epochs": 2})
    texts, check = renamed(several.corpus(80, 1)), renamed(several.corpus(40, 2))
    fit(spec, texts, check, tmp_path / "model", progress=False)
    with (tmp_path / "model" / "curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["epoch"]) for row in rows] == [1, 2]
    for task in named.values():
        assert all(0 <= float(row[f"acc_{task}"]) <= 1 for row in rows)
    assert write_training(tmp_path / "model")
