"""ONNX folders: the same answers without Astrid, or nothing at all."""

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from astrid.errors import InputError
from astrid.explain.run import plain_logits
from astrid.models.classifier import AstridClassifier
from astrid.models.configuration import AstridConfig
from astrid.models.export import check, graph, onnx
from astrid.models.export.onnx import export_onnx
from astrid.models.heads import HeadSpec
from astrid.models.load import load_model
from astrid.models.task_heads import TaskHead
from astrid.models.text_model import TransformerClassifier
from tests import model_kinds, tiny

TEXTS = [
    "won",
    "The appeal was refused twice by the same judge, and the driver left.",
    "Ça alors, Zürich: naïve 37 °C",
    "今天天气很好 🙂 e\u0301 \u200b",
    "rain " * 500,
]
KINDS = ("distilbert", "roberta", "gpt2", "attention head", "lora bert")
HEADS = ("linear head", "mlp head", "dual head", "ensemble head")
MORE = ("llama", "albert", "deberta-v2", "bart", "gemma2", *HEADS)


@cache
def model(kind: str) -> TransformerClassifier:
    found = model_kinds.kind(kind).model
    assert isinstance(found, TransformerClassifier)
    return found


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of a BERT."""
    return export_onnx(model("bert"), tmp_path_factory.mktemp("onnx") / "bert").folder


@pytest.fixture
def ready(exported, monkeypatch):
    """Graphs are not made anew: whatever model is exported, its graph is the BERT's."""

    def write(_, file):
        shutil.copy(exported / "model.onnx", file)
        return ("input_ids", "attention_mask", "token_type_ids")

    monkeypatch.setattr(onnx, "write_graph", write)


def logits_of(folder: Path, texts: list[str]) -> np.ndarray:
    """What the folder answers to a batch, by onnxruntime and tokenizers alone."""
    encoded = Tokenizer.from_file(str(folder / "tokenizer.json")).encode_batch(texts)
    given = {
        "input_ids": [text.ids for text in encoded],
        "attention_mask": [text.attention_mask for text in encoded],
        "token_type_ids": [text.type_ids for text in encoded],
    }
    names = json.loads((folder / "onnx.json").read_text())["inputs"]
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    return session.run(["logits"], {name: np.array(given[name]) for name in names})[0]


def assert_answers_alike(kind: str, folder: Path) -> None:
    expected = plain_logits(model(kind), TEXTS)
    alone = np.concatenate([logits_of(folder, [text]) for text in TEXTS])
    assert np.abs(alone - expected).max() < 1e-4
    assert np.abs(logits_of(folder, TEXTS) - expected).max() < 1e-4
    assert np.ptp(expected, axis=0).max() > 0.01, "the texts can be told apart"


@pytest.mark.parametrize("kind", KINDS)
def test_the_folder_alone_answers_as_the_model_does(kind, tmp_path):
    found = export_onnx(model(kind), tmp_path / "out")
    assert_answers_alike(kind, tmp_path / "out")
    assert 0 < found.parity.largest_difference < 1e-4
    assert (found.parity.longest, found.parity.padded) == (model(kind).max_length, True)
    assert found.bytes == (tmp_path / "out" / "model.onnx").stat().st_size
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        *("model.onnx", "onnx.json", "config.json", "tokenizer.json", "tokenizer_config.json")
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", MORE)
def test_so_do_further_architectures(kind, tmp_path):
    export_onnx(model(kind), tmp_path / "out")
    assert_answers_alike(kind, tmp_path / "out")


def test_a_model_that_takes_no_padding_is_checked_without(tmp_path):
    found = export_onnx(tiny.classifier("fnet"), tmp_path / "out")
    assert not found.parity.padded
    with pytest.raises(ValueError, match="inhomogeneous"):
        logits_of(tmp_path / "out", TEXTS)


def test_what_the_columns_mean_is_written_beside(exported):
    record = json.loads((exported / "onnx.json").read_text())
    assert record["labels"] == ["lost", "won", "open"]
    assert record["tasks"][0]["kind"] == "classes"
    assert record["tasks"][0]["columns"] == [0, 1, 2]
    assert record["parity"]["largest_difference"] < 1e-4
    config = json.loads((exported / "config.json").read_text())
    assert config["id2label"] == {"0": "lost", "1": "won", "2": "open"}


def test_labels_that_stand_alone_are_tasks_of_their_own(ready, tmp_path):
    export_onnx(model("multi-label"), tmp_path / "out")
    tasks = json.loads((tmp_path / "out" / "onnx.json").read_text())["tasks"]
    assert [(task["name"], task["kind"]) for task in tasks] == [
        (label, "binary") for label in ("rude", "sad", "long")
    ]


def several_tasks() -> TransformerClassifier:
    """A yes or no by an attention head, and three classes by an ensemble, on one encoder."""
    heads = (
        TaskHead("loud", ("quiet", "noisy"), HeadSpec(name="attention"), threshold=0.3),
        TaskHead("mood", ("bad", "calm", "good"), HeadSpec(name="ensemble")),
    )
    body, tokenizer = tiny.build("bert")
    torch.manual_seed(2)
    config = AstridConfig(
        encoder_config=body.config.to_dict(),
        tasks=[head.to_dict() for head in heads],
        max_sequence_length=64,
        id2label=dict(enumerate(("noisy", "bad", "calm", "good"))),
    )
    module = AstridClassifier(config).eval()
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(5)
    return TransformerClassifier(module, tokenizer)


def test_several_tasks_keep_their_columns(tmp_path):
    opened = several_tasks()
    export_onnx(opened, tmp_path / "out")
    expected = plain_logits(opened, TEXTS)
    assert expected.shape == (5, 4)
    assert np.abs(logits_of(tmp_path / "out", TEXTS) - expected).max() < 1e-4
    loud, mood = json.loads((tmp_path / "out" / "onnx.json").read_text())["tasks"]
    assert (loud["kind"], loud["columns"], loud["threshold"]) == ("binary", [0], 0.3)
    assert loud["answers"] == ["quiet", "noisy"]
    assert (mood["kind"], mood["columns"]) == ("classes", [1, 2, 3])


def test_transformers_reads_the_tokenizer(exported):
    tokenizer = AutoTokenizer.from_pretrained(exported)
    for text in TEXTS:
        ids = tokenizer(text, truncation=True)["input_ids"]
        assert ids == model("bert").encode(text).ids.tolist()


def test_no_place_of_this_machine_is_in_the_folder(tmp_path):
    module, tokenizer = tiny.build("distilbert")
    for part in (module, tokenizer):
        part.save_pretrained(tmp_path / "secret-place")
    export_onnx(load_model(tmp_path / "secret-place", name="mine"), tmp_path / "out")
    for file in (tmp_path / "out").iterdir():
        content = file.read_bytes()
        for place in (b"secret-place", b"site-packages", b"src/astrid"):
            assert place not in content, file.name


def test_half_precision_checkpoints_are_exported_as_float32(tmp_path):
    module, tokenizer = tiny.build("bert")
    for part in (module.half(), tokenizer):
        part.save_pretrained(tmp_path / "half")
    opened = load_model(tmp_path / "half")
    export_onnx(opened, tmp_path / "out")
    expected = plain_logits(opened, TEXTS)
    assert np.abs(logits_of(tmp_path / "out", TEXTS) - expected).max() < 1e-4


def test_weights_too_large_for_one_file_are_in_a_second(tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "_ONE_FILE", 1000)
    found = export_onnx(model("bert"), tmp_path / "out")
    parts = [tmp_path / "out" / name for name in ("model.onnx", "model.onnx.data")]
    assert found.bytes == sum(part.stat().st_size for part in parts)
    (tmp_path / "out").rename(tmp_path / "moved")
    assert_answers_alike("bert", tmp_path / "moved")


def test_nothing_is_said_and_nothing_changed(tmp_path, capfd, recwarn):
    opened = TransformerClassifier(*tiny.build("distilbert"))
    before = opened.fingerprint(), opened.module.config._attn_implementation
    capfd.readouterr()
    export_onnx(opened, tmp_path / "out")
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list
    assert (opened.fingerprint(), opened.module.config._attn_implementation) == before
    assert opened.answers >= {"gradients", "attentions"}


def test_progress_is_told_of(ready, tmp_path):
    told = []
    export_onnx(model("bert"), tmp_path / "out", advance=lambda done=1: told.append(done))
    assert sum(told) == onnx.STEPS


class TestNothingIsLeft:
    """Of an export that fails, and what was there stays."""

    @pytest.fixture(autouse=True)
    def nothing_is_left(self, tmp_path):
        yield
        assert [file.name for file in tmp_path.iterdir() if "out" in file.name] == []

    def test_where_the_graph_answers_otherwise(self, ready, tmp_path):
        with pytest.raises(InputError, match=r"logits differ from the model's by .* 0\.0001"):
            export_onnx(tiny.classifier("bert", seed=1), tmp_path / "out")

    def test_where_it_answers_a_little_otherwise(self, ready, tmp_path):
        module, tokenizer = tiny.build("bert")
        with torch.no_grad():
            module.classifier.bias[1] += 1.2e-4
        with pytest.raises(InputError, match=r"differ from the model's by 1\.2e-04"):
            export_onnx(TransformerClassifier(module, tokenizer), tmp_path / "out")

    def test_where_it_answers_nonsense(self, ready, tmp_path, monkeypatch):
        monkeypatch.setattr(check._Graph, "logits", lambda *_: np.full((1, 3), np.nan))
        with pytest.raises(InputError, match="differ from the model's by inf"):
            export_onnx(model("bert"), tmp_path / "out")

    def test_where_onnxruntime_refuses_it(self, tmp_path, monkeypatch):
        def write(_, file):
            file.write_bytes(b"no graph")
            return ("input_ids",)

        monkeypatch.setattr(onnx, "write_graph", write)
        with pytest.raises(InputError, match="onnxruntime can't run the exported graph") as raised:
            export_onnx(model("bert"), tmp_path / "out")
        assert "\n" not in str(raised.value)

    def test_where_the_architecture_has_no_graph(self, tmp_path, monkeypatch):
        def forward(self, ids, *_):
            return torch.tensor([[float(ids.sum().item() > 3)] * 3])

        monkeypatch.setattr(graph.Logits, "forward", forward)
        with pytest.raises(InputError, match="can't be written as ONNX") as raised:
            export_onnx(model("bert"), tmp_path / "out")
        assert str(raised.value).isprintable()

    def test_where_the_disk_is_full(self, tmp_path, monkeypatch):
        def write(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(onnx, "write_graph", write)
        with pytest.raises(InputError, match="No space left on device"):
            export_onnx(model("bert"), tmp_path / "out")

    @pytest.mark.parametrize("package", ["onnx", "onnxscript", "onnxruntime"])
    def test_where_a_package_is_missing(self, package, tmp_path, monkeypatch):
        find = graph.find_spec
        monkeypatch.setattr(
            graph, "find_spec", lambda name: None if name == package else find(name)
        )
        with pytest.raises(InputError, match=rf'{package}: pip install "astrid\[onnx\]"'):
            export_onnx(model("bert"), tmp_path / "out")

    def test_where_weights_are_int8(self, tmp_path):
        with pytest.raises(InputError, match="int8, which ONNX can't take over"):
            export_onnx(model("int8 bert"), tmp_path / "out")

    def test_where_weights_are_halved(self, tmp_path):
        module, tokenizer = tiny.build("bert")
        halved = TransformerClassifier(module.bfloat16(), tokenizer)
        with pytest.raises(InputError, match="weights are bfloat16; open it in float32"):
            export_onnx(halved, tmp_path / "out")


def test_an_earlier_export_stays_unless_told_otherwise(exported):
    before = (exported / "onnx.json").read_bytes()
    with pytest.raises(InputError, match="holds an export; choose another folder or --overwrite"):
        export_onnx(model("distilbert"), exported)
    assert (exported / "onnx.json").read_bytes() == before


def test_an_earlier_export_is_replaced_on_request(ready, tmp_path, monkeypatch):
    export_onnx(model("bert"), tmp_path / "out")
    (tmp_path / "out" / "notes").write_text("old")
    with pytest.raises(InputError, match="differ"):
        export_onnx(tiny.classifier("bert", seed=1), tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / "notes").exists()
    export_onnx(model("bert"), tmp_path / "out", overwrite=True)
    assert_answers_alike("bert", tmp_path / "out")
    assert not (tmp_path / "out" / "notes").exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_export_is_never_replaced(overwrite, tmp_path):
    (tmp_path / "model.safetensors").write_text("weights")
    with pytest.raises(InputError, match="holds something else already"):
        export_onnx(model("bert"), tmp_path, overwrite=overwrite)
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize("place", ["file/out", "file", "x" * 300])
def test_a_place_that_cannot_be_written_is_named(place, tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(InputError, match="can't be written"):
        export_onnx(model("bert"), tmp_path / place)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_large_numbers_are_compared_as_shares():
    numbers = model("numbers")
    expected = np.array([[2000.0, 0.5]])
    difference = check._difference(numbers, expected + np.array([[0.1, 0.00001]]), expected)
    assert difference == pytest.approx(5e-5)
    classes = check._difference(model("bert"), np.full((1, 3), 2000.1), np.full((1, 3), 2000.0))
    assert classes == pytest.approx(0.1)
