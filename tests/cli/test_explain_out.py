"""`astrid explain --out`: what the command adds to `explain_to`."""

import pandas as pd
import pytest

from tests.cli.test_bad_input import refused

QUICK = ("-m", "gradient_x_input", "--shard-size", "8")


def test_a_file_as_a_whole_and_again(astrid, trained, csv_file, tmp_path):
    out = tmp_path / "out"
    asked = ("explain", trained, "--data", csv_file, "--out", out, *QUICK, "--json")
    code, (said,), err = astrid(*asked)
    assert code == 0, err
    assert said == {"folder": str(out), "texts": 60, "shards": 8, "made": 8, "left_out": 0}
    assert len(pd.read_parquet(out)) == 60
    code, (said,), err = astrid(*asked)
    assert (code, said["made"]) == (0, 0)
    assert "all there already" in err


def test_the_limit_labels_class_and_target(astrid, trained, csv_file, tmp_path):
    out = tmp_path / "out"
    code, (said,), err = astrid(
        *("explain", trained, "--data", csv_file, "--out", out, *QUICK, "--json"),
        *("--limit", 10, "--labels", "refused", "--class", "granted", "--target", "logit"),
    )
    assert code == 0, err
    assert (said["texts"], said["left_out"]) == (10, 19)
    assert "left out: 19 rows" in err
    frame = pd.read_parquet(out)
    assert frame["text"].str.contains("refused").all()
    assert {(target["label"], target["kind"]) for target in frame["target"]} == {
        ("granted", "logit")
    }


@pytest.mark.parametrize("data", ["file", "verdicts"])
def test_a_split_or_a_data_set_by_name(astrid, trained, csv_file, tmp_path, data):
    source = csv_file if data == "file" else data
    code, (said,), err = astrid(
        *("explain", trained, "--data", source, "--split", "test", "--limit", 5),
        *("--out", tmp_path / "out", *QUICK, "--json"),
    )
    assert code == 0, err
    assert said["texts"] == 5


def test_a_file_without_labels(astrid, trained, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"facts": "the appeal was granted"}\n')
    out = tmp_path / "out"
    asked = ("explain", trained, "--data", tmp_path / "a.jsonl", "--text-field", "facts")
    assert astrid(*asked, "--out", out, *QUICK)[0] == 0
    refused(astrid, *asked, "--out", out, "-m", "lime", says=["another run", "method"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "o", "--html", "p.html"], "--html"),
        (["--out", "o", "--engine", "rya"], 'did you mean "ray"'),
        (["--out", "o", "--address", "auto"], "--engine ray"),
        (["--engine", "ray"], "go with --out"),
        (["--shard-size", "5"], "go with --out"),
        (["--out", "o", "--split", "dev"], "dev"),
        (["--out", "o", "--text-field", "txt"], 'did you mean "text"'),
        (["--out", "o", "-p", "step=5"], "steps"),
        (["--out", "n" * 300], "too long"),
    ],
)
def test_options_that_do_not_go_together(astrid, trained, csv_file, tmp_path, arguments, says):
    place = [str(tmp_path / "o") if word == "o" else word for word in arguments]
    refused(astrid, "explain", trained, "--data", csv_file, *place, says=says)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    "arguments", [["--data-path", "x"], ["--labels", "granted"], ["--split", "all"]]
)
def test_settings_of_data_are_not_dropped_where_there_are_texts(astrid, trained, arguments):
    refused(astrid, "explain", trained, "a text", *arguments, says="go with --data")


def test_texts_do_not_go_to_a_folder(astrid, trained, tmp_path):
    refused(astrid, "explain", trained, "a text", "--out", tmp_path / "o", says="--data")
