"""What every head must do. A new file in models/heads is under these tests at once."""

from pathlib import Path

import pytest
import torch
from torch import nn

from astrid.errors import InputError
from astrid.models.classifier import AstridClassifier
from astrid.models.configuration import AstridConfig
from astrid.models.heads import HeadSpec, build_head, head_names
from astrid.plugins import load
from astrid.spec import Spec

HEADS = head_names()
B, T, D = 3, 7, 16


def head(name: str, classes: int = 2) -> nn.Module:
    torch.manual_seed(0)
    return build_head(HeadSpec(name=name), D, classes)


def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    mask = torch.tensor([[1] * 7, [1] * 4 + [0] * 3, [1] + [0] * 6])
    return torch.randn(B, T, D), mask


def with_poolings(name: str) -> list[HeadSpec]:
    params = load("astrid.models.heads", name).Params
    if "pooling" not in params.model_fields:
        return [HeadSpec(name=name)]
    return [HeadSpec(name=name, params={"pooling": pooling}) for pooling in ("cls", "mean")]


@pytest.mark.parametrize("name", HEADS)
def test_exports_params(name: str) -> None:
    assert issubclass(load("astrid.models.heads", name).Params, Spec)


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("classes", [2, 5])
def test_one_logit_a_class(name: str, classes: int) -> None:
    logits = head(name, classes)(*inputs())
    assert logits.shape == (B, classes)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("name", HEADS)
def test_padding_changes_nothing(name: str) -> None:
    sequence, mask = inputs()
    for spec in with_poolings(name):
        tested = build_head(spec, D, 3).eval()
        logits = tested(sequence, mask)
        noisy = sequence + 100 * (1 - mask.unsqueeze(-1)) * torch.randn_like(sequence)
        assert torch.allclose(tested(noisy, mask), logits, atol=1e-5)
        for row, length in enumerate(mask.sum(1)):
            alone = tested(sequence[row : row + 1, :length], mask[row : row + 1, :length])
            assert torch.allclose(alone[0], logits[row], atol=1e-5)


@pytest.mark.parametrize("name", HEADS)
def test_every_parameter_has_a_gradient(name: str) -> None:
    tested = head(name, 3).eval()
    nn.functional.cross_entropy(tested(*inputs()), torch.tensor([0, 1, 2])).backward()
    for label, parameter in tested.named_parameters():
        assert parameter.grad is not None, label
        assert parameter.grad.abs().sum() > 0, label


@pytest.mark.parametrize("name", HEADS)
def test_evaluation_is_deterministic_and_training_is_finite(name: str) -> None:
    tested = head(name).eval()
    assert torch.equal(tested(*inputs()), tested(*inputs()))
    assert torch.isfinite(tested.train()(*inputs())).all()


@pytest.mark.parametrize("name", HEADS)
def test_fully_hidden_text_gives_a_number(name: str) -> None:
    sequence, mask = inputs()
    for spec in with_poolings(name):
        logits = build_head(spec, D, 2).eval()(sequence, torch.zeros_like(mask))
        assert torch.isfinite(logits).all()


@pytest.mark.parametrize("name", HEADS)
def test_refusals(name: str) -> None:
    with pytest.raises(InputError, match="at least 2 classes"):
        head(name, 1)
    with pytest.raises(InputError, match=r"head\.params\.no_such"):
        build_head(HeadSpec(name=name, params={"no_such": 1}), D, 2)


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("classes", [2, 5])
def test_survives_saving(name: str, classes: int, tmp_path: Path) -> None:
    encoder = {
        "model_type": "bert",
        "vocab_size": 50,
        "hidden_size": D,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    config = AstridConfig(encoder_config=encoder, head=name, num_labels=classes)
    model = AstridClassifier(config).eval()
    model.save_pretrained(tmp_path)
    again, report = AstridClassifier.from_pretrained(tmp_path, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    ids = torch.randint(0, 50, (B, T))
    mask = inputs()[1]
    with torch.no_grad():
        before = model(input_ids=ids, attention_mask=mask)
        after = again.eval()(input_ids=ids, attention_mask=mask)
    assert torch.equal(before.logits, after.logits)
    assert before.logits.shape == (B, classes)
