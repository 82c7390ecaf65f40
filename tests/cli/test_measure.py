"""`astrid measure` from the command line."""

import json

import pandas as pd
import pytest

QUICK = ("--methods", "occlusion", "--texts", "3", "--split", "all")


def test_table_page_json_and_values(astrid, trained, csv_file, tmp_path):
    names = "comprehensiveness,gini,auprc"
    out = tmp_path / "methods"
    code, (row,), err = astrid(
        "measure", trained, "--data", csv_file, *QUICK, "--measures", names, "--out", out, "--json"
    )
    assert code == 0
    assert "comprehensiveness ↑" in err
    assert "Left out: auprc" in err
    assert row == json.loads((out / "leaderboard.json").read_text())
    assert {item["method"] for item in row["methods"]} == {"occlusion", "random"}
    frame = pd.read_parquet(out / "leaderboard.parquet")
    assert len(frame) == 3 * 2 * 2
    assert "<svg" in (out / "leaderboard.html").read_text()


def test_all_measures_and_settings_of_a_method(astrid, trained, csv_file):
    arguments = ("--methods", "lime", "--measures", "all", "-p", "lime.samples=20")
    code, (row,), _ = astrid(
        "measure", trained, "--data", csv_file, "--texts", "2", *arguments, "--json"
    )
    assert code == 0
    assert row["settings"]["params"] == {"lime": {"samples": 20}}
    assert {"sensitivity", "infidelity", "entropy"} <= set(row["measures"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--methods", "ocluson"), 'did you mean "occlusion"'),
        (("--methods", ","), "name at least one, or all"),
        (("--measures", "cosine"), "cosine is a measure of agreement"),
        (("-p", "samples=3"), "write it as method.name=value"),
        (("--level", "2"), "measure.level"),
        (("--replace", "x"), "measure.replace"),
        (("--measures", "auprc"), "none of the measures can be had"),
    ],
)
def test_bad_options_are_one_line(astrid, trained, csv_file, options, message):
    code, lines, err = astrid("measure", trained, "--data", csv_file, *QUICK, *options)
    assert (code, lines) == (2, [])
    assert message in err.splitlines()[-1]


def test_a_place_that_can_not_be_written_is_noticed_before_the_work(astrid, trained, csv_file):
    code, _, err = astrid("measure", trained, "--data", csv_file, *QUICK, "--out", "/proc/nowhere")
    assert code == 2
    assert "can't be written" in err
    assert "100%" not in err


def test_measures_are_listed_with_kind_and_direction(astrid):
    code, (rows,), _ = astrid("measures", "--json")
    assert code == 0
    found = {row["name"]: row for row in rows}
    assert found["sufficiency"]["better"] == "lower"
    assert found["cosine"]["kind"] == "agreement"
    assert all(row["what"] for row in rows)
