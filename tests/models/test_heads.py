"""What is particular to each head."""

import pytest
import torch

from astrid.errors import InputError
from astrid.models.heads import HeadSpec, attention, build_head, dual, ensemble, linear, mlp


def test_unknown_head_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match='did you mean "attention"'):
        build_head(HeadSpec(name="atention"), 4, 2)


def test_attention_weights_are_a_distribution_over_real_tokens() -> None:
    head = attention.Head(attention.Params(), 8, 2)
    mask = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0]])
    weights = head.token_weights(torch.randn(2, 4, 8), mask)
    assert torch.allclose(weights.sum(1), torch.ones(2))
    assert (weights[mask == 0] == 0).all()
    assert weights[1, 0] == 1


def test_attention_is_the_weighted_sum_by_hand() -> None:
    head = attention.Head(attention.Params(), 1, 2)
    with torch.no_grad():
        head.score.weight.fill_(1.0)
        head.output.weight.copy_(torch.tensor([[1.0], [2.0]]))
        head.output.bias.zero_()
    logits = head(torch.tensor([[[0.0], [torch.log(torch.tensor(3.0))]]]), torch.ones(1, 2))
    pooled = 0.75 * torch.log(torch.tensor(3.0))
    assert torch.allclose(logits[0], torch.stack([pooled, 2 * pooled]))


def test_dual_paths_can_be_ablated() -> None:
    head = dual.Head(dual.Params(), 8, 3).eval()
    sequence, mask = torch.randn(2, 4, 8), torch.ones(2, 4)
    whole = head(sequence, mask)
    without_first, without_second = (head(sequence, mask, ablate=p) for p in ("first", "second"))
    # The fusion layer is linear: what the paths add up to is the whole, the bias counted once.
    assert torch.allclose(without_first + without_second - head.fusion.bias, whole, atol=1e-6)
    assert not torch.allclose(without_first, whole)
    assert head.fusion.in_features == 512


def test_ensemble_members_differ_and_disagree() -> None:
    head = ensemble.Head(ensemble.Params(), 8, 2).eval()
    first, second, third = head.members
    assert not torch.equal(first.output.weight, second.output.weight)
    sequence, mask = torch.randn(4, 3, 8), torch.ones(4, 3)
    members = torch.stack([member(sequence, mask) for member in (first, second, third)])
    assert torch.allclose(head(sequence, mask), members.mean(0))
    expected = members.softmax(-1).numpy(force=True).std(0).mean(-1)
    assert head.disagreement(sequence, mask).tolist() == pytest.approx(expected.tolist(), abs=1e-6)
    for member in (second, third):
        member.load_state_dict(first.state_dict())
    assert head.disagreement(sequence, mask).abs().max() < 1e-7


def test_mlp_has_the_sizes_of_the_study() -> None:
    head = mlp.Head(mlp.Params(), 768, 2)
    assert [tuple(p.shape) for p in head.parameters() if p.ndim == 2] == [
        (384, 768),
        (192, 384),
        (2, 192),
    ]
    other = mlp.Head(mlp.Params(hidden=(10,)), 768, 2)
    assert other.output.in_features == 10


def test_mean_pooling_averages_real_tokens() -> None:
    head = linear.Head(linear.Params(pooling="mean"), 1, 2).eval()
    mask = torch.tensor([[1, 1, 0]])
    logits = head(torch.tensor([[[1.0], [3.0], [50.0]]]), mask)
    assert torch.allclose(logits, head.output(torch.tensor([[2.0]])))
