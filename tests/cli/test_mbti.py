"""`astrid mbti`: from Kaggle's file or the embedded posts to types and reasons."""

import json
import pickle
import re

import pytest
import torch

from astrid.text.personality import AXES, TYPES

QUICK = ["model=quick", "trainer=quick", "encoder.hidden_size=16"]
LETTERS = ("INTJ", "ESFP", "ENTP", "ISFJ", "INFP")


def kaggle(path, types=LETTERS, people=40, posts=6):
    rows = ["type,posts"]
    for number in range(people):
        said = "|||".join(f"post {place} of person {number} on plans" for place in range(posts))
        rows.append(f"{types[number % len(types)]},\"'{said}'\"")
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    from astrid.cli.main import run

    folder = tmp_path_factory.mktemp("mbti")
    data = kaggle(folder / "people, of 'Kaggle'.csv")
    assert run(["mbti", "train", *QUICK, "--data", str(data), "--out", str(folder / "model")]) == 0
    return folder / "model"


def test_quick_settings_prove_the_pipeline_on_embedded_posts(astrid, tmp_path):
    small = [f"data.params.{name}={size}" for name, size in (("train", 40), ("validation", 12))]
    out = tmp_path / "model"
    code, (said,), err = astrid("mbti", "train", *QUICK, *small, "--out", out, "--json")
    assert code == 0
    metrics = said["metrics"]
    assert {"acc_ei", "acc_sn", "acc_tf", "acc_jp", "acc_total", "f1_ei"} <= set(metrics)
    assert "personality" in err
    assert json.loads((out / "astrid.json").read_text())["spec"]["trainer"]["learning_rate"] == 5e-5
    assert (out / "model.ckpt").is_file()


def test_predict_gives_letters_and_probabilities(astrid, model):
    code, rows, _ = astrid("mbti", "predict", model, "plans|||more plans", "a post", "--json")
    assert code == 0
    for row in rows:
        assert row["type"] in TYPES
        expected = "".join(pair[int(row[axis] > 0.5)] for axis, pair in AXES.items())
        assert row["type"] == expected
    code, rows, err = astrid("mbti", "predict", model / "model.ckpt", "a post")
    assert (code, rows) == (0, [])
    assert "P(E)" in err


def test_predict_reads_kaggles_file(astrid, model, tmp_path):
    data = kaggle(tmp_path / "people.csv", people=3)
    code, rows, _ = astrid("mbti", "predict", model, "--data", data, "--json")
    assert code == 0
    assert len(rows) == 3


def test_evaluate_stands_beside_the_baselines(astrid, model, tmp_path):
    report = tmp_path / "report"
    options = ["--report", report, "--words", 20, "--json"]
    code, (said,), err = astrid("mbti", "evaluate", model, *options)
    assert code == 0
    assert said["evaluation"]["unit"] == "group"
    assert [task["task"] for task in said["evaluation"]["tasks"]] == list(AXES)
    assert {one["baseline"] for one in said["baselines"]} == {"majority", "bag of words"}
    for task in said["evaluation"]["tasks"]:
        found = task["measures"]["accuracy"]
        assert found["low"] <= found["value"] <= found["high"]
    assert (report / "tasks.html").is_file()
    assert "95 % intervals" in err
    figures = r"│ +ei +(│ +\d\.\d{3} +){4}│\n│ +(│ +\d\.\d{3} to \d\.\d{3} +){4}│"
    assert re.search(figures, err)  # five columns in 80 signs, no figure cut


def test_too_few_texts_for_words_leave_the_figures(astrid, model, tmp_path):
    report = tmp_path / "report"
    code, (said,), err = astrid(
        "mbti", "evaluate", model, "--report", report, "--words", 2, "--json"
    )
    assert (code, said["words"]) == (0, [])
    assert "no lists of words: " in err
    assert "explain more texts" in err
    assert (report / "tasks.html").is_file()


def test_explain_each_axis(astrid, model):
    for axis, pair in AXES.items():
        code, (found,), _ = astrid("mbti", "explain", model, "more plans", "--task", axis, "--json")
        assert code == 0
        assert found["target"]["label"] == pair[1]
        assert found["prediction"]["label"] in pair
    code, _, err = astrid("mbti", "explain", model, "more plans", "--task", "ie")
    assert code == 2
    assert 'task "ie": known: ei' in err


def test_the_general_commands_work_on_it_too(astrid, model):
    code, (found,), _ = astrid("explain", model, "more plans", "--task", "tf", "--json")
    assert code == 0
    assert found["target"]["label"] == "T"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("type,posts\nXXXX,hello there\n", 'row 1: "XXXX" is no type'),
        ("type,posts\nINTJ,hello\n,hello\n", "row 2: there is no type"),
        ("kind,posts\nINTJ,hello\n", 'no column "type"'),
        ("type,text\nINTJ,hello\n", 'no column "posts"'),
        ("type,posts\nINTJ,http://a.b/c|||www.d.ef\n", "no post is left to use"),
        ("", "the file is empty"),
    ],
)
def test_files_that_cant_be_used_give_one_line(astrid, tmp_path, content, message):
    path = tmp_path / "people.csv"
    path.write_text(content, encoding="utf-8")
    code, _, err = astrid("mbti", "train", *QUICK, "--data", path, "--out", tmp_path / "model")
    assert code == 2
    assert message in err
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    assert [entry.name for entry in tmp_path.iterdir()] == ["people.csv"]


def test_types_in_lower_case_are_types(astrid, tmp_path):
    data = kaggle(tmp_path / "people.csv", types=("intj", " ESFP ", "enTP", "isfj", "infp"))
    code, _, _ = astrid("mbti", "train", *QUICK, "--data", data, "--out", tmp_path / "model")
    assert code == 0


def test_without_a_hub_the_default_model_is_one_clear_line(astrid, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, _, err = astrid("mbti", "train", "--out", tmp_path / "model")
    assert code == 2
    assert "distilbert" in err
    assert "Traceback" not in err


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_checkpoint_with_a_payload_is_refused(astrid, tmp_path, how):
    mark, path = tmp_path / "ran", tmp_path / "evil.ckpt"
    content = {"state_dict": {}, "hyper_parameters": {"files": Payload(mark)}}
    if how == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    code, _, err = astrid("mbti", "predict", path, "a post")
    assert code == 2
    assert "evil.ckpt: refused" in err
    assert not mark.exists()


def test_nothing_to_read_is_one_line(astrid, model):
    code, _, err = astrid("mbti", "predict", model, "http://a.b/c INTJ")
    assert code == 2
    assert "text 0: there is nothing to read" in err
