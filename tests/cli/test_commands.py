"""The commands do what their help says."""

import json
import shlex
import subprocess
import sys

import pytest

import astrid as package
from astrid.config import compose
from astrid.explain import methods
from astrid.measures import load_measure, measure_names
from astrid.text.load import DataSpec, load_corpus
from astrid.text.personality import AXES, TYPES


def test_train_says_what_it_did_and_finds_it_again(astrid, csv_file, trained):
    quick = ["encoder=demo-step5", "trainer=scratch", "trainer.epochs=4", "trainer.batch_size=8"]
    code, (said,), _ = astrid("train", *quick, "--data", csv_file, "--out", trained, "--json")
    assert code == 0
    assert said["reused"] is True
    assert {"config.json", "model.safetensors", "tokenizer.json", "astrid.json"} <= {
        path.name for path in trained.iterdir()
    }


def test_another_spec_is_not_written_over_a_model(astrid, csv_file, trained):
    code, _, err = astrid("train", "encoder=demo-step5", "--data", csv_file, "--out", trained)
    assert code == 2
    assert "--overwrite" in err


def test_evaluate(astrid, csv_file, trained):
    code, (said,), err = astrid("evaluate", trained, "--data", csv_file, "--json")
    assert code == 0
    assert said["accuracy"]["low"] <= said["accuracy"]["value"] <= said["accuracy"]["high"]
    assert [quality["label"] for quality in said["classes"]] == ["granted", "refused"]
    assert sum(map(sum, said["confusion"])) == said["documents"]
    assert "majority" in err
    assert len(said["reliability"]) == len(said["confidence"]["right"]) == 15
    for name in measure_names("quality"):
        assert said["quality"][name]["n"] in (said["documents"], 0)  # 0: undefined
        assert load_measure(name).TITLE in err


KEYS = {
    "text",
    "method",
    "target",
    "prediction",
    "tokens",
    "token_scores",
    "words",
    "word_scores",
    "offsets",
    "completeness_gap",
    "evaluations",
    "truncated",
}


@pytest.mark.parametrize("method", methods.names())
def test_explain_prints_one_object_a_text(astrid, trained, method):
    texts = ["the appeal was granted", "a claim <b>refused</b>"]
    code, said, _ = astrid("explain", trained, *texts, "-m", method, "--json")
    assert code == 0
    assert [row["text"] for row in said] == texts
    for row in said:
        assert set(row) >= KEYS
        assert set(row["target"]) == {"index", "label", "value", "kind"}
        assert set(row["prediction"]) == {"label", "probability"}
        assert len(row["tokens"]) == len(row["token_scores"])
        assert len(row["words"]) == len(row["word_scores"]) == len(row["offsets"])


def test_explain_takes_settings_class_and_target(astrid, trained):
    code, (row,), _ = astrid(
        *("explain", trained, "the claim was granted", "-p", "steps=8", "--class", "refused"),
        *("--target", "logit_difference", "--against", "granted", "--json"),
    )
    assert code == 0
    assert row["target"]["label"] == "refused"
    assert row["target"]["kind"] == "logit_difference"
    assert row["evaluations"] == 8 + 2


def test_explain_writes_a_page_with_escaped_text(astrid, trained, tmp_path):
    page = tmp_path / "page.html"
    code, _, _ = astrid("explain", trained, "<script>alert(1)</script>", "--html", page)
    assert code == 0
    assert "<script>alert" not in page.read_text(encoding="utf-8")


def test_a_long_text_is_cut_and_says_so(astrid, trained):
    text = "the appeal was granted " * 5000
    code, (row,), _ = astrid("explain", trained, text, "-m", "gradient_x_input", "--json")
    assert code == 0
    assert row["truncated"] is True
    assert len(row["tokens"]) <= 256


@pytest.mark.parametrize(
    "text",
    ["\x00 granted", "👩‍👩‍👧 🎉", "الدعوى مرفوضة", "é" * 50, "\u200b", "ＡＢＣ", "a" * 100_000],
)
def test_unusual_texts_have_an_answer(astrid, trained, text):
    code, (row,), _ = astrid("explain", trained, text, "--json")
    assert code == 0
    for word, (start, end) in zip(row["words"], row["offsets"], strict=True):
        assert row["text"][start:end] == word


def test_compare_a_model_with_itself(astrid, trained, csv_file, tmp_path):
    twin = tmp_path / "copy"
    twin.symlink_to(trained)
    code, (said,), err = astrid(
        *("compare", trained, twin, "--data", csv_file, "--texts", "5", "--json"),
        *("--out", tmp_path / "out"),
    )
    assert code == 0
    (student,) = said["students"]
    similarity = student["comparison"]["agreement"]["cosine"]
    assert similarity["value"] == pytest.approx(1.0, abs=1e-6)
    assert said["chance"]["value"] < 0.9
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == said
    assert "<html" in (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert "Limit" in err


@pytest.mark.parametrize("command", ["methods", "heads", "encoders", "compressions"])
def test_lists(astrid, command):
    code, (rows,), err = astrid(command, "--json")
    assert code == 0
    names = {row["name"] for row in rows}
    assert names & {"lime", "dual", "bert-base", "int8"}
    assert all(name in err for name in names)


def test_data_list_show_make(astrid, tmp_path):
    code, (rows,), _ = astrid("data", "list", "--json")
    assert code == 0
    assert "verdicts" in {row["name"] for row in rows}
    out = tmp_path / "v.jsonl"
    assert astrid("data", "make", "verdicts", "--out", out)[0] == 0
    first = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
    assert set(first) == {"id", "text", "label", "rationale", "split"}
    code, (shown,), _ = astrid("data", "show", "verdicts", "--json")
    assert code == 0
    assert shown["facts"]["best_accuracy"] < 1


def test_data_of_several_tasks_is_shown_and_read_back(astrid, tmp_path):
    small = tmp_path / "mbti.csv"
    rows = [f"{type_},I am {place}.|||So?" for place, type_ in enumerate(TYPES * 2)]
    small.write_text("\n".join(["type,posts", *rows]) + "\n", encoding="utf-8")
    code, (shown,), err = astrid("data", "show", "mbti", "--data-path", small, "--json")
    assert code == 0
    assert shown["splits"][0]["groups"] == 16
    assert [shown["splits"][0][name][-1] for name in ("ei E", "sn N", "tf T", "jp J")] == ["%"] * 4
    assert "ei I" not in shown["splits"][0]
    assert "ei I, sn S, tf F, jp P" in err
    out = tmp_path / "p.jsonl"
    code, _, err = astrid("data", "make", "mbti", "--data-path", small, "--out", out)
    assert code == 0
    fields = {"label_fields": dict(AXES), "group_field": "group", "id_field": "id"}
    read = load_corpus(DataSpec(source="file", params={"path": str(out), **fields}))
    made = load_corpus(DataSpec(source="mbti", params={"path": str(small)}))
    assert sorted(read, key=lambda one: one.id) == sorted(made, key=lambda one: one.id)
    assert read.label_names == made.label_names
    settings = shlex.split(err.split("to train on it: ")[1])
    told = compose("train", settings)["data"]["params"]
    assert (told["label_fields"]["sn"], told["group_field"]) == (["S", "N"], "group")


def test_doctor(astrid):
    code, (facts,), _ = astrid("doctor", "--json")
    assert code == 0
    assert facts["trial"] == "trains, saves, loads and explains"


def test_version_and_help():
    for arguments in (["--version"], ["--help"], ["explain", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", "from astrid.cli import main; main()", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert (
            package.__version__ in done.stdout or "Example" in done.stdout or "train" in done.stdout
        )


def test_texts_of_a_group_stay_together_in_training(astrid, tmp_path):
    rows = [
        f"{mood} {place}.,{who},{mood},{tone}"
        for who in range(30)
        for mood, tone in [(("glad", "sad")[who % 2], ("calm", "angry", "cold")[who % 3])]
        for place in range(2)
    ]
    file = tmp_path / "posts.csv"
    file.write_text("\n".join(["text,who,mood,tone", *rows]), encoding="utf-8")
    options = ["--data", file, "--label-field", "mood,tone", "--group-field", "who"]
    quick = ["encoder=demo-step5", "trainer=quick", "+encoder.vocab_size=100"]
    out = tmp_path / "model"
    code, (said,), err = astrid("train", *options, *quick, "--out", out, "--json")
    assert code == 0
    assert {"acc_mood", "acc_tone", "acc_total"} <= set(said["metrics"])
    assert "36 texts to train on (of 18 groups), 12 for validation (of 6 groups)" in err
    assert "trained for 1 epoch;" in err
    record = json.loads((out / "astrid.json").read_text(encoding="utf-8"))
    assert record["spec"]["data"]["params"]["group_field"] == "who"
    code, _, err = astrid("train", "--group-field", "who", "--out", out)
    assert code == 2
    assert "--group-field go with --data" in err
