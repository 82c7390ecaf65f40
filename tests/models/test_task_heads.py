"""Several tasks on one encoder: their heads, settings on disk, precision and relevance."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

import astrid
from astrid.errors import InputError
from astrid.explain.targets import Target
from astrid.models.classifier import AstridClassifier
from astrid.models.configuration import AstridConfig
from astrid.models.heads import HeadSpec, head_names
from astrid.models.saving import save_model
from astrid.models.task_heads import TaskHead, TaskHeads
from astrid.models.text_model import TransformerClassifier
from tests import tiny

TEXTS = tiny.SENTENCES[:4]
B, T, D = 3, 5, 8


def tasks(head: str = "linear", threshold: float = 0.5) -> list[TaskHead]:
    spec = HeadSpec(name=head)
    return [
        TaskHead("sure", ("no", "yes"), spec, threshold),
        TaskHead("mood", ("bad", "calm", "good"), spec),
    ]


def build(
    heads: list[TaskHead], encoder: str = "bert", seed: int = 0
) -> tuple[AstridClassifier, object]:
    """Large random weights, so that answers differ."""
    model, tokenizer = tiny.build(encoder)
    columns = sum(head.columns for head in heads)
    config = AstridConfig(
        encoder_config=model.config.to_dict(),
        tasks=[head.to_dict() for head in heads],
        max_sequence_length=32,
        id2label={place: f"column {place}" for place in range(columns)},
    )
    torch.manual_seed(seed)
    own = AstridClassifier(config).eval()
    for weight in own.parameters():
        nn.init.normal_(weight, std=0.3)
    return own, tokenizer


def opened(heads: list[TaskHead], encoder: str = "bert") -> TransformerClassifier:
    return TransformerClassifier(*build(heads, encoder), name="several")


def test_columns_stand_side_by_side() -> None:
    torch.manual_seed(0)
    heads = TaskHeads(tasks(), D).eval()
    sequence, mask = torch.randn(B, T, D), torch.ones(B, T)
    found = heads(sequence, mask)
    assert found.shape == (B, 4)
    assert torch.equal(found[:, :1], heads.heads[0](sequence, mask))
    assert torch.equal(found[:, 1:], heads.heads[1](sequence, mask))


def test_weights_of_tokens_are_a_distribution_for_each_task() -> None:
    torch.manual_seed(0)
    heads = TaskHeads(tasks("attention"), D).eval()
    mask = torch.tensor([[1, 1, 1, 1, 0], [1, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
    found = heads.token_weights(torch.randn(B, T, D), mask)
    assert found is not None
    assert found.shape == (B, 2, T)
    torch.testing.assert_close(found.sum(-1), torch.ones(B, 2))
    assert (found.transpose(1, 2)[mask == 0] == 0).all()


def test_disagreement_is_known_for_each_task_of_ensembles() -> None:
    torch.manual_seed(0)
    heads = TaskHeads(tasks("ensemble"), D).eval()
    found = heads.disagreement(torch.randn(B, T, D), torch.ones(B, T))
    assert found is not None
    assert found.shape == (B, 2)
    assert (found > 0).all()


def test_heads_of_different_kinds_have_no_common_weights() -> None:
    mixed = [tasks("attention")[0], tasks("ensemble")[1]]
    heads = TaskHeads(mixed, D).eval()
    sequence, mask = torch.randn(B, T, D), torch.ones(B, T)
    assert heads.token_weights(sequence, mask) is None
    assert heads.disagreement(sequence, mask) is None


@pytest.mark.parametrize("head", head_names())
def test_the_classifier_says_what_its_heads_know(head: str) -> None:
    model, tokenizer = build(tasks(head))
    inputs = tokenizer(TEXTS, padding=True, return_tensors="pt")  # type: ignore[operator]
    rows, length = inputs["input_ids"].shape
    with torch.inference_mode():
        output = model(**inputs)
    assert output.logits.shape == (rows, 4)
    shape = None if output.token_weights is None else tuple(output.token_weights.shape)
    assert shape == ((rows, 2, length) if head == "attention" else None)
    shape = None if output.disagreement is None else tuple(output.disagreement.shape)
    assert shape == ((rows, 2) if head == "ensemble" else None)


def test_one_class_is_no_task() -> None:
    with pytest.raises(InputError, match='task "sure": a classifier needs at least 2 classes'):
        TaskHead("sure", ("yes",))


@pytest.mark.parametrize("head", head_names())
def test_settings_on_disk_are_the_tasks(tmp_path: Path, head: str) -> None:
    heads = tasks(head, threshold=0.25)
    model, _ = build(heads)
    model.config.save_pretrained(tmp_path)
    read = AutoConfig.from_pretrained(tmp_path)
    assert isinstance(read, AstridConfig)
    assert read.tasks == model.config.tasks
    assert [TaskHead.from_dict(task) for task in read.tasks or ()] == heads
    assert read.num_labels == 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "several"
    model, tokenizer = build(tasks("attention", threshold=0.25))
    save_model(path, model, tokenizer, {})  # type: ignore[arg-type]
    return path


def test_transformers_opens_it_once_astrid_is_imported(folder: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        found = model(**inputs).logits
        expected = build(tasks("attention"))[0](**inputs).logits
    assert torch.equal(found, expected)


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp16", torch.half)])
def test_half_precision_gives_nearly_the_same(
    folder: Path, precision: str, dtype: torch.dtype
) -> None:
    whole = astrid.load_model(folder)
    half = astrid.load_model(folder, precision=precision)  # type: ignore[call-overload]
    assert {weight.dtype for weight in half.module.parameters()} == {dtype}
    assert half.tasks == whole.tasks
    difference = np.abs(astrid.predict(half, TEXTS) - astrid.predict(whole, TEXTS)).max()
    assert difference < 0.15


@pytest.mark.parametrize("encoder", tiny.ENCODERS)
def test_reading_the_first_token_alone_changes_no_answer(encoder: str) -> None:
    model = opened(tasks(), encoder)
    assert model._reading is not model.module  # heads of [CLS]: the last layer is shortened
    found = astrid.predict(model, TEXTS)
    model._reading = model.module
    np.testing.assert_allclose(found, astrid.predict(model, TEXTS), atol=1e-6)


def test_heads_that_read_all_tokens_are_left_whole() -> None:
    mixed = [tasks()[0], tasks("attention")[1]]
    model = opened(mixed)
    assert model._reading is model.module


@pytest.mark.parametrize("head", head_names())
@pytest.mark.parametrize("column", [0, 2])
def test_relevance_is_that_of_a_model_with_that_head_alone(head: str, column: int) -> None:
    """A model of one task that has the same encoder and the task's head."""
    both, tokenizer = build(tasks(head))
    both = both.double()
    place = 0 if column == 0 else 1
    width = tasks(head)[place].columns
    config = AstridConfig(
        encoder_config=both.config.encoder_config,
        head=head,
        max_sequence_length=32,
        # Of one column, transformers would say a regression: its logit is explained alike.
        id2label={number: f"class {number}" for number in range(width)},
    )
    alone = AstridClassifier(config).double().eval()
    alone.encoder.load_state_dict(both.encoder.state_dict())
    alone.head.load_state_dict(both.head.heads[place].state_dict())
    kind = "value" if width == 1 else "logit"
    first, second = (
        astrid.explain(TransformerClassifier(model, tokenizer, "m"), TEXTS, "lrp", target=target)
        for model, target in (
            (both, Target("logit", index=column)),
            (alone, Target(kind, index=0 if column == 0 else column - 1)),
        )
    )
    for one, two in zip(first, second, strict=True):
        np.testing.assert_allclose(one.token_scores, two.token_scores, atol=1e-10)
        assert np.abs(one.token_scores).max() > 1e-5


@pytest.mark.parametrize(("threshold", "label"), [(1e-6, "yes"), (1 - 1e-6, "no")])
def test_an_answer_follows_the_threshold_of_the_settings(threshold: float, label: str) -> None:
    model = opened(tasks(threshold=threshold))
    target = Target("probability", task="sure")
    for found in astrid.explain(model, TEXTS, "gradient_x_input", target=target):
        assert found.prediction.label == label
        yes = found.target.value
        assert found.prediction.probability == pytest.approx(yes if label == "yes" else 1 - yes)
