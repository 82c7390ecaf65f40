"""Ratios of two pieces of work, run in turn; the machine's own matrix-product rate."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Ratio:
    """Median seconds of both sides, and the median of the rounds' ratios (other / ours)."""

    ours: float
    other: float
    times: float
    lowest: float
    highest: float


def compare(ours: Callable[[], Any], other: Callable[[], Any], rounds: int) -> Ratio:
    """Both sides in turn, so that what else the machine does meets both alike."""
    pairs = [(seconds(ours), seconds(other)) for _ in range(rounds)]
    ratios = [theirs / mine for mine, theirs in pairs]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Ratio(mine, theirs, statistics.median(ratios), min(ratios), max(ratios))


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def product_rate(config: Any, dtype: torch.dtype, device: str, tokens: int = 2048) -> float:
    """FLOP a second of this model's matrix products alone, `tokens` rows each, in their mix."""
    shapes = _shapes(config)
    with torch.inference_mode():
        pairs = [
            (torch.randn(tokens, rows, device=device), torch.randn(columns, rows, device=device))
            for rows, columns in shapes
        ]
        pairs = [(left.to(dtype), right.to(dtype)) for left, right in pairs]

        def products() -> None:
            for left, right in pairs:
                torch.nn.functional.linear(left, right)

        products()
        spent = statistics.median(seconds(products) for _ in range(15))
    return 2 * tokens * sum(rows * columns for rows, columns in shapes) / spent


def _shapes(config: Any) -> list[tuple[int, int]]:
    wide, inner = config.hidden_size, config.intermediate_size
    return [(wide, wide)] * 4 + [(wide, inner), (inner, wide)]


def forward_flops(config: Any, lengths: Sequence[int]) -> float:
    """Of the whole model's matrix products on rows of the given lengths."""
    linear = sum(2 * rows * columns for rows, columns in _shapes(config))
    attention = 4 * config.hidden_size
    return config.num_hidden_layers * sum(n * linear + n * n * attention for n in lengths)


def backward_flops(config: Any, lengths: Sequence[int]) -> float:
    """Of the gradient with respect to the embeddings; weights need none."""
    linear = sum(2 * rows * columns for rows, columns in _shapes(config))
    attention = 8 * config.hidden_size
    return config.num_hidden_layers * sum(n * linear + n * n * attention for n in lengths)
