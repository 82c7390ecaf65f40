"""`astrid study gate`: exit codes, files and refusals."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from tests import tiny

QUICK = ("--texts", "6", "-m", "gradient_x_input")


@pytest.fixture
def ask(astrid, trained, csv_file):
    """Runs the gate on the trained model and itself, with more options."""

    def call(*more, candidate=None, data=None):
        return astrid(
            *("study", "gate", "--teacher", trained, "--candidate", candidate or trained),
            *("--data", data or csv_file, *QUICK, *more),
        )

    return call


@pytest.fixture
def untrained(tmp_path):
    module, tokenizer = tiny.build("bert", labels={0: "granted", 1: "refused"})
    for part in (module, tokenizer):
        part.save_pretrained(tmp_path / "untrained")
    return tmp_path / "untrained"


def test_a_model_passes_against_itself(ask, tmp_path):
    files = ("--junit", tmp_path / "new" / "gate.xml", "--markdown", tmp_path / "gate.md")
    code, (said,), err = ask("--min-similarity", "1", "--split", "all", *files, "--json")
    assert code == 0
    assert said["passed"] is True
    assert said["checks"][0]["estimate"]["low"] == pytest.approx(1.0)
    assert said["settings"]["texts"] == 6
    assert said["corpus"]["documents"] == 60
    assert "PASSED" in err
    suite = ElementTree.parse(tmp_path / "new" / "gate.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    assert "PASSED" in (tmp_path / "gate.md").read_text()
    assert "written: " in err


def test_a_candidate_that_falls_short_ends_with_1(ask, untrained, tmp_path):
    asked = ("--min-similarity", "0.9", "--min-accuracy", "0.99", "--max-drop", "0.01")
    code, (said,), err = ask(
        *asked, "--junit", tmp_path / "gate.xml", "--json", candidate=untrained
    )
    assert code == 1
    assert said["passed"] is False
    assert [check["passed"] for check in said["checks"]] == [False] * 3
    assert "FAILED" in err
    assert ElementTree.parse(tmp_path / "gate.xml").getroot()[0].get("failures") == "3"


def test_the_process_ends_with_the_code(trained, csv_file):
    command = [sys.executable, "-c", "from astrid.cli import main; main()", "study", "gate"]
    models = ["--teacher", str(trained), "--candidate", str(trained), "--data", str(csv_file)]
    for asked, code in ((["--min-accuracy", "0.9999"], 1), ([], 2)):
        ended = subprocess.run([*command, *models, *asked, "--json"], capture_output=True)
        assert ended.returncode == code, ended.stderr
        lines = ended.stdout.splitlines()
        assert len(lines) == (code == 1)
        if lines:
            assert json.loads(lines[0])["passed"] is False


WRONG = {
    "nothing asked": ((), "nothing is asked"),
    "no share": (("--min-accuracy", "1.5"), "min_accuracy"),
    "not a number": (("--min-similarity", "nan"), "min_similarity"),
    "no such method": (("--min-similarity", "0.5", "-m", "atention"), "attention"),
    "a method of chance": (("--min-similarity", "0.5", "-m", "random"), "asks the models nothing"),
    "no such split": (("--max-drop", "0.1", "--split", "dev"), "dev"),
    "no confidence": (("--max-drop", "0.1", "--confidence", "1"), "confidence"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_input_is_one_line_and_writes_nothing(ask, tmp_path, what):
    arguments, says = WRONG[what]
    code, out, err = ask(*arguments, "--junit", tmp_path / "gate.xml", "--json")
    lines = [line for line in err.splitlines() if line.startswith("astrid: ")]
    assert (code, out, len(lines)) == (2, [], 1), err
    assert says in lines[0]
    assert list(tmp_path.iterdir()) == []


def test_files_that_can_not_be_written_are_refused_before_the_work(astrid, tmp_path):
    models = ("--teacher", tmp_path / "none", "--candidate", tmp_path / "none")
    for option in ("--junit", "--markdown"):
        code, _, err = astrid("study", "gate", *models, "--max-drop", "0.1", option, tmp_path)
        assert code == 2
        assert "can't be written" in err


def test_files_without_labels_serve_for_the_similarity(ask, tmp_path):
    bare = tmp_path / "bare.csv"
    bare.write_text("text\n" + "the appeal was granted in case 7\n" * 3 + "\na claim refused\n")
    code, (said,), _ = ask("--min-similarity", "0.9", "--json", data=bare)
    assert code == 0
    assert said["corpus"]["documents"] == 4
    code, _, err = ask("--min-similarity", "0.9", "--split", "test", data=bare)
    assert code == 2
    assert "a file without labels is not divided" in err
    code, _, err = ask("--max-drop", "0.9", data=bare)
    assert code == 2
    assert 'no column "label"' in err
    (tmp_path / "blank.csv").write_text("text,more\n ,1\n")
    code, _, err = ask("--min-similarity", "0.9", data=tmp_path / "blank.csv")
    assert code == 2
    assert "no row is left" in err


def test_a_candidate_in_half_precision_is_told_from_its_teacher(ask):
    code, (said,), err = ask("--min-similarity", "0.5", "--precision", "bf16", "--json")
    assert code == 0
    assert 0.5 < said["checks"][0]["estimate"]["value"] < 1
    assert said["candidate"] == f"{said['teacher']} (bfloat16)"
    assert "bfloat16" in err
