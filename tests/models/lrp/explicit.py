"""Layer-wise relevance propagation written out by hand, without any gradient.

Each step gives its output and the function that hands relevance back: a share of each output's
relevance, by what each input added to it. Tensors are float64 and hold one text, without a batch.
"""

import torch


def ratio(relevance, output):
    """Relevance a unit of output; nothing came of an output that is 0."""
    return torch.where(output == 0, 0.0, relevance / output)


def linear(x, weight, bias=None):
    z = x @ weight.T + (0 if bias is None else bias)
    return z, lambda relevance: x * (ratio(relevance, z) @ weight)


def added(first, second):
    z = first + second

    def back(relevance):
        return first * ratio(relevance, z), second * ratio(relevance, z)

    return z, back


def activation(x, function):
    """One input, one output: all of it goes back."""
    return function(x), lambda relevance: relevance


def product(first, second):
    return first * second, lambda relevance: (relevance / 2, relevance / 2)


def matmul(first, second):
    """o_jp = Σ_i a_ji b_ip; each term a·b gives half its relevance to a and half to b."""
    z = first @ second

    def back(relevance):
        terms = first.unsqueeze(-1) * second.unsqueeze(-3)
        parts = terms * ratio(relevance, z).unsqueeze(-2) / 2
        return parts.sum(-1), parts.sum(-3)

    return z, back


def softmax(x):
    """The first-order Taylor expansion; `x` may hold −inf, which takes nothing."""
    s = x.softmax(-1)

    def back(relevance):
        parts = x * (relevance - s * relevance.sum(-1, keepdim=True))
        return torch.where(x.isinf(), 0.0, parts)

    return s, back


def norm(x, weight, bias=None, epsilon=1e-12, centre=True):
    """A linear map a token, as its standard deviation (or root mean square) is a constant."""
    size = x.shape[-1]
    mean = torch.eye(size, dtype=x.dtype) - (1 / size if centre else 0)
    centred = x @ mean.T
    deviation = (centred.square().mean(-1) + epsilon).sqrt()
    steps = [
        linear(token, torch.diag(weight / sigma) @ mean, bias)
        for token, sigma in zip(x, deviation, strict=True)
    ]
    z = torch.stack([output for output, _ in steps])

    def back(relevance):
        return torch.stack([step(one) for (_, step), one in zip(steps, relevance, strict=True)])

    return z, back


def attention(query, key, value, scale, allowed=None):
    """`[H, T, E]` each; `allowed` `[T, T]` says who may look at whom."""
    scores, back_scores = matmul(query * scale, key.transpose(-1, -2))
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -torch.inf)
    weights, back_softmax = softmax(scores)
    context, back_context = matmul(weights, value)

    def back(relevance):
        to_weights, to_value = back_context(relevance)
        to_query, to_key = back_scores(back_softmax(to_weights))
        return to_query, to_key.transpose(-1, -2), to_value

    return context, back


def heads(x, size):
    """`[T, H·E]` to `[H, T, E]`."""
    return x.view(len(x), -1, size).transpose(0, 1)


def merged(x):
    """`[H, T, E]` to `[T, H·E]`."""
    return x.transpose(0, 1).reshape(x.shape[1], -1)
