"""Whatever is wrong with the input: one clear line, exit code 2, nothing half-written."""

import json
import shutil

import pytest


def refused(astrid, *arguments, says):
    code, out, err = astrid(*arguments)
    lines = [line for line in err.splitlines() if line.startswith("astrid: ")]
    assert code == 2, err
    assert len(lines) == 1
    assert "Traceback" not in err
    for part in [says] if isinstance(says, str) else says:
        assert part in lines[0], lines[0]
    assert out == []


@pytest.fixture
def file(tmp_path):
    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


BAD_FILES = {
    "empty": (b"", ["empty"]),
    "header only": (b"text,label\n", ["no "]),
    "no such column": (b"facts,outcome\na b,1\nc d,0\n", ["text", "facts, outcome"]),
    "one class": (b"text,label\n" + b"".join(b"word %d,1\n" % n for n in range(30)), ["class"]),
    "only blank texts": (b"text,label\n  ,1\n,0\n", ["no "]),
    "not text at all": (bytes(range(128, 256)) * 20, ["data.csv"]),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_files_that_can_not_be_trained_on(astrid, file, tmp_path, what):
    content, says = BAD_FILES[what]
    out = tmp_path / "model"
    refused(astrid, "train", "--data", file(content), "--out", out, says=says)
    assert not out.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_a_missing_file_is_named(astrid, tmp_path):
    refused(astrid, "train", "--data", tmp_path / "nowhere.csv", says="nowhere.csv")


def test_a_broken_line_of_json_is_named(astrid, file):
    path = file('{"text": "a b", "label": 1}\n{"text": "a', "data.jsonl")
    refused(astrid, "train", "--data", path, says=["data.jsonl", "2"])


def test_a_class_unseen_in_training(astrid, trained, file, tmp_path):
    rows = "".join(f"some words {n},{'granted' if n % 2 else 'withdrawn'}\n" for n in range(40))
    path = file("text,label\n" + rows)
    says = ["withdrawn", "granted, refused"]
    refused(astrid, "evaluate", trained, "--data", path, says=says)
    (tmp_path / "other").symlink_to(trained)
    refused(astrid, "compare", trained, tmp_path / "other", "--data", path, says=says)
    refused(astrid, "compare", trained, trained, "--data", path, says="own name")


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_empty_texts(astrid, trained, text):
    refused(astrid, "explain", trained, text, says="text 0 is empty")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-m", "atention"], ["atention", "attention"]),
        (["-p", "step=5"], ["step", "steps"]),
        (["-p", "steps=0"], "steps"),
        (["-p", "steps"], "name=value"),
        (["-p", "baseline=black"], "baseline"),
        (["--class", "7"], ["7", "granted, refused"]),
        (["--class", "7" * 5000], "no class"),
        (["-m", "lime", "-p", "kernel_width=1e200"], "kernel_width"),
        (["-m", "lime", "-p", "kernel_width=1e-320"], "kernel_width"),
        (["--target", "logits"], ["logits", "logit"]),
        (["--target", "logit_difference", "--class", "refused", "--against", "refused"], "itself"),
        (["--device", "gpu9"], "gpu9"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_wrong_options_of_explain(astrid, trained, arguments, says):
    refused(astrid, "explain", trained, "the appeal was granted", *arguments, says=says)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["head=atention"], "atention"),
        (["trainer.epoch=3"], "epoch"),
        (["trainer.epochs=-1"], "epochs"),
        (["trainer.nonsense=3"], ["nonsense"]),
        (["encoder=tinybert", "encoder.init=scratched"], "scratch"),
        (["encoder=bert-base"], "bert"),
    ],
)
def test_wrong_settings_of_train(astrid, csv_file, tmp_path, arguments, says):
    out = tmp_path / "model"
    refused(astrid, "train", *arguments, "--data", csv_file, "--out", out, says=says)
    assert not out.exists()


def broken(trained, tmp_path, change):
    folder = tmp_path / "broken"
    shutil.copytree(trained, folder)
    change(folder)
    return folder


def cut(name, keep):
    def change(folder):
        path = folder / name
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])

    return change


def bad_label_names(folder):
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {"0": "granted"}
    (folder / "config.json").write_text(json.dumps(config))


BROKEN = {
    "weights missing": (lambda folder: (folder / "model.safetensors").unlink(), "safetensors"),
    "weights cut off": (cut("model.safetensors", 0.5), "model.safetensors"),
    "weights empty": (cut("model.safetensors", 0), "model.safetensors"),
    "config missing": (lambda folder: (folder / "config.json").unlink(), "config.json"),
    "config cut off": (cut("config.json", 0.5), "config.json"),
    "tokenizer missing": (lambda folder: (folder / "tokenizer.json").unlink(), "token"),
    "tokenizer cut off": (cut("tokenizer.json", 0.5), "token"),
    "labels missing": (bad_label_names, "broken"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_model_folders(astrid, trained, tmp_path, what):
    change, says = BROKEN[what]
    folder = broken(trained, tmp_path, change)
    refused(astrid, "explain", folder, "the appeal was granted", says=says)


def test_models_that_are_not_there(astrid, tmp_path):
    refused(astrid, "explain", tmp_path / "nothing", "a text", says="nothing")
    refused(astrid, "explain", tmp_path, "a text", says="config.json")


def test_a_folder_that_can_not_be_written(astrid, csv_file, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    quick = ["encoder=demo-step5", "trainer=quick"]
    refused(astrid, "train", *quick, "--data", csv_file, "--out", blocked / "model", says="file")


def test_a_page_that_can_not_be_written_is_refused_before_the_run(astrid, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for place in (tmp_path, tmp_path / "file" / "page.html", tmp_path / ("n" * 300)):
        refused(astrid, "explain", tmp_path / "no-model", "a text", "--html", place, says="written")


def test_what_is_explained_is_printed_though_the_page_fails(astrid, trained, tmp_path, monkeypatch):
    monkeypatch.setattr("astrid.cli.explain_run.require_writable", lambda path: None)
    code, printed, err = astrid("explain", trained, "a text", "--json", "--html", tmp_path)
    assert (code, len(printed)) == (2, 1)
    assert "can't be written" in err


def test_texts_and_data_together(astrid, trained, csv_file):
    refused(astrid, "explain", trained, "a text", "--data", csv_file, says="one of the two")
    refused(astrid, "explain", trained, says="one of the two")


def test_an_unknown_split(astrid, trained, csv_file):
    refused(astrid, "evaluate", trained, "--data", csv_file, "--split", "dev", says="dev")


def test_a_damaged_tokenizer(astrid, trained, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "model")
    file = folder / "tokenizer.json"
    content = file.read_text(encoding="utf-8").replace('"single_word"', '"ingle_word"', 1)
    file.write_text(content, encoding="utf-8")
    refused(astrid, "explain", folder, "a text", says="its tokenizer can't be read")
