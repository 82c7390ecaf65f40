"""The rules of AttnLRP, as modules that change the gradient and nothing else.

The relevance of a tensor is the tensor times its gradient. So a rule that says how relevance is
handed down can be written as a gradient, and one ordinary backward pass applies all rules:

- a linear map keeps its gradient (the ε-rule for ε → 0; what a bias adds, it takes);
- a normalisation divides by a constant, and its mean is linear (`LayerNorm`, `RmsNorm`);
- an activation is a constant factor f(x)/x (`Activation`);
- a product of two variable factors gives half to each (`shared`);
- a softmax keeps its gradient (its Taylor expansion).

Achtibat et al., "AttnLRP: Attention-Aware Layer-Wise Relevance Propagation for Transformers",
ICML 2024, and their formulation as gradients. Values forwards are those of the modules replaced.
"""

from typing import Any

import torch
from torch import nn


class _Shared(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, parts: int) -> torch.Tensor:
        ctx.parts = parts
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient / ctx.parts, None


class _FixedRatio(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, function: nn.Module, at_zero: float) -> torch.Tensor:
        value = function(x)
        # Below the smallest normal number a quotient is no longer exact.
        tiny = torch.finfo(x.dtype).tiny
        ctx.save_for_backward(torch.where(x.abs() < tiny, at_zero, value / x))
        return value

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return gradient * ctx.saved_tensors[0], None, None


def shared(x: torch.Tensor, parts: int = 2) -> torch.Tensor:
    """`x` itself; its gradient is divided by `parts`.

    Around a product it is the uniform rule: each of two factors is given half the relevance.

    >>> a, b = (torch.tensor(number, requires_grad=True) for number in (2.0, 3.0))
    >>> shared(a * b).backward()
    >>> (a * a.grad).item(), (b * b.grad).item()
    (3.0, 3.0)
    """
    return _Shared.apply(x, parts)


class Activation(nn.Module):
    """The identity rule: f(x) as x times the constant f(x)/x, and at 0 times f′(0).

    Args:
        function: works on each number by itself, and gives 0 at 0.
    """

    def __init__(self, function: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.at_zero = _slope_at_zero(function)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _FixedRatio.apply(x, self.function, self.at_zero)


def _slope_at_zero(function: nn.Module) -> float:
    with torch.inference_mode(False), torch.enable_grad():
        zero = torch.zeros(1, device="cpu", requires_grad=True)
        (slope,) = torch.autograd.grad(function(zero).sum(), zero)
    return float(slope)


class LayerNorm(nn.Module):
    """Layer normalisation over the last axis, with a constant standard deviation."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = _at_least_single(x)
        centred = wide - wide.mean(-1, keepdim=True)
        normal = centred * _inverse_size(centred, self.norm.eps)
        if self.norm.weight is not None:
            normal = normal * self.norm.weight
        if self.norm.bias is not None:
            normal = normal + self.norm.bias
        return normal.to(x.dtype)


class RmsNorm(nn.Module):
    """Llama's normalisation, with a constant root mean square."""

    def __init__(self, norm: Any) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = _at_least_single(x)
        normal = wide * _inverse_size(wide, self.norm.variance_epsilon)
        return self.norm.weight * normal.to(x.dtype)


def _inverse_size(x: torch.Tensor, epsilon: float) -> torch.Tensor:
    return torch.rsqrt(x.detach().square().mean(-1, keepdim=True) + epsilon)


def _at_least_single(x: torch.Tensor) -> torch.Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


class GatedProduct(nn.Module):
    """Llama's feed-forward part: gate and value share the relevance of their product."""

    def __init__(self, mlp: Any) -> None:
        super().__init__()
        self.mlp = mlp

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate = self.mlp.act_fn(self.mlp.gate_proj(x))
        return self.mlp.down_proj(shared(gate * self.mlp.up_proj(x)))


class TanhHead(nn.Module):
    """RoBERTa's classification head, whose tanh is no module of its own."""

    def __init__(self, head: Any) -> None:
        super().__init__()
        self.head = head
        self.activation = Activation(nn.Tanh())

    def forward(self, features_BTD: torch.Tensor, **_: Any) -> torch.Tensor:
        return self.head.out_proj(self.activation(self.head.dense(features_BTD[:, 0])))


class WeightedSum(nn.Module):
    """Astrid's attention head: token weights and vectors share the relevance of their product."""

    def __init__(self, head: Any) -> None:
        super().__init__()
        self.head = head

    def forward(self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        weights_BT1 = self.head.token_weights(sequence_BTD, mask_BT).unsqueeze(-1)
        return self.head.output(shared(weights_BT1 * sequence_BTD).sum(1))
