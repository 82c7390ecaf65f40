"""The gate's answer as table, Markdown and JUnit XML, with names that misbehave."""

import dataclasses
import io
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from astrid.analysis.gate import GateResult
from astrid.analysis.gate_checks import GateSettings, Measured, decide_checks
from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import Estimate
from astrid.report.gate import gate_markdown, gate_table
from astrid.report.junit import junit_xml, write_junit

EVIL = "<b>&\"'[red]x|y*\x00\x1b[2J\ud800\ufffe\nnext"


def result(candidate: str = "small", teacher: str = "large") -> GateResult:
    right = np.arange(100) < 90
    settings = GateSettings(min_accuracy=0.8, min_similarity=0.5, max_drop=0.001)
    measured = Measured(right, right, np.array([0.9]))
    return GateResult(
        teacher=teacher,
        candidate=candidate,
        checks=decide_checks(measured, settings),
        teacher_accuracy=Estimate(0.9, 0.83, 0.94, 100, 0),
        prediction_agreement=Estimate(1.0, 0.96, 1.0, 100, 0),
        chance=Estimate(0.01, float("nan"), float("nan"), 1, 0),
        notes=(f"{candidate}: a note",),
        settings=settings,
        corpus="verdicts",
        fingerprint="0123456789abcdef",
        documents=100,
        versions={"astrid": "1"},
    )


def printed(found: GateResult, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(gate_table(found))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_says_what_was_decided_and_why() -> None:
    shown = printed(result())
    assert shown.startswith("FAILED: small against large: not shown: similarity at least 0.5; drop")
    for part in (
        "0.826 to 0.945",
        "at least 0.8",
        "passed",
        "1 text gives no interval",
        "Note: small: a note",
        "two-sided (95 %)",
        "Limit: Similarity is no proof",
    ):
        assert part in " ".join(shown.split()), part
    assert max(map(len, shown.splitlines())) <= 80


def test_names_steer_neither_terminal_nor_markdown() -> None:
    shown = printed(result(EVIL))
    assert "\x1b" not in shown
    assert "[red]x|y" in shown.replace("\n", "")
    summary = gate_markdown(result(EVIL, EVIL))
    summary.encode("utf-8")
    assert "<b>" not in summary
    assert "\\[red\\]x\\|y\\*" in summary
    rows = [line for line in summary.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 3
    assert {line.count("|") for line in rows} == {6}
    assert not any(line.strip() == "next" for line in summary.splitlines())


def test_junit_has_a_case_a_check_and_says_what_failed() -> None:
    root = ElementTree.fromstring(junit_xml(result()))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "2", "0")
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == [
        "accuracy at least 0.8",
        "similarity at least 0.5",
        "drop at most 0.001",
    ]
    assert [case.find("failure") is None for case in cases] == [True, False, False]
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.get("message") == "1 text gives no interval; give more"
    properties = {item.get("name"): item.get("value") for item in suite.iter("property")}
    assert properties["version.astrid"] == "1"
    assert properties["settings.min_accuracy"] == "0.8"
    assert float(properties["accuracy.value"] or "") == 0.9
    assert "similarity.low" not in properties
    assert "nan" not in properties.values()


@pytest.mark.parametrize("name", [EVIL, "".join(map(chr, range(0x110))), "\U0001f600 ]]> <!--"])
def test_junit_stays_xml_whatever_the_names(name: str) -> None:
    raw = junit_xml(result(name, name))
    suite = ElementTree.fromstring(raw)[0]
    assert len(suite.findall("testcase")) == 3
    value = suite.find("properties/property[@name='candidate']")
    assert value is not None
    kept = "".join(sign for sign in name if sign in "\t\n\r" or sign >= " ")
    for sign in ("\ud800", "\ufffe"):
        kept = kept.replace(sign, "")
    assert value.get("value") == kept


def test_all_passed() -> None:
    found = result()
    found = dataclasses.replace(found, checks=found.checks[:1])
    assert b"<failure" not in junit_xml(found)
    assert gate_markdown(found).splitlines()[2] == (
        "**PASSED: small against large: shown: accuracy at least 0.8.**"
    )


def test_a_file_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gate.xml"
    path.write_text("the last answer")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(InputError, match=r"gate\.xml: can't be written"):
        write_junit(path, result())
    assert path.read_text() == "the last answer"
    assert [item.name for item in tmp_path.iterdir()] == ["gate.xml"]
