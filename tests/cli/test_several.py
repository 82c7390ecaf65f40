"""Models of several tasks, from a plain file to every command that takes a model."""

import json
from pathlib import Path

import numpy as np
import pytest

import astrid as library
from astrid.cli.main import run
from tests.training import several

FIELDS = ("--label-field", ",".join(several.TASKS))


def _rows(posts: int = 1) -> list[str]:
    lines = ["text," + ",".join(several.TASKS)]
    for document in several.corpus(240, 7, posts):
        names = [several.TASKS[task][label] for task, label in document.labels.items()]
        lines.append(",".join([document.text, *names]))
    return lines


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A file with a column of texts and three of labels, of which one cell is empty."""
    path = tmp_path_factory.mktemp("data") / "three.csv"
    lines = _rows()
    lines[5] = lines[5].rpartition(",")[0] + ","
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(three, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "several"
    sizes = ["encoder=demo-step5", "encoder.layers=2", "trainer=scratch", "trainer.epochs=8"]
    more = ["trainer.batch_size=4", "trainer.learning_rate=0.005", "head.params.pooling=mean"]
    quick = [*sizes, *more, "trainer.checkpoint=true"]
    assert run(["train", *quick, "--data", str(three), *FIELDS, "--out", str(folder)]) == 0
    return folder


def refused(astrid, *arguments, says):
    code, out, err = astrid(*arguments)
    lines = [line for line in err.splitlines() if line.startswith("astrid: ")]
    assert (code, out, len(lines)) == (2, [], 1), err
    assert "Traceback" not in err
    for part in [says] if isinstance(says, str) else says:
        assert part in lines[0], lines[0]


def test_a_plain_file_with_three_columns_is_trained_from(model):
    opened = library.load_model(model)
    # Classes of a file are sorted.
    assert [(task.name, task.answers) for task in opened.tasks] == [
        ("loud", ("noisy", "quiet")),
        ("mood", ("bad", "calm", "good")),
        ("warm", ("cold", "hot")),
    ]
    metrics = json.loads((model / "astrid.json").read_text())["metrics"]
    assert metrics["acc_loud"] > 0.8


def test_evaluates_each_task_beside_its_baselines(astrid, model, three, tmp_path):
    code, (said,), err = astrid(
        *("evaluate", model, "--data", three, *FIELDS, "--json"),
        *("--report", tmp_path / "report", "--words", 20),
    )
    assert code == 0, err
    assert said["split"] == "test"
    assert len(said["words"]) == len(library.load_model(model).labels)
    assert "loud" in err
    assert "bag of words" in err
    assert "tasks.html" in err
    assert (tmp_path / "report/tasks.html").is_file()


def test_a_checkpoint_is_evaluated_as_its_folder_is(astrid, model, three):
    found = [
        astrid("evaluate", source, "--data", three, *FIELDS, "--split", "validation", "--json")
        for source in (model, model / "model.ckpt")
    ]
    assert [code for code, *_ in found] == [0, 0]
    first, second = (lines[0] for _, lines, _ in found)
    assert first | {"model": ""} == second | {"model": ""}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((*FIELDS, "--split", "all"), "use test or validation"),
        ((*FIELDS, "--words", "-1"), "--words"),
        (("--label-field", "loud,mood"), "no task warm"),
        (("--label-field", "loud"), "no task loud"),
        (("--label-field", "loud,mood,wram"), ["wram", "loud, mood, warm"]),
        (("--label-field", "loud,mood,mood"), "mood"),
        (("--label-field", "loud,,mood"), ["three.csv", 'no column ""']),
        ((*FIELDS, "--labels", "noisy,quiet"), "label"),
    ],
)
def test_what_can_not_be_evaluated(astrid, model, three, options, says):
    if options[-1] == "-1":
        assert astrid("evaluate", model, "--data", three, *options)[0] == 2
        return
    refused(astrid, "evaluate", model, "--data", three, *options, says=says)


def test_a_report_that_can_not_be_written(astrid, model, three, tmp_path):
    (tmp_path / "file").write_text("")
    place = tmp_path / "file/report"
    refused(astrid, "evaluate", model, "--data", three, *FIELDS, "--report", place, says="file")


def test_models_of_one_task_have_no_report_of_tasks(astrid, trained, csv_file, tmp_path):
    for options in (("--report", tmp_path / "r"), ("--words", 5)):
        refused(
            *(astrid, "evaluate", trained, "--data", csv_file, *options),
            says="for models of several tasks",
        )
    assert not (tmp_path / "r").exists()


def test_explains_the_task_that_is_asked(astrid, model):
    text = "the thunder of a lovely fire"
    opened = library.load_model(model)
    columns = {"loud": (0,), "mood": (1, 2, 3), "warm": (4,)}
    for task, places in columns.items():
        code, (said,), err = astrid("explain", model, text, "--task", task, "--json")
        assert code == 0, err
        assert said["target"]["index"] in places
        assert said["target"]["label"] == opened.labels[said["target"]["index"]]
        assert said["prediction"]["label"] in several.TASKS[task]
    code, (default,), _ = astrid("explain", model, text, "--json")
    assert default["target"]["index"] == 0


def test_tasks_that_the_model_does_not_have(astrid, model, trained):
    refused(astrid, "explain", model, "a text", "--task", "luod", says='did you mean "loud"?')
    refused(astrid, "explain", trained, "a text", "--task", "loud", says='task "loud"')
    refused(
        *(astrid, "explain", model, "a text", "--task", "loud", "--class", "hot"),
        says='belongs to the task "warm"',
    )
    code, _, err = astrid("explain", trained, "a text", "--task", "label")
    assert code == 0, err


def test_without_a_task_the_likeliest_yes_is_explained(astrid, tmp_path):
    """Where all tasks are of two classes; `--help` says so."""
    lines = ["text,loud,warm"]
    for document in several.corpus(120, 3):
        loud, warm = document.labels["loud"], document.labels["warm"]
        lines.append(f"{document.text},{loud},{warm}")
    (tmp_path / "two.csv").write_text("\n".join(lines))
    quick = ("encoder=demo-step5", "trainer=scratch", "trainer.epochs=1")
    code, _, err = astrid(
        *("train", *quick, "--data", tmp_path / "two.csv", "--label-field", "loud,warm"),
        *("--out", tmp_path / "model"),
    )
    assert code == 0, err
    (said,) = astrid("explain", tmp_path / "model", "the whisper of ice", "--json")[1]
    probabilities = library.predict(library.load_model(tmp_path / "model"), ["the whisper of ice"])
    assert said["target"]["index"] == int(np.argmax(probabilities[0]))


@pytest.mark.parametrize("how", ["int8", "prune30", "prune_heads50", "drop_layers1"])
def test_compressed_without_texts_it_keeps_its_tasks(astrid, model, three, tmp_path, how):
    out = tmp_path / "small"
    code, (said,), err = astrid("compress", model, "--how", how, "--out", out, "--json")
    assert code == 0, err
    assert said["metrics"] is None
    small, whole = library.load_model(out), library.load_model(model)
    assert (small.tasks, small.labels) == (whole.tasks, whole.labels)
    if how == "int8":
        texts = [document.text for document in several.corpus(20, 9)]
        differences = library.predict(small, texts) - library.predict(whole, texts)
        assert np.abs(differences).max() < 0.1
    code, _, err = astrid("evaluate", out, "--data", three, *FIELDS)
    assert code == 0, err


@pytest.mark.parametrize("fields", [FIELDS, ("--label-field", "loud")])
@pytest.mark.parametrize("more", [(), ("--epochs", 1)])
def test_compressed_with_texts_it_is_refused(astrid, model, three, tmp_path, fields, more):
    refused(
        *(astrid, "compress", model, "--how", "prune30", "--out", tmp_path / "small"),
        *("--data", three, *fields, *more),
        says=["one task, not with loud, mood, warm", "leave out the texts"],
    )
    assert list(tmp_path.iterdir()) == []


def test_comparisons_and_leaderboards_are_refused(astrid, model, three, tmp_path):
    (tmp_path / "other").symlink_to(model)
    says = "answers the tasks loud, mood, warm"
    for fields in (FIELDS, ("--label-field", "loud")):
        data = ("--data", three, *fields)
        refused(astrid, "compare", model, tmp_path / "other", *data, says=says)
        refused(astrid, "measure", model, *data, "--texts", 2, says=says)


def test_a_model_of_one_task_on_data_of_several(astrid, trained, three):
    for command in (("evaluate", trained), ("compress", trained)):
        more = ("--how", "int8", "--out", Path("nowhere")) if command[0] == "compress" else ()
        refused(astrid, *command, *more, "--data", three, *FIELDS, says="loud, mood, warm")


def test_a_study_needs_one_label(astrid, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "defaults: [/data: personality, _self_]\nheads: [linear]\n"
        "encoders: {only: {encoder: {init: scratch, layers: 1}}}\n"
        "methods: {integrated_gradients: {}}\n"
    )
    refused(
        *(astrid, "study", "run", file, "--out", tmp_path / "study", "--workers", 0),
        says=["tasks ei, sn, tf, jp", "one label a document"],
    )
    assert not (tmp_path / "study").exists()


def test_a_teacher_teaches_one_task(astrid, model, three, csv_file, tmp_path):
    quick = ("encoder=demo-step5", "trainer=scratch", "trainer.epochs=1")
    taught = (*quick, f"+distil.teacher={model}", "--out", tmp_path / "student")
    refused(*(astrid, "train", *taught, "--data", three, *FIELDS), says="one task, not several")
    refused(astrid, "train", *taught, "--data", csv_file, says="answers the tasks")


def test_an_encoder_of_several_tasks_starts_another_model(astrid, model, csv_file, tmp_path):
    start = ("encoder=teacher", f"encoder.teacher={model}", "encoder.layers=1", "trainer.epochs=1")
    code, _, err = astrid("train", *start, "--data", csv_file, "--out", tmp_path / "student")
    assert code == 0, err
    assert library.load_model(tmp_path / "student").labels == ("granted", "refused")
