"""Checkpoints: opened again as they were, and whatever else is in such a file refused unread."""

import io
import json
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from astrid.errors import InputError
from astrid.models.build import build_encoder, build_task_classifier
from astrid.models.checkpoints import load_checkpoint, save_checkpoint
from astrid.models.encoders import EncoderSpec
from astrid.models.heads import HeadSpec
from astrid.models.load import load_model
from astrid.models.loading import load_classifier
from astrid.models.task_heads import TaskHead
from tests.models.conftest import TEXTS
from tests.training import several, toy

SIZES = {"layers": 1, "hidden_size": 16, "attention_heads": 2, "intermediate_size": 32}


def built() -> tuple[Any, Any]:
    torch.manual_seed(0)
    encoder = build_encoder(EncoderSpec(init="scratch", vocab_size=120, **SIZES), TEXTS)
    tasks = [
        TaskHead("loud", ("quiet", "noisy"), HeadSpec(name="attention"), 0.3),
        TaskHead("mood", ("bad", "calm", "good")),
    ]
    return build_task_classifier(encoder, tasks).eval(), encoder.tokenizer


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints") / "model.ckpt"
    save_checkpoint(path, *built(), epoch=3)
    return path


@pytest.fixture
def saved(whole: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(whole, weights_only=True)
    return found


def logits(model: Any, tokenizer: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(**tokenizer(TEXTS, padding=True, return_tensors="pt")).logits
    return found


def refused(path: Path, says: str = "") -> None:
    for load in (load_checkpoint, load_classifier, load_model):
        with pytest.raises(InputError) as error:
            load(path)
        (line,) = str(error.value).splitlines()
        assert str(path) in line
        assert says in line
        assert len(line) < 400 + len(str(path))
        assert "/tmp" not in line.replace(str(path), "")


def opened_or_refused(path: Path) -> None:
    """Nothing but a line of our own may come of a file."""
    said = ""
    try:
        load_checkpoint(path)
    except InputError as error:
        said = str(error)
    assert len(said.splitlines()) <= 1


def test_round_trip_gives_the_same_answers(whole: Path) -> None:
    model, tokenizer = built()
    loaded = load_checkpoint(whole)
    assert torch.equal(logits(loaded.model, loaded.tokenizer), logits(model, tokenizer))
    assert not loaded.model.training
    opened = load_model(whole)
    assert [(task.name, task.threshold) for task in opened.tasks] == [("loud", 0.3), ("mood", 0.5)]
    assert opened.labels == ("noisy", "bad", "calm", "good")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_opens_in_half_precision(whole: Path, dtype: torch.dtype) -> None:
    half = load_checkpoint(whole, dtype).model
    assert {weight.dtype for weight in half.parameters()} == {dtype}


def test_loading_draws_no_random_numbers(whole: Path) -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    load_checkpoint(whole)
    assert torch.equal(torch.rand(3), expected)


def test_lightning_reads_it(whole: Path) -> None:
    """Its own loader, which allows tensors and plain values alone, puts it into a module."""
    import lightning.pytorch as pl

    class Module(pl.LightningModule):
        def __init__(self, files: dict[str, str]) -> None:
            super().__init__()
            self.names = set(files)
            self.model = built()[0]

    found = Module.load_from_checkpoint(whole, weights_only=True, map_location="cpu")
    assert {"config.json", "tokenizer.json"} <= found.names
    for name, value in built()[0].state_dict().items():
        assert torch.equal(found.model.state_dict()[name], value)


@pytest.mark.parametrize("several_tasks", [False, True])
def test_opens_what_a_killed_run_left(
    several_tasks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with toy.killed_after_an_epoch(monkeypatch):
        if several_tasks:
            corpora = several.corpus(40, 1), several.corpus(20, 2)
            toy.fit(several.spec(), *corpora, tmp_path / "model", progress=False)
        else:
            toy.train(tmp_path / "model")
    (path,) = (tmp_path / ".model.work").glob("epoch-*.ckpt")
    opened = load_model(path)
    names = ["loud", "mood", "warm"] if several_tasks else ["label"]
    assert [task.name for task in opened.tasks] == names
    assert torch.isfinite(logits(*load_checkpoint(path)[:2])).all()


def test_weights_alone_take_their_settings_from_beside_them(
    whole: Path, saved: dict[str, Any], tmp_path: Path
) -> None:
    files = saved.pop("hyper_parameters")["files"]
    path = tmp_path / "weights.ckpt"
    torch.save(saved, path)
    refused(path, "put it beside the model's config.json")
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert torch.equal(logits(*load_checkpoint(path)[:2]), logits(*load_checkpoint(whole)[:2]))
    (tmp_path / "config.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(InputError, match=r"config\.json: can't be read"):
        load_checkpoint(path)


class Payload:
    """Unpickled, it writes a file: what must never happen."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch {self.witness}",))


class Builtin(Payload):
    """The same by what Python itself has."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (eval, (f"open({str(self.witness)!r}, 'w').close()",))


class Hidden(Payload):
    """The same as the state of something harmless."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (torch.device, ("cpu",), Builtin(self.witness))


def _top(saved: dict[str, Any], payload: Any) -> Any:
    return saved | {"callbacks": payload}


def _whole(saved: dict[str, Any], payload: Any) -> Any:
    return payload


def _weights(saved: dict[str, Any], payload: Any) -> Any:
    return saved | {"state_dict": saved["state_dict"] | {"model.head": payload}}


def _key(saved: dict[str, Any], payload: Any) -> Any:
    return saved | {"state_dict": {**saved["state_dict"], (1, payload): 1}}


def _settings(saved: dict[str, Any], payload: Any) -> Any:
    return saved | {"hyper_parameters": {**saved["hyper_parameters"], "more": [payload]}}


def _files(saved: dict[str, Any], payload: Any) -> Any:
    return saved | {"hyper_parameters": {"files": {"config.json": payload}}}


def _zip(path: Path, content: Any) -> None:
    torch.save(content, path)


def _legacy(path: Path, content: Any) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def _plain(path: Path, content: Any) -> None:
    path.write_bytes(pickle.dumps(content))


def _old_protocol(path: Path, content: Any) -> None:
    path.write_bytes(pickle.dumps(content, protocol=0))


def _tar(path: Path, content: Any) -> None:
    with tarfile.open(path, "w") as archive:
        for name in ("storages", "tensors", "pickle"):
            data = pickle.dumps(content)
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def _torch_script(path: Path, content: Any) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps(content, protocol=2))
        archive.writestr("model/constants.pkl", pickle.dumps(content, protocol=2))
        archive.writestr("model/version", "3\n")


@pytest.mark.parametrize("write", [_zip, _legacy, _plain, _old_protocol, _tar, _torch_script])
@pytest.mark.parametrize("put", [_top, _whole, _weights, _key, _settings, _files])
@pytest.mark.parametrize("kind", [Payload, Builtin, Hidden])
def test_no_object_is_ever_unpickled(
    write: Callable[[Path, Any], None],
    put: Callable[[dict[str, Any], Any], Any],
    kind: Callable[[Path], Any],
    saved: dict[str, Any],
    tmp_path: Path,
) -> None:
    path, witness = tmp_path / "model.ckpt", tmp_path / "witness"
    write(path, put(saved, kind(witness)))
    refused(path)
    assert not witness.exists()
    # The payload works: it is the reading that keeps it from running.
    if kind is not Hidden:
        function, arguments = kind(witness).__reduce__()[:2]
        function(*arguments)
    assert kind is Hidden or witness.exists()


def test_says_why_objects_are_refused(saved: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "model.ckpt"
    torch.save(saved | {"more": Payload(tmp_path / "witness")}, path)
    refused(path, "Python objects, which are not loaded")


def test_a_cut_off_file_is_refused_wherever_it_ends(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    path = tmp_path / "model.ckpt"
    for size in (0, 1, 2, 10, 100, 1000, len(content) // 2, len(content) - 100, len(content) - 1):
        path.write_bytes(content[:size])
        refused(path)


def test_garbage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.ckpt"
    random = torch.Generator().manual_seed(0)
    for number in range(60):
        size = int(torch.randint(1, 3000, (), generator=random))
        data = bytes(torch.randint(0, 256, (size,), generator=random).tolist())
        start = (b"", b"\x80\x02", b"PK\x03\x04", b"\x80\x02}", b"(lp0\n", b"\x1f\x8b")[number % 6]
        path.write_bytes(start + data)
        refused(path)


def test_a_damaged_middle_is_refused_or_changes_numbers_alone(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    path = tmp_path / "model.ckpt"
    random = torch.Generator().manual_seed(1)
    for place in torch.randint(0, min(len(content), 8000), (60,), generator=random).tolist():
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        opened_or_refused(path)


def _lacking(saved: dict[str, Any]) -> Any:
    weights = dict(saved["state_dict"])
    del weights[next(name for name in weights if "layer" in name)]
    return saved | {"state_dict": weights}


def _extra(saved: dict[str, Any]) -> Any:
    return saved | {"state_dict": {**saved["state_dict"], "model.other": torch.zeros(2)}}


def _shape(saved: dict[str, Any]) -> Any:
    name = next(name for name in saved["state_dict"] if "word_embeddings" in name)
    return saved | {"state_dict": {**saved["state_dict"], name: torch.zeros(3, 16)}}


def _no_state(saved: dict[str, Any]) -> Any:
    del saved["state_dict"]
    return saved


def _a_tensor(saved: dict[str, Any]) -> Any:
    return torch.zeros(3)


def _a_list(saved: dict[str, Any]) -> Any:
    return [saved]


def _numbers(saved: dict[str, Any]) -> Any:
    return saved | {"state_dict": dict.fromkeys(saved["state_dict"], 1.0)}


def _others(saved: dict[str, Any]) -> Any:
    return saved | {"state_dict": {"backbone.weight": torch.zeros(2, 2)}}


def _with_config(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    def put(saved: dict[str, Any]) -> Any:
        files = dict(saved["hyper_parameters"]["files"])
        files["config.json"] = json.dumps(json.loads(files["config.json"]) | changes)
        return saved | {"hyper_parameters": {"files": files}}

    return put


def _with_file(name: str, content: str | None) -> Callable[[dict[str, Any]], Any]:
    def put(saved: dict[str, Any]) -> Any:
        files = {**saved["hyper_parameters"]["files"], name: content}
        return saved | {
            "hyper_parameters": {
                "files": {key: value for key, value in files.items() if value is not None}
            }
        }

    return put


WRONG: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a weight lacking": (_lacking, "don't fit"),
    "a weight too many": (_extra, "don't fit its settings (other)"),
    "another shape": (_shape, "word_embeddings"),
    "no weights": (_no_state, "no state_dict"),
    "a tensor": (_a_tensor, "no state_dict"),
    "a list": (_a_list, "no state_dict"),
    "numbers for tensors": (_numbers, "no weights of a classifier"),
    "another program's weights": (_others, "no weights of a classifier"),
    "a config that is no JSON": (_with_file("config.json", "{"), "config.json"),
    "a config that is a list": (_with_file("config.json", "[]"), "config.json"),
    "a config of another model": (_with_config(model_type="bert"), "config.json"),
    "a config with half a surrogate": (_with_file("config.json", '{"a": "\ud800"}'), ""),
    "no config": (_with_file("config.json", None), "doesn't say which model"),
    "no tokenizer": (_with_file("tokenizer.json", None), "tokenizer"),
    "a damaged tokenizer": (_with_file("tokenizer.json", "{}"), "tokenizer"),
    "a tokenizer with half a surrogate": (_with_file("tokenizer.json", '"\ud800"'), ""),
    "other tasks": (_with_config(tasks=[{"name": "x"}]), ""),
    "no task": (_with_config(tasks=[]), ""),
    "tasks that are none": (_with_config(tasks=7), ""),
    "an encoder unknown": (_with_config(encoder_config={"model_type": "unheard"}), ""),
    "no encoder": (_with_config(encoder_config=None), ""),
    "heads without end": (_with_config(heads_left=10**9), "attention heads"),
    "no heads": (_with_config(heads_left=0), "attention heads"),
    "an enormous encoder": (
        _with_config(encoder_config={"model_type": "bert", "hidden_size": 12 * 10**6}),
        "don't fit",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_checkpoint_of_a_classifier_is_said_in_a_line(
    what: str, saved: dict[str, Any], tmp_path: Path
) -> None:
    change, says = WRONG[what]
    path = tmp_path / "model.ckpt"
    torch.save(change(saved), path)
    refused(path, says)


CODE = {
    "AutoConfig": "code.Evil",
    "AutoModel": "code.Evil",
    "AutoModelForSequenceClassification": "code.Evil",
    "AutoTokenizer": ["code.Evil", "code.Evil"],
}


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_named_by_a_checkpoint_is_not_run(
    name: str, saved: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = tmp_path / "witness"
    code = f"open({str(witness)!r}, 'w').close()\nclass Evil: pass\n"
    files = dict(saved["hyper_parameters"]["files"])
    changes = {"auto_map": CODE, "trust_remote_code": True}
    if name != "config.json":
        changes |= {"tokenizer_class": "Evil"}
    files[name] = json.dumps(json.loads(files[name]) | changes)
    files["code.py"] = code
    (tmp_path / "code.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked whether to run code"))
    path = tmp_path / "model.ckpt"
    torch.save(saved | {"hyper_parameters": {"files": files}}, path)
    opened_or_refused(path)
    assert not witness.exists()


def test_kernels_named_by_a_checkpoint_are_not_fetched(
    saved: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "model.ckpt"
    torch.save(_with_config(attn_implementation="somebody/kernel")(saved), path)
    refused(path, "code from the hub, which is not run")


@pytest.mark.parametrize("name", ["../escaped.txt", "/{}/escaped.txt", "a/../../escaped.txt"])
def test_files_are_written_nowhere_else(name: str, saved: dict[str, Any], tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = inner / "model.ckpt"
    torch.save(_with_file(name.format(tmp_path), "escaped")(saved), path)
    load_checkpoint(path)
    assert [found.name for found in tmp_path.rglob("*")] == ["inner", "model.ckpt"]


def test_a_folder_of_that_name_and_nothing_at_all(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere.ckpt", "no such file")
    (tmp_path / "folder.ckpt").mkdir()
    refused(tmp_path / "folder.ckpt", "this is a folder")


def test_a_folder_does_not_read_pickled_weights_either(whole: Path, tmp_path: Path) -> None:
    """A checkpoint renamed to what transformers would unpickle."""
    (tmp_path / "pytorch_model.bin").write_bytes(whole.read_bytes())
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(InputError):
        load_classifier(tmp_path)
