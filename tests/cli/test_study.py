"""`astrid study run`, `status`, `report` and `select` from the command line."""

import json
import os
import re
import shutil

import pandas as pd
import pytest

from astrid.study.run import Engine, run_study
from astrid.study.spec import StudySpec
from tests.small_study import TINY, small


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    run_study(small(), folder, Engine(workers=0, threads=1))
    return folder


@pytest.fixture
def spec_file(tmp_path):
    """A study of one encoder, one head and two methods."""
    sizes = ", ".join(f"{name}: {value}" for name, value in TINY.items())
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"""
defaults: [/data: verdicts, _self_]
data: {{params: {{train: 40, validation: 16, test: 16}}}}
encoders: {{only: {{encoder: {{{sizes}}}}}}}
heads: [linear]
methods: {{integrated_gradients: {{steps: 4}}, occlusion: {{}}}}
trainer: {{epochs: 1, learning_rate: 0.001}}
explaining: {{texts: 4}}
twin: false
"""
    )
    return path


def test_a_file_of_ones_own(astrid, spec_file, tmp_path):
    out = tmp_path / "out"
    code, (row,), err = astrid("study", "run", spec_file, "--workers", 0, "--out", out, "--json")
    assert code == 0, err
    assert row["counts"]["done"] == 2
    assert len(pd.read_parquet(out / "results.parquet")) == 2
    assert len(pd.read_csv(out / "results.csv")) == 2
    code, (row,), err = astrid("study", "status", out, "--json")
    assert (code, row["counts"]["done"], row["seconds_left"]) == (0, 2, 0)
    code, _, err = astrid("study", "run", spec_file, "seeds=[0,1]", "--workers", 0, "--out", out)
    assert code == 0, err
    assert len(pd.read_parquet(out / "results.parquet")) == 4


def test_failed_cells_are_named_and_the_exit_code_says_so(astrid, spec_file, tmp_path):
    out = tmp_path / "out"
    wild = ["encoders.only.trainer.learning_rate=1e30", "encoders.only.trainer.gradient_clip=0"]
    arguments = ("study", "run", spec_file, *wild, "--workers", 0, "--out", out)
    code, _, err = astrid(*arguments)
    assert code == 1
    assert "no longer a number" in err
    code, _, err = astrid("study", "status", out)
    assert code == 0
    assert "2 failed" in err
    code, _, err = astrid("study", "select", out)
    assert code == 2
    assert "the reference (only--linear--s0) is not done" in err


def test_status_of_a_study_half_done(astrid, finished, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(finished, folder)
    for cell in ("small--linear--s0--occlusion", "small--linear--s0--attention"):
        shutil.rmtree(folder / "cells" / cell)
    code, _, err = astrid("study", "status", folder)
    assert code == 0
    assert "12 cells: 10 done, 2 to do" in err
    assert "left with" in err


def test_select_ranks_and_says_what_excludes(astrid, finished):
    code, (row,), err = astrid("study", "select", finished, "--json")
    assert code == 0
    assert len(row["ranked"]) == 4
    scores = [model["score"] for model in row["ranked"]]
    assert scores == sorted(scores, reverse=True)
    code, (row,), err = astrid("study", "select", finished, "--min-accuracy", 0.999, "--json")
    assert code == 1
    assert row["ranked"] == []
    assert "min_accuracy" in err
    code, _, err = astrid("study", "select", finished, "--priority", "robustness")
    assert code == 0
    assert "highest" in err or "agree most" in err


def test_select_gives_intervals_and_breaks_no_heading_on_a_narrow_screen(
    astrid, finished, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    _, _, err = astrid("study", "select", finished)
    header = err.splitlines()[1]
    for heading in ("model", "score", "accuracy", "similar", "params", "a text"):
        assert f" {heading} " in header
    row = next(line for line in err.splitlines() if line.startswith("│  "))
    assert len(re.findall(r"-?\d\.\d\d–-?\d\.\d\d", row)) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "demmo"), 'did you mean "demo"?'),
        (("run", "nowhere.yaml"), "no such file"),
        (("run", "smoke", "--engine", "spark"), "use local or ray"),
        (("run", "smoke", "--address", "a:1"), "goes with --engine ray"),
        (("run", "smoke", "--workers", "-1"), "give at least 0"),
        (("run", "smoke", "heads=[linear,lin]"), 'did you mean "linear"?'),
        (("run", "smoke", "encoders=3"), "encoders"),
        (("run", "smoke", "compressions=[none,int9]"), 'did you mean "int8"?'),
        (("run", "smoke", "explaining.split=train"), "explaining.split"),
        (("run", "smoke", "data=nothing"), "nothing"),
        (("status", "nowhere"), "no study is there"),
        (("report", "nowhere"), "no study is there"),
        (("select", "nowhere"), "no study is there"),
    ],
)
def test_bad_input_is_one_line(astrid, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, lines, err = astrid("study", *arguments)
    assert (code, lines) == (2, [])
    assert message in err.splitlines()[-1]


def test_a_priority_that_is_none_and_one_with_requirements(astrid, finished):
    code, _, err = astrid("study", "select", finished, "--priority", "beauty")
    assert code == 2
    assert "known: accuracy, interpretability, robustness, speed" in err
    code, _, err = astrid("study", "select", finished, "--priority", "speed", "--max-params", 10)
    assert code == 2
    assert "leave out --max-params" in err


def test_a_damaged_spec_is_one_line(astrid, tmp_path):
    (tmp_path / "study.json").write_text("{")
    code, _, err = astrid("study", "status", tmp_path)
    assert code == 2
    assert "damaged" in err
    (tmp_path / "study.json").write_text(json.dumps({"spec": {"name": "x", "colour": "red"}}))
    code, _, err = astrid("study", "status", tmp_path)
    assert code == 2
    assert len(err.splitlines()) == 1


def test_ctrl_c_says_how_to_go_on(astrid, monkeypatch, tmp_path):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("astrid.analysis.opened.open_study", stopped)
    code, _, err = astrid("study", "status", tmp_path)
    assert code == 130
    assert "run the same command again" in err


@pytest.mark.parametrize("content", [b"\xff\xfe{}", b"[" * 100_000])
def test_a_spec_that_is_no_text_is_damaged_and_written_anew(astrid, finished, tmp_path, content):
    shutil.copytree(finished, tmp_path / "study")
    head = tmp_path / "study" / "study.json"
    whole = head.read_bytes()
    head.write_bytes(content)
    code, _, err = astrid("study", "status", tmp_path / "study")
    assert code == 2
    assert "damaged" in err
    spec = StudySpec.model_validate(json.loads(whole)["spec"])
    assert run_study(spec, tmp_path / "study").made == 0
    assert head.read_bytes() == whole


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_can_not_be_written(astrid, spec_file, tmp_path):
    (tmp_path / "fixed").mkdir(mode=0o500)
    code, _, err = astrid("study", "run", spec_file, "--out", tmp_path / "fixed" / "out")
    assert code == 2
    assert "can't be written" in err


def test_stopped_by_hand_says_how_to_go_on(astrid, monkeypatch, tmp_path) -> None:
    def stopped(*arguments: object, **settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("astrid.study.run.run_study", stopped)
    code, out, err = astrid("study", "run", "smoke", "--out", tmp_path)
    assert (code, out) == (130, [])
    assert "run the same command again to go on" in err


def test_status_says_that_the_data_changed(astrid, finished, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(finished, folder)
    head = json.loads((folder / "study.json").read_text())
    head["spec"]["data"]["params"]["train"] += 1
    (folder / "study.json").write_text(json.dumps(head))
    code, _, err = astrid("study", "status", folder)
    assert code == 0
    assert "the data changed since the study was run" in err
    assert "12 to do" in err
