"""Fine-tuning: what it writes, what it leaves alone, and what it refuses."""

import dataclasses
import errno
import json
import os
from pathlib import Path

import peft
import pytest
import torch
from safetensors import SafetensorError

from astrid.errors import InputError
from astrid.models.loading import load_causal
from astrid.training.lora.data import PromptTexts
from astrid.training.lora.fit import LoraResult, fine_tune
from astrid.training.lora.saving import readme
from astrid.training.module import DivergedError
from tests import tiny_lm
from tests.training.lora import toy
from tests.training.toy import killed_after_an_epoch

WEIGHTS = "adapter_model.safetensors"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> LoraResult:
    return toy.train(tmp_path_factory.mktemp("trained") / "lora_adapter", epochs=3)


def label_logits(model, lesson) -> torch.Tensor:
    """`[N, K]` of the validation texts, one by one."""
    texts = PromptTexts(
        lesson.validation.texts,
        lesson.validation.labels,
        lesson.answers,
        lesson.tokenizer,
        lesson.prompt,
        96,
    )
    with torch.no_grad():
        rows = [model(input_ids=texts[[row]].ids[:, :-1]).logits[0, -1] for row in range(8)]
    return torch.stack(rows)[:, lesson.answers]


def test_it_learns_and_peft_reads_it(trained: LoraResult) -> None:
    lesson = toy.lesson()
    before = label_logits(lesson.model, lesson)
    model = peft.PeftModel.from_pretrained(lesson.model, trained.folder).eval()
    after = label_logits(model, lesson)
    truth = torch.tensor(lesson.validation.labels)
    # The reloaded adapter is as good as the one that was measured while training.
    assert float((after.argmax(1) == truth).float().mean()) == trained.metrics["accuracy"]
    loss = torch.nn.functional.cross_entropy
    assert loss(after, truth) < loss(before, truth)
    record = json.loads((trained.folder / "astrid.json").read_text())
    rows = (trained.folder / "curves.csv").read_text().splitlines()
    column = rows[0].split(",").index("val_label_loss")
    kept = float(rows[trained.best_epoch].split(",")[column])
    assert float(loss(after, truth)) == pytest.approx(kept, abs=1e-5)
    assert record["label_tokens"] == lesson.label_tokens
    # Of two blocks, rank 8: q and o, k and v, and the three of the inner layer.
    assert trained.trainable == 2 * 8 * (2 * (32 + 32) + 2 * (32 + 16) + 3 * (32 + 48))


def test_the_epoch_of_the_lowest_validation_loss_is_kept(trained: LoraResult) -> None:
    rows = (trained.folder / "curves.csv").read_text().splitlines()
    column = rows[0].split(",").index("val_loss")
    losses = [float(row.split(",")[column]) for row in rows[1:]]
    assert len(losses) == 3
    assert trained.best_epoch == 1 + losses.index(min(losses))
    assert trained.metrics["val_loss"] == pytest.approx(min(losses), rel=1e-6)


def test_the_base_model_is_untouched_and_nothing_else_is_left(tmp_path: Path) -> None:
    lesson = toy.lesson("gpt2", epochs=1)
    before = {name: w.numpy().tobytes() for name, w in lesson.model.state_dict().items()}
    result = fine_tune(lesson, tmp_path / "lora_adapter", progress=False)
    after = {name: w.numpy().tobytes() for name, w in lesson.model.state_dict().items()}
    assert after == before
    assert all(weight.requires_grad for weight in lesson.model.parameters())
    assert os.listdir(tmp_path) == ["lora_adapter"]
    again = fine_tune(lesson, tmp_path / "lora_adapter", progress=False)
    assert again == dataclasses.replace(result, reused=True)


def test_a_killed_run_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: LoraResult
) -> None:
    with killed_after_an_epoch(monkeypatch):
        toy.train(tmp_path / "lora_adapter", epochs=3)
    work = tmp_path / ".lora_adapter.work"
    saved = torch.load(next(work.glob("epoch-*.ckpt")), weights_only=True)
    assert all(".lora_" in name for name in saved["state_dict"])
    result = toy.train(tmp_path / "lora_adapter", epochs=3)
    assert result.resumed
    assert (result.folder / WEIGHTS).read_bytes() == (trained.folder / WEIGHTS).read_bytes()
    assert os.listdir(tmp_path) == ["lora_adapter"]


def test_something_else_in_the_folder_is_not_replaced(trained: LoraResult) -> None:
    with pytest.raises(InputError, match="holds something else"):
        toy.train(trained.folder, epochs=3, rank=2)


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match=r"lora\.learning_rate"):
        toy.train(tmp_path / "lora_adapter", learning_rate=1e38, gradient_clip=0)
    assert os.listdir(tmp_path) == []


def test_labels_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    lesson = toy.lesson()
    wrong = {
        "is not both a class and a label": {"bad": 1},
        "begin with the same token": {"bad": 1, "good": 1},
        "has the token 99999": {"bad": 1, "good": 99999},
    }
    for said, tokens in wrong.items():
        with pytest.raises(InputError, match=said):
            fine_tune(dataclasses.replace(lesson, label_tokens=tokens), tmp_path / "x", False)


def test_an_empty_split_and_a_single_class_are_refused(tmp_path: Path) -> None:
    lesson = toy.lesson()
    empty = dataclasses.replace(lesson, validation=toy.corpus(0))
    with pytest.raises(InputError, match="no validation texts"):
        fine_tune(empty, tmp_path / "x", False)
    only = dataclasses.replace(toy.corpus(1), label_names={"label": ("bad",)})
    with pytest.raises(InputError, match='one label, "bad"'):
        fine_tune(
            dataclasses.replace(lesson, train=only, validation=only, label_tokens={"bad": 1}),
            tmp_path / "x",
            False,
        )


def test_another_tokenizer_is_refused(tmp_path: Path) -> None:
    model, tokenizer = tiny_lm.build("llama")
    model.resize_token_embeddings(20)
    with pytest.raises(InputError, match="don't belong together"):
        fine_tune(toy.lesson(source=(model, tokenizer)), tmp_path / "x", False)


def test_half_precision_checkpoints_and_patience_work_together(tmp_path: Path) -> None:
    model, tokenizer = tiny_lm.build("llama")
    lesson = toy.lesson(
        source=(model.to(torch.bfloat16), tokenizer),
        epochs=6,
        patience=1,
        learning_rate=0.3,
        precision="bf16-mixed",
        gradient_checkpointing=True,
        accumulate=2,
    )
    result = fine_tune(lesson, tmp_path / "lora_adapter", progress=False)
    assert result.best_epoch < result.epochs < 6
    assert all(weight.dtype == torch.bfloat16 for weight in lesson.model.parameters())


def test_cut_texts_are_counted(tmp_path: Path) -> None:
    lesson = toy.lesson(epochs=1)
    long = lesson.train.documents[0]
    documents = (dataclasses.replace(long, text="good " * 200), *lesson.train.documents[1:])
    cut = dataclasses.replace(lesson, train=lesson.train.with_documents(documents))
    assert fine_tune(cut, tmp_path / "lora_adapter", progress=False).truncated == 1


def test_settings_that_need_a_gpu_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for settings, said in (
        ({"accelerator": "gpu"}, r"lora\.accelerator: there is no GPU here"),
        ({"precision": "16-mixed"}, r"lora\.precision: 16-mixed needs a GPU"),
    ):
        with pytest.raises(InputError, match=said):
            toy.train(tmp_path / "x", **settings)


def test_a_damaged_adapter_is_named_or_trained_again(tmp_path: Path) -> None:
    result = toy.train(tmp_path / "lora_adapter", epochs=1)
    (result.folder / WEIGHTS).write_bytes(b"cut")
    with pytest.raises(InputError, match="missing or damaged"):
        toy.train(result.folder, epochs=1)
    again = fine_tune(toy.lesson(epochs=1), result.folder, progress=False, overwrite=True)
    assert not again.reused


def _full(*_: object, **__: object) -> None:
    raise SafetensorError("Error while serializing: I/O error: No space left on device")


@pytest.mark.parametrize(
    "writer", ["astrid.training.lora.module.save_file", "peft.PeftModel.save_pretrained"]
)
def test_a_full_disk_is_one_line_and_the_run_goes_on_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str
) -> None:
    folder = tmp_path / "lora_adapter"
    with monkeypatch.context() as patch:
        patch.setattr(writer, _full)
        with pytest.raises(InputError, match=r"can't be written \(.*No space left.*free space"):
            toy.train(folder)
    assert not list(tmp_path.rglob("*.part"))
    assert not folder.exists()
    assert toy.train(folder).folder == folder
    assert os.listdir(tmp_path) == ["lora_adapter"]


def test_a_checkpoint_that_finds_no_room_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, path: Path) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("lightning.pytorch.Trainer.save_checkpoint", full)
    with pytest.raises(InputError, match=r"epoch-000001.ckpt: can't be written"):
        toy.train(tmp_path / "lora_adapter")
    assert not list(tmp_path.iterdir())


def test_its_readme_says_what_it_is_and_no_path(tmp_path: Path) -> None:
    base = tmp_path / "private" / "tiny"
    for part in tiny_lm.build("llama"):
        part.save_pretrained(base)
    loaded = load_causal(base)
    result = toy.train(tmp_path / "a", source=(loaded.model, loaded.tokenizer), epochs=1)
    said = (result.folder / "README.md").read_text()
    assert "labels: bad, good" in said
    assert "`tiny`, a folder of the machine" in said
    assert "private" not in said
    assert "More Information Needed" not in said
    assert 'from_pretrained("owner/name")' in readme("owner/name", ["bad", "good"])
