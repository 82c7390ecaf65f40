"""`astrid llm`: the whole run on a tiny model, what it leaves, and what it refuses."""

import copy
import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.metrics import accuracy_score, f1_score

from astrid.files import locked
from astrid.llm.question import load_base, open_run, read_question
from astrid.llm.schemas import SCHEMA_OF, load_schema
from astrid.llm.spec import LlmSpec
from astrid.models.causal.scoring import label_probabilities
from astrid.models.causal.templates import Template
from astrid.models.loading import LoadedModel
from astrid.training.lora.spec import LoraSpec
from tests import tiny_lm
from tests.training.lora import toy

SIZES = ["-p", "lora.epochs=2", "-p", "lora.learning_rate=0.01", "-p", "shap_evaluations=20"]
NAMES = {
    *SCHEMA_OF,
    "metrics_comparison.png",
    "zero_shot_shap_summary.png",
    "fine_tuned_shap_summary.png",
    "quantum_identity_badge.svg",
    "lora_adapter",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    for part in tiny_lm.build("llama"):
        part.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "cases.csv"
    texts = toy.corpus(80)
    words = ("refused", "good")
    rows = [f"{document.text} {row},{words[document.label]}" for row, document in enumerate(texts)]
    path.write_text("\n".join(["said,outcome", *rows]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def done(model, data, tmp_path_factory):
    """The folder of a whole run, and what it printed as JSON."""
    from astrid.cli.main import run

    out = tmp_path_factory.mktemp("runs") / "llm"
    source = ["--model-name", str(model), "--dataset-name", str(data)]
    fields = ["--text-field", "said", "--label-field", "outcome", "--shap-examples", "3"]
    assert (
        run(["llm", "run", *source, *fields, "--finetune", *SIZES, "--output-dir", str(out)]) == 0
    )
    return out


def test_all_files_are_there_and_fit_their_schemas(done):
    assert {path.name for path in done.iterdir() if path.name != ".lock"} == NAMES
    for name in SCHEMA_OF:
        jsonschema.validate(json.loads((done / name).read_text()), load_schema(name))


def test_metrics_are_scikit_learns_on_the_answers_of_the_opened_run(done, data):
    from astrid.text.load import DataSpec, load_splits

    fields = {"path": str(data), "text_field": "said", "label_field": "outcome"}
    spec = DataSpec(source="file", params=fields, fractions=(0.6, 0.1, 0.3))
    judged = load_splits(spec).test
    for stage, zero_shot in (("zero_shot", True), ("fine_tuned", False)):
        answers = label_probabilities(open_run(done, zero_shot), judged.texts).argmax(1)
        said = json.loads((done / f"{stage}_metrics.json").read_text())
        assert said["accuracy"] == pytest.approx(accuracy_score(judged.labels, answers))
        expected = f1_score(judged.labels, answers, average="macro")
        assert said["f1"] == pytest.approx(expected)


def test_owen_values_add_up(done):
    for stage in ("zero_shot", "fine_tuned"):
        for entry in json.loads((done / f"{stage}_shap.json").read_text())["explanations"]:
            assert entry["completeness_gap"] < 1e-4
            assert entry["method"] == "shap"


def test_both_models_explain_the_same_labels(done):
    targets = [
        [entry["target"]["label"] for entry in json.loads(path.read_text())["explanations"]]
        for path in (done / "zero_shot_shap.json", done / "fine_tuned_shap.json")
    ]
    assert targets[0] == targets[1]


def test_predict_and_explain_of_the_run(astrid, done):
    code, (tuned,), _ = astrid("llm", "predict", done, "the judge had good rain", "--json")
    assert code == 0
    assert sum(tuned["probabilities"].values()) == pytest.approx(1)
    code, (zero,), _ = astrid(
        "llm", "predict", done, "the judge had good rain", "--zero-shot", "--json"
    )
    assert zero["probabilities"] != tuned["probabilities"]
    code, (found,), _ = astrid("llm", "explain", done, "the judge had good rain", "--json")
    assert code == 0
    assert found["words"] == ["the", "judge", "had", "good", "rain"]
    assert np.isfinite(found["word_scores"]).all()


def test_zero_shot_alone_leaves_no_adapter(astrid, model, data, tmp_path):
    fields = ["--text-field", "said", "--label-field", "outcome", "--no-run-shap"]
    source = ["--model-name", model, "--dataset-name", data, "--no-project-badge"]
    code, (said,), err = astrid(
        "llm", "run", *source, *fields, "--output-dir", tmp_path / "o", "--json"
    )
    assert code == 0
    assert {path.name for path in (tmp_path / "o").iterdir() if path.name != ".lock"} == {
        "question.json",
        "zero_shot_metrics.json",
        "metrics_comparison.png",
    }
    assert said["labels"] == {"good": 0, "refused": 1}
    assert "good = 0, refused = 1" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--text-field", "sad"], 'no column "sad"'),
        (["--label-space", "good"], "1 label is left; a classifier needs at least two classes"),
        (["--train-subset", "many"], "give a number, or None for all"),
        (["--load-in-4bit"], "needs an NVIDIA GPU"),
        (["--load-in-4bit", "--device", "cpu"], "leave out --device cpu"),
        (["-p", "lora.ranks=2"], 'did you mean "rank"'),
        (["-p", "template.style=chat"], "no chat template"),
    ],
)
def test_what_cant_be_done_is_one_line(astrid, model, data, tmp_path, options, message):
    fields = ["--text-field", "said", "--label-field", "outcome"]
    source = ["--model-name", model, "--dataset-name", data]
    out = ["--output-dir", tmp_path / "out"]
    code, _, err = astrid("llm", "run", *source, *fields, *options, *out)
    assert code == 2
    assert message in err.splitlines()[-1]
    assert "Traceback" not in err


def test_without_a_network_the_embedded_model_is_named(astrid, data, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    fields = ["--text-field", "said", "--label-field", "outcome"]
    code, _, err = astrid("llm", "run", "--dataset-name", data, *fields, "--output-dir", tmp_path)
    assert code == 2
    assert "--model-name embedded" in err.splitlines()[-1]


def test_the_token_is_written_nowhere(astrid, model, data, tmp_path):
    secret = "hf_SecretSecretSecret"
    fields = ["--text-field", "said", "--label-field", "outcome", "--no-run-shap"]
    source = ["--model-name", model, "--dataset-name", data, "--huggingface-token", secret]
    code, said, err = astrid(
        "llm", "run", *source, *fields, "--output-dir", tmp_path / "o", "--json"
    )
    assert code == 0
    assert secret not in err + json.dumps(said)
    for path in (tmp_path / "o").iterdir():
        assert secret.encode() not in path.read_bytes()


def test_examples_and_calibration_change_the_question(astrid, model, data, tmp_path):
    fields = ["--text-field", "said", "--label-field", "outcome", "--no-run-shap"]
    source = ["--model-name", model, "--dataset-name", data, "-p", "template.instruction="]
    found = {}
    for name, more in {
        "plain": [],
        "few": ["-p", "few_shot=1"],
        "even": ["-p", "calibrate=true"],
    }.items():
        out = tmp_path / name
        code, _, _ = astrid("llm", "run", *source, *fields, *more, "--output-dir", out)
        assert code == 0
        code, (said,), _ = astrid("llm", "predict", out, "the judge had good rain", "--json")
        found[name] = said["probabilities"]["good"]
    assert len(set(found.values())) == 3
    prompt = json.loads((tmp_path / "few" / "question.json").read_text())["prompt"]
    assert prompt["before"].count("Label:") == 2


@pytest.mark.parametrize("space", ["positive,negative", "0,2"])
def test_labels_to_keep_are_names_or_numbers(astrid, model, tmp_path, space):
    source = ["--model-name", model, "--dataset-name", "tweets_generated", "--label-space", space]
    sizes = ["--eval-subset", 20, "--train-subset", 20, "--no-run-shap"]
    code, (said,), _ = astrid(
        "llm", "run", *source, *sizes, "--output-dir", tmp_path / "o", "--json"
    )
    assert code == 0
    assert said["labels"] == {"negative": 0, "positive": 1}
    code, _, err = astrid("llm", "run", *source[:-1], "happy", "--output-dir", tmp_path / "o")
    assert code == 2
    assert 'has no label "happy"' in err


def test_explanations_of_zero_shot_are_of_the_model_without_its_adapter(done):
    """The adapter is put on the same weights: what was opened before must not see it."""
    plain = open_run(done, zero_shot=True)
    entries = json.loads((done / "zero_shot_shap.json").read_text())["explanations"]
    fresh = label_probabilities(plain, [entry["text"] for entry in entries])
    for entry, row in zip(entries, fresh, strict=True):
        assert entry["target"]["value"] == pytest.approx(row[entry["target"]["index"]], abs=1e-5)


def test_a_file_with_too_few_texts_for_all_splits_is_one_line(astrid, model, tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("text,label\ngood rain,good\nbad rain,refused\n", encoding="utf-8")
    code, _, err = astrid("llm", "run", "--model-name", model, "--dataset-name", path)
    assert code == 2
    assert "too few to divide into 3 splits" in err.splitlines()[-1]


def test_a_folder_without_a_run_is_named(astrid, tmp_path):
    code, _, err = astrid("llm", "predict", tmp_path, "a text")
    assert code == 2
    assert "give the --output-dir of an astrid llm run" in err


SPLIT = ["--train-subset", 40, "--eval-subset", 20, "--no-run-shap", "--no-project-badge"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two splits as a hub's data set has, with numbers for labels and a column of their words."""
    place = tmp_path_factory.mktemp("data") / "cases"
    place.mkdir()
    words = ("positive", "neutral", "negative")
    for split, count in (("train", 60), ("test", 30)):
        rows = [
            f"the judge had {split} rain {row},{row % 3},{words[row % 3]}" for row in range(count)
        ]
        text = "\n".join(["text,label,label_text", *rows])
        (place / f"{split}.csv").write_text(text, encoding="utf-8")
    (place / "empty.csv").write_text("text,label,label_text\n", encoding="utf-8")
    (place / "half.csv").write_text(
        "text,label,label_text\ngood,0,positive\nbad,2,negative\n", encoding="utf-8"
    )
    return place


def test_a_folder_of_two_splits(astrid, model, folder, tmp_path):
    source = ["--model-name", model, "--dataset-name", folder]
    code, (said,), err = astrid(
        "llm", "run", *source, *SPLIT, "--output-dir", tmp_path / "o", "--json"
    )
    assert code == 0
    assert said["labels"] == {"negative": 0, "neutral": 1, "positive": 2}
    assert "40 texts to learn from, 6 to choose the epoch by, 20 to judge on" in err
    assert "labels negative = 0, neutral = 1, positive = 2 (in the data 2, 1, 0)" in err
    words = json.loads((tmp_path / "o" / "question.json").read_text())["words"]
    assert [word.strip().lower() for word in words.values()] == ["negative", "neutral", "positive"]


@pytest.mark.parametrize("space", ["0,1", "positive,neutral", "1,positive"])
def test_numbers_of_labels_are_those_of_the_data(astrid, model, folder, tmp_path, space):
    source = ["--model-name", model, "--dataset-name", folder, "--label-space", space]
    code, (said,), _ = astrid("llm", "run", *source, *SPLIT, "--output-dir", tmp_path, "--json")
    assert code == 0
    assert said["labels"] == {"neutral": 0, "positive": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--eval-split", "tset"],
            'no split "tset"; name another (there are: train, test, empty, half)',
        ),
        (["--eval-split", "empty"], "empty.csv: there are no rows in this file"),
        (["--eval-split", "half"], "half (negative, positive) have different labels"),
        (["--label-field", "lable"], 'train.csv: no column "lable"; did you mean "label"'),
        (["--label-space", "0,3"], 'has no label "3"; known: negative, neutral, positive'),
        (["--dataset-name", "none/data.csv"], "none/data.csv: no such file or folder"),
        (["--dataset-name", "./none"], "./none: no such file or folder"),
    ],
)
def test_what_a_folder_lacks_is_one_line(astrid, model, folder, tmp_path, options, message):
    source = ["--model-name", model, "--dataset-name", folder]
    code, _, err = astrid("llm", "run", *source, *SPLIT, *options, "--output-dir", tmp_path)
    assert code == 2
    assert message in err.splitlines()[-1]
    assert "Traceback" not in err


def test_the_token_reaches_the_data_set(astrid, model, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    seen = []

    def load_dataset(*_, token, **__):
        seen.append(token)
        raise ConnectionError(f"{token} is no good")

    monkeypatch.setattr("astrid.hub.answers", lambda: True)
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    secret = "hf_SecretSecretSecret"
    source = ["--model-name", model, "--dataset-name", "made/up", "--huggingface-token", secret]
    code, _, err = astrid("llm", "run", *source, "--output-dir", tmp_path)
    assert code == 2
    assert seen == [secret]
    assert secret not in err


def test_without_a_network_generated_texts_are_named_once(astrid, tmp_path, monkeypatch):
    pytest.importorskip("datasets")
    monkeypatch.setattr("astrid.hub.answers", lambda: False)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    code, _, err = astrid("llm", "run", "--output-dir", tmp_path)
    assert code == 2
    (line,) = err.splitlines()
    assert line.count("--dataset-name tweets_generated") == 1
    assert "--model-name embedded" in line


def test_the_answer_to_both_questions_is_printed(astrid, model, data, tmp_path):
    fields = ["--text-field", "said", "--label-field", "outcome", "--shap-examples", "3"]
    source = ["--model-name", model, "--dataset-name", data, "--finetune"]
    code, _, err = astrid("llm", "run", *source, *fields, *SIZES, "--output-dir", tmp_path / "o")
    assert code == 0
    assert "accuracy after fine-tuning less before: " in err
    assert "words that both look at, by rank correlation: " in err
    assert f"{data}: " in err
    assert "the labels are numbers" not in err


def test_labels_that_are_bare_numbers_are_doubted(astrid, model, tmp_path):
    path = tmp_path / "numbers.csv"
    rows = [f"good rain {row},{row % 2}" for row in range(30)]
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    out = ["--no-run-shap", "--output-dir", tmp_path / "o"]
    code, _, err = astrid("llm", "run", "--model-name", model, "--dataset-name", path, *out)
    assert code == 0
    assert "the labels are numbers" in err


def _again(folder, into):
    """A copy of a finished run's folder."""
    return Path(shutil.copytree(folder, into))


def test_a_run_removes_what_an_earlier_one_left(astrid, model, data, done, tmp_path):
    out = _again(done, tmp_path / "again")
    fields = ["--text-field", "said", "--label-field", "outcome", "--no-run-shap"]
    source = ["--model-name", model, "--dataset-name", data, "-p", "template.instruction="]
    assert astrid("llm", "run", *source, *fields, "--output-dir", out)[0] == 0
    left = {path.name for path in out.iterdir()} - {".lock", "lora_adapter"}
    assert not [name for name in left if "shap" in name or "fine" in name or "interp" in name]
    # The adapter learnt another prompt: it must not answer this one.
    _, (plain,), _ = astrid("llm", "predict", out, "good rain", "--zero-shot", "--json")
    assert astrid("llm", "predict", out, "good rain", "--json")[1] == [plain]


def test_a_run_that_is_stopped_while_it_trains_leaves_the_earlier_one(
    astrid, model, data, done, tmp_path, monkeypatch
):
    out = _again(done, tmp_path / "again")
    monkeypatch.setattr("astrid.llm.run._fine_tuned", _stopped)
    fields = ["--text-field", "said", "--label-field", "outcome", "-p", "template.instruction="]
    source = ["--model-name", model, "--dataset-name", data, "--finetune"]
    assert astrid("llm", "run", *source, *fields, "--output-dir", out)[0] == 130
    again = astrid("llm", "predict", out, "good rain", "--json")
    assert again == astrid("llm", "predict", done, "good rain", "--json")
    assert again[0] == 0


def test_a_run_that_is_stopped_after_its_training_is_not_asked(
    astrid, model, data, done, tmp_path, monkeypatch
):
    out = _again(done, tmp_path / "again")
    monkeypatch.setattr("astrid.llm.run.with_adapter", _stopped)
    fields = ["--text-field", "said", "--label-field", "outcome", "-p", "lora.seed=5"]
    source = ["--model-name", model, "--dataset-name", data, "--finetune", *SIZES]
    assert astrid("llm", "run", *source, *fields, "--output-dir", out)[0] == 130
    code, _, err = astrid("llm", "predict", out, "good rain")
    assert code == 2
    assert "no question.json" in err


def _stopped(*given):
    raise KeyboardInterrupt


def test_a_second_run_in_the_same_folder_is_refused(astrid, model, data, tmp_path):
    fields = ["--text-field", "said", "--label-field", "outcome", "--no-run-shap"]
    source = ["--model-name", model, "--dataset-name", data]
    with locked(tmp_path):
        code, _, err = astrid("llm", "run", *source, *fields, "--output-dir", tmp_path)
    assert code == 2
    assert "another run writes there" in err.splitlines()[-1]


def test_a_file_in_place_of_the_folder_is_named_before_any_work(astrid, model, data, tmp_path):
    (tmp_path / "file").write_text("mine")
    source = ["--model-name", model, "--dataset-name", data, "--output-dir", tmp_path / "file"]
    code, _, err = astrid("llm", "run", *source)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "can't be written" in err


def _cut(adapter):
    with (adapter / "adapter_model.safetensors").open("r+b") as file:
        file.truncate(200)


def _pickled(adapter):
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")


def _other_rank(adapter):
    config = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps({**config, "r": 3}))


def _not_a_number(adapter):
    path = adapter / "adapter_model.safetensors"
    weights = load_file(path)
    weights[min(weights)][0, 0] = float("nan")
    save_file(weights, path)


def _other_kind(adapter):
    config = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps({**config, "peft_type": "IA3"}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "can't be read"),
        (lambda adapter: (adapter / "adapter_config.json").unlink(), "can't be read"),
        (lambda adapter: (adapter / "adapter_config.json").write_text("[]"), "names no peft_type"),
        (_cut, "damaged or cut off"),
        (_pickled, "only pickled weights"),
        (_not_a_number, "is not finite; train the adapter again"),
        (_other_rank, "doesn't fit its base model"),
        (_other_kind, "doesn't fit its base model"),
    ],
)
def test_a_damaged_adapter_is_one_line(astrid, done, tmp_path, damage, message):
    out = _again(done, tmp_path / "again")
    damage(out / "lora_adapter")
    code, said, err = astrid("llm", "predict", out, "good rain", "--json")
    assert (code, said) == (2, [])
    assert message in err
    assert len(err.splitlines()) == 1


def test_the_adapter_answers_as_when_peft_opens_it(done):
    from peft import PeftModel

    model = open_run(done)
    question = read_question(done)
    loaded = load_base(question.model_name)
    wrapped = PeftModel.from_pretrained(loaded.model, str(done / "lora_adapter")).eval()
    expected = question.asked_of(LoadedModel(wrapped, loaded.tokenizer, ()), "peft")
    texts = ["the judge had good rain", "refused"]
    np.testing.assert_array_equal(
        label_probabilities(model, texts), label_probabilities(expected, texts)
    )


def test_a_run_is_asked_from_another_folder(astrid, model, data, tmp_path, monkeypatch):
    monkeypatch.chdir(model.parent)
    fields = ["--text-field", "said", "--label-field", "outcome", "--no-run-shap"]
    source = ["--model-name", model.name, "--dataset-name", data]
    assert astrid("llm", "run", *source, *fields, "--output-dir", tmp_path / "o")[0] == 0
    monkeypatch.chdir(tmp_path)
    assert astrid("llm", "predict", "o", "good rain")[0] == 0


@pytest.mark.parametrize(
    "options", [["--project-badge-dir", "/proc/none"], ["-p", "shap_evaluations=2000000"]]
)
def test_what_fails_at_the_end_is_refused_at_once(astrid, model, data, tmp_path, options):
    source = ["--model-name", model, "--dataset-name", data, "--output-dir", tmp_path / "o"]
    fields = ["--text-field", "said", "--label-field", "outcome"]
    code, _, err = astrid("llm", "run", *source, *fields, *options)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "o").exists()


def test_a_training_that_finds_no_room_leaves_the_earlier_run(
    astrid, model, data, done, tmp_path, monkeypatch
):
    out = _again(done, tmp_path / "again")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("astrid.training.lora.module.save_file", full)
    source = ["--model-name", model, "--dataset-name", data, "--output-dir", out]
    fields = ["--text-field", "said", "--label-field", "outcome", "-p", "lora.seed=5"]
    code, _, err = astrid("llm", "run", *source, *fields, "--finetune", *SIZES)
    assert code == 2
    assert "can't be written (No space left on device)" in err.splitlines()[-1]
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--eval-subset", "0"], "--eval-subset 0: give 1 or more, or None for all"),
        (["--train-subset", "1"], "--train-subset 1: give 2 or more, or None for all"),
        (["-p", "few_shot=-1"], "--param few_shot: "),
        (["-p", "lora.rank=0"], "--param lora.rank: "),
        (["-p", "few_shot=20"], "with fewer examples (few_shot is 20)"),
    ],
)
def test_a_wrong_number_is_named_as_it_was_given(astrid, model, data, tmp_path, options, message):
    source = ["--model-name", model, "--dataset-name", data, "--output-dir", tmp_path / "o"]
    fields = ["--text-field", "said", "--label-field", "outcome"]
    code, _, err = astrid("llm", "run", *source, *fields, *options)
    assert code == 2
    assert message in err.splitlines()[-1]


def test_a_reader_that_goes_away_is_no_failure(done):
    arguments = ["llm", "predict", str(done), "good rain", "--json"]
    program = f"from astrid.cli.main import main; main({arguments})"
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [sys.executable, "-c", program], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_every_setting_without_a_flag_is_documented():
    page = (Path(__file__).parents[2] / "docs" / "llm.md").read_text(encoding="utf-8")
    flags = {"template", "lora"}
    for group, spec in (("", LlmSpec), ("template.", Template), ("lora.", LoraSpec)):
        for name in set(spec.model_fields) - flags:
            flag = f"--{name.replace('_', '-')}"
            assert f"`{group}{name}`" in page or (not group and flag in page), f"{group}{name}"


_TURNS = "{% for turn in messages %}[{{ turn.role }}] {{ turn.content }}\n{% endfor %}[answer]"


def _plain_probabilities(folder, text):
    """As anybody would read the adapter: no batches, no padding, no prefix."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    question = read_question(folder)
    record = json.loads((folder / "lora_adapter" / "astrid.json").read_text())
    base = AutoModelForCausalLM.from_pretrained(question.model_name)
    wrapped = PeftModel.from_pretrained(base, folder / "lora_adapter").eval()
    tokenizer = AutoTokenizer.from_pretrained(question.model_name)
    whole = question.prompt.before + text + question.prompt.after
    ids = tokenizer(whole, return_tensors="pt", add_special_tokens=False).input_ids
    with torch.no_grad():
        logits = wrapped(ids).logits[0, -1].double()
    return logits[[record["label_tokens"][label] for label in question.words]].softmax(-1).numpy()


@pytest.mark.parametrize("style", ["plain", "chat"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_tokenizer_without_pad_token_is_enough(astrid, data, tmp_path, style, side):
    network, tokenizer = tiny_lm.build("llama")
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.pad_token, tokenizer.padding_side, tokenizer.chat_template = None, side, _TURNS
    for part in (network, tokenizer):
        part.save_pretrained(tmp_path / "model")
    long = tmp_path / "long.csv"
    # Some texts are longer than all the model can read.
    rows = data.read_text(encoding="utf-8").splitlines()
    cut = [f"{'rain ' * 300}{row}" if number % 10 == 1 else row for number, row in enumerate(rows)]
    long.write_text("\n".join([rows[0], *cut[1:]]), encoding="utf-8")
    source = ["--model-name", tmp_path / "model", "--dataset-name", long, "--no-run-shap"]
    fields = ["--text-field", "said", "--label-field", "outcome", "--finetune"]
    more = [*SIZES, "-p", f"template.style={style}", "--output-dir", tmp_path / "o"]
    assert astrid("llm", "run", *source, *fields, *more)[0] == 0
    text = "the judge had good rain"
    _, (said,), _ = astrid("llm", "predict", tmp_path / "o", text, "--json")
    found = list(said["probabilities"].values())
    assert found == pytest.approx(_plain_probabilities(tmp_path / "o", text), abs=1e-5)
    before = read_question(tmp_path / "o").prompt.before
    assert ("[user]" in before) == (style == "chat")
