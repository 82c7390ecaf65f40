"""What explaining texts with a black box will take, before the first call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from astrid.errors import InputError
from astrid.models.black_box.box import BlackBox


@dataclass(frozen=True)
class Estimate:
    """Calls and texts of a run, and what they take.

    The numbers are those of a rehearsal with made-up answers. They are exact for methods whose
    rows don't depend on the answers (occlusion, lime); shap may need a few more or fewer.

    Attributes:
        calls: that succeed.
        texts: in them, those already answered left out.
        most_calls: where every call succeeds at its last attempt only.
        seconds: that the rate limit takes for `calls`, the server's own time not counted; None
            without a rate limit.
        money: the price of `calls` and `texts`; None without a price.
        most_money: the same where every attempt is paid for.
    """

    calls: int
    texts: int
    most_calls: int
    seconds: float | None
    money: float | None
    most_money: float | None

    def line(self) -> str:
        """The estimate for people, in one line."""
        parts = [f"{self.texts:,} texts in {self.calls:,} calls"]
        if self.seconds is not None:
            parts.append(f"at least {self.seconds:,.0f} s at the rate limit")
        if self.money is not None:
            parts.append(f"price {self.money:,.2f}")
        worst = f"if every call fails until its last attempt, {self.most_calls:,} calls"
        paid = f" and {self.most_money:,.2f}" if self.most_money is not None else ""
        return f"{', '.join(parts)}; {worst}{paid}"


def estimate(
    model: BlackBox, texts: str | Sequence[str], method: str, params: dict[str, Any] | None = None
) -> Estimate:
    """Calls, texts, time and money of `explain(model, texts, method, params=params)`.

    No call is made; answers that the model remembers count as had.

    Raises:
        InputError: as `explain`, for what is wrong with texts, method or settings.
    """
    from astrid.explain.run import stream

    rehearsal = _Rehearsal(model)
    for _ in stream(rehearsal, [texts] if isinstance(texts, str) else texts, method, params=params):
        pass
    limits, price = model.limits, model.price
    calls, sent = rehearsal.calls, rehearsal.texts
    money = calls * price.per_call + sent * price.per_1000_texts / 1000
    paid = price.per_call > 0 or price.per_1000_texts > 0
    attempts = limits.retries + 1
    return Estimate(
        calls=calls,
        texts=sent,
        most_calls=calls * attempts,
        seconds=max(calls - 1, 0) / limits.rate_limit if limits.rate_limit else None,
        money=money if paid else None,
        most_money=money * attempts if paid else None,
    )


def require_within_budget(model: BlackBox, found: Estimate) -> None:
    """Refuse a run that would be stopped halfway.

    Raises:
        InputError: more calls are needed than the model's budget still allows.
    """
    left = model.meter.left
    if left is not None and found.calls > left:
        raise InputError(
            f"{model.name}: {found.calls:,} calls are needed and the budget allows {left:,}; raise "
            "it, or take fewer texts, samples or larger batches"
        )


class _Rehearsal(BlackBox):
    """A stand-in that counts its calls and makes its answers up."""

    def __init__(self, model: BlackBox) -> None:
        super().__init__(
            model.labels,
            name=model.name,
            replacement=model.replacement,
            outputs="logits",
            batch_size=model.batch_size,
            limits=model.limits.model_copy(update={"budget": None}),
            price=model.price,
        )
        self.remember_as(model)
        self.calls = 0
        self.texts = 0
        self._random = np.random.default_rng(0)

    def _ask(self, texts: list[str]) -> object:
        self.calls += 1
        self.texts += len(texts)
        return self._random.standard_normal((len(texts), len(self.labels)))
